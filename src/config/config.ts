import type { DailySpan } from "../platform/daily-span.ts";
import type { LogFormat, LogLevel } from "../platform/log.ts";
import type { ConvertConfig } from "./convert.ts";
import type { MomentsConfig } from "./moments.ts";
import type { NotifyConfig } from "./notify.ts";
import type { SecretText } from "./secret-text.ts";
import type { Share } from "./size.ts";
import type { TimelapseConfig } from "./timelapse.ts";

/** The port that Nightjar listens on unless told otherwise. */
export const DEFAULT_PORT = 6478;

/** An address to listen on; IPv6 without brackets. */
export type ListenAddress = { readonly host: string; readonly port: number };

/** `accounts`: people sign in. `none`: whoever reaches the port may do everything. */
export const authKinds = ["accounts", "none"] as const;
export type AuthKind = (typeof authKinds)[number];

export const demoScenes = ["courtyard", "street", "sync"] as const;
export type DemoScene = (typeof demoScenes)[number];

/** What an `exec` source may write: ffmpeg's names, and `h265` for its `hevc`. */
export const execFormats = ["mpegts", "h264", "h265", "matroska", "mp4", "flv"] as const;
export type ExecFormat = (typeof execFormats)[number];

export const transports = ["tcp", "udp"] as const;
export type Transport = (typeof transports)[number];

/** Which variant of a multivariant playlist is recorded: the best, the least, or the best that is no more than this. */
export type HlsVariant = "highest" | "lowest" | { readonly maxBps: number } | { readonly maxHeight: number };

/** Where a channel's pictures come from. */
export type SourceConfig =
  | { readonly kind: "rtsp"; readonly url: SecretText; readonly transport: Transport }
  /** Another address that ffmpeg opens. */
  | { readonly kind: "url"; readonly url: SecretText }
  /** A program that writes the stream to its standard output; never run by a shell. */
  | { readonly kind: "exec"; readonly argv: readonly string[]; readonly format?: ExecFormat }
  /** A synthetic camera. */
  | { readonly kind: "demo"; readonly scene: DemoScene }
  /** An HLS live stream, pulled and kept as it comes. */
  | {
      readonly kind: "hls";
      readonly url: SecretText;
      readonly variant: HlsVariant;
      /** Sent with each request to the source's own host. */
      readonly headers: ReadonlyMap<string, SecretText>;
      /** Whether playlists of public hosts may lead to addresses of this machine and the local network. */
      readonly allowPrivate: boolean;
    }
  /** Files that clients send here. */
  | { readonly kind: "upload" }
  /** A folder with files of dates that something else fills; with `manage` its old files are deleted. */
  | { readonly kind: "folder"; readonly path: string; readonly manage: boolean };

/** What is kept of a channel. Each limit that is given applies; without any, footage stays until the disk is full. */
export type KeepConfig = {
  /** Today and that many calendar days before it, in the channel's zone. */
  readonly days?: number;
  /** Rolling age in milliseconds. */
  readonly maxAgeMs?: number;
  readonly maxBytes?: number;
};

export type ChannelConfig = {
  readonly id: string;
  /** For people; the id where none is given. */
  readonly name: string;
  readonly source: SourceConfig;
  /** Whether sound is recorded. */
  readonly audio: boolean;
  readonly keep: KeepConfig;
  /** How its old days are made smaller; absent where they are left as they are. */
  readonly convert?: ConvertConfig;
  /** How each of its days becomes a timelapse; absent where none does by itself. */
  readonly timelapse?: TimelapseConfig;
  /** Time zone of its days. */
  readonly zone: string;
  /** Former ids whose footage belongs to this channel. */
  readonly was: readonly string[];
  /** How long lists that grow wait for older files, in milliseconds; absent where that is left to the archive. */
  readonly settleMs?: number;
  /** When false, nothing is recorded; its footage stays, plays, and ages as before. */
  readonly enabled: boolean;
};

/** The longest or largest that a recording's file becomes; where both are absent, the archive decides. */
export type FileMax = { readonly durationMs?: number; readonly bytes?: number };

/** The whole configuration: defaults filled in, paths absolute, times in milliseconds, sizes in bytes. */
export type Config = {
  /** The file it was read from; absent when there is none and defaults and environment are all. */
  readonly file?: string;
  /** At least one address. */
  readonly listen: readonly ListenAddress[];
  /** What is put before addresses that leave the page; never ends with a slash. */
  readonly publicUrl?: string;
  /** Folder of databases and keys: local, small, precious. */
  readonly dataFolder: string;
  /** Time zone of days, unless a channel has its own. */
  readonly zone: string;
  readonly auth: AuthKind;
  readonly storage: {
    /** Folder of the footage. */
    readonly path: string;
    /** What stays free on its disk. */
    readonly minFree: Share;
    /** Time between two syncs of what was recorded. */
    readonly flushMs: number;
    /** The most that locked footage may take. */
    readonly lockedMax: Share;
  };
  readonly segment: {
    /** A segment ends with the first group of pictures that makes it this long. */
    readonly targetMs: number;
    /** Beyond this size a group of pictures is cut. */
    readonly maxBytes: number;
    /** Beyond this length a group of pictures is cut. */
    readonly maxMs: number;
  };
  readonly fileMax: FileMax;
  /** Pictures out of the footage. */
  readonly stills: {
    /** How many may be decoded at once. */
    readonly decoders: number;
  };
  /** Work that is done beside recording. */
  readonly jobs: {
    /** The time of day for heavy work, in `zone`; absent where it is done at any time. */
    readonly window?: DailySpan;
  };
  /** Timelapses, where a channel has no settings of its own. */
  readonly timelapse: TimelapseConfig;
  /** Short films of what has just happened. */
  readonly moments: MomentsConfig;
  /** The addresses of HLS PVR. */
  readonly streamer: {
    /** The zone of times without an offset. */
    readonly naiveTimes: "channel" | "utc";
  };
  /** Who is told when recording stops, in the order of the file. */
  readonly notify: readonly NotifyConfig[];
  /** The channel that addresses without a channel mean. */
  readonly defaultChannel?: string;
  readonly log: { readonly level: LogLevel; readonly format: LogFormat };
  /** By id, in the order of the file. */
  readonly channels: ReadonlyMap<string, ChannelConfig>;
};
