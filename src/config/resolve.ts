import { dirname, join, resolve } from "node:path";
import { idKey } from "./channel-id.ts";
import { DEFAULT_PORT, type ChannelConfig, type Config, type SourceConfig } from "./config.ts";
import { convertConfig } from "./schema-convert.ts";
import { momentsConfig } from "./schema-moments.ts";
import { notifyConfig } from "./schema-notify.ts";
import { channelTimelapse, timelapseConfig } from "./schema-timelapse.ts";
import type { CheckedFile } from "./schema.ts";
import { SecretText } from "./secret-text.ts";
import { parseSource } from "./source-address.ts";
import { isByFfmpeg } from "./source-kinds.ts";
import { NightjarError } from "../platform/errors.ts";

const HOUR_MS = 3_600_000;

/** The file that a service reads, and the data folder that belongs to it. */
export const SYSTEM_CONFIG_FILE = "/etc/nightjar/nightjar.yaml";
export const SYSTEM_DATA_FOLDER = "/var/lib/nightjar";

/** All addresses of the machine, IPv4 through the same socket; where nobody has to sign in, this machine alone. */
const defaultListen = (auth: Config["auth"]): Config["listen"] => [
  { host: auth === "none" ? "127.0.0.1" : "::", port: DEFAULT_PORT },
];

export type ResolveContext = {
  /** The file it came from; absent without one. */
  file?: string;
  /** What relative paths are relative to. */
  folder: string;
  /** Time zone where none is configured. */
  systemZone: string;
};

type CheckedChannel = CheckedFile["channels"][string];

function sourceOf(channel: CheckedChannel): SourceConfig {
  const { source } = channel;
  if (typeof source !== "string") {
    return {
      kind: "exec",
      argv: source.exec,
      ...(source.format === undefined ? {} : { format: source.format }),
    };
  }
  const result = parseSource(source, {
    transport: channel.transport,
    variant: channel.variant,
    headers: new Map(
      Object.entries(channel.headers ?? {}).map(([name, value]) => [name, new SecretText(value, "…")]),
    ),
    allowPrivate: channel.allow_private,
    manage: channel.manage,
  });
  if ("source" in result) return result.source;
  throw new NightjarError("internal", `A checked source can't be read; wanted ${result.wanted}`);
}

function keepOf({ keep }: CheckedChannel): ChannelConfig["keep"] {
  return {
    ...(keep?.days === undefined ? {} : { days: keep.days }),
    ...(keep?.hours === undefined ? {} : { maxAgeMs: keep.hours * HOUR_MS }),
    ...(keep?.size === undefined ? {} : { maxBytes: keep.size }),
  };
}

/** Fills in what depends on other keys and on the machine, and makes paths absolute. */
export function resolveConfig(checked: CheckedFile, context: ResolveContext): Config {
  const isSystem = context.file === SYSTEM_CONFIG_FILE;
  const defaultData = isSystem ? SYSTEM_DATA_FOLDER : "nightjar-data";
  const dataFolder = resolve(context.folder, checked.data ?? defaultData);
  const zone = checked.timezone ?? context.systemZone;
  const channels = new Map<string, ChannelConfig>();
  const timelapses = timelapseConfig(checked.timelapse);
  for (const [id, channel] of Object.entries(checked.channels)) {
    const source = sourceOf(channel);
    const timelapse = channelTimelapse(channel.timelapse, timelapses, isByFfmpeg(source.kind));
    channels.set(id, {
      id,
      name: channel.name ?? id,
      source,
      audio: channel.audio,
      keep: keepOf(channel),
      ...(channel.convert === undefined ? {} : { convert: convertConfig(channel.convert) }),
      ...(timelapse === undefined ? {} : { timelapse }),
      zone: channel.timezone ?? zone,
      was: channel.was,
      ...(channel.settle === undefined ? {} : { settleMs: channel.settle }),
      enabled: channel.enabled,
    });
  }
  const wished = checked.default_channel;
  const defaultChannel = wished && [...channels.keys()].find((id) => idKey(id) === idKey(wished));
  const { storage, segment } = checked;
  return {
    ...(context.file === undefined ? {} : { file: context.file }),
    listen: checked.listen ?? defaultListen(checked.auth),
    ...(checked.public_url === undefined ? {} : { publicUrl: checked.public_url }),
    dataFolder,
    zone,
    auth: checked.auth,
    storage: {
      path: storage.path === undefined ? join(dataFolder, "archive") : resolve(context.folder, storage.path),
      minFree: storage.min_free,
      flushMs: storage.flush,
      lockedMax: storage.locked_max,
    },
    segment: { targetMs: segment.target, maxBytes: segment.max.size, maxMs: segment.max.duration },
    fileMax: checked.file.max ?? {},
    stills: checked.stills,
    jobs: checked.jobs.window === undefined ? {} : { window: checked.jobs.window },
    timelapse: timelapses,
    moments: momentsConfig(checked.moments),
    streamer: { naiveTimes: checked.streamer.naive_times },
    notify: notifyConfig(checked.notify),
    ...(defaultChannel ? { defaultChannel } : {}),
    log: checked.log,
    channels,
  };
}

/** The folder that relative paths of a configuration file are relative to. */
export const folderOf = (file: string): string => dirname(resolve(file));
