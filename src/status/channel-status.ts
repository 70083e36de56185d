import type { Extent } from "../archive/footage-history.ts";
import type { Footage, FootageChannel } from "../archive/footage.ts";
import type { ArrivalStatus, ChannelStatus as CaptureState } from "../capture/channel-status.ts";
import type { SourceConfig } from "../config/config.ts";
import { isByFfmpeg } from "../config/source-kinds.ts";
import type { FootageFormat } from "../media/footage-format.ts";
import type { RunRow } from "../db/index/rows.ts";
import { missingProgramWords, reasonWords, type EndReason, type RunEnd } from "../media/reasons.ts";
import { arrivalState } from "./arrival-words.ts";
import { lengthMs, type DayCoverage } from "./coverage.ts";
import { bitrateWords, countWords, durationWords, sinceWords } from "./words.ts";

/** A channel's state as pages show it; `trouble` decides what is drawn in red. */
export const channelConditions = [
  "recording",
  "stalled",
  "connecting",
  "offline",
  "never-seen",
  "stopped",
  "retired",
] as const;
export type ChannelCondition = (typeof channelConditions)[number];

/** What is known of the picture and sound, of the run that is recorded or of the newest one. */
export type Picture = {
  /** RFC 6381 strings, e.g. `avc1.64001f` and `mp4a.40.2`. */
  videoCodec: string;
  audioCodec?: string;
  width: number;
  height: number;
  frameRate?: number;
  bitrateBps?: number;
  keyIntervalMs?: number;
};

export type ChannelStatus = {
  id: string;
  name: string;
  zone: string;
  /** What it is recorded from; absent of a retired channel. */
  kind?: SourceConfig["kind"];
  condition: ChannelCondition;
  /** Whether somebody should do something about it. */
  isTrouble: boolean;
  /** `Recording`, `Offline since 14:03 (connection refused)`. */
  headline: string;
  /** `3 gaps today, 4 min`; `Recorded all of today so far`. */
  dayWords: string;
  /** `Next try in 12 s`. */
  note?: string;
  picture?: Picture;
  /** In what form its newest footage lies; absent before there is any. */
  format?: FootageFormat;
  /** How its files arrive, where it is recorded from files. */
  arrivals?: ArrivalStatus;
  /** End of its newest footage, ms UTC. */
  newestMs?: number;
  advice: readonly string[];
  today: DayCoverage;
  /** Whether there is any footage to play. */
  hasFootage: boolean;
};

/** Its playlist of now: with parts, where it is captured picture by picture. */
export function livePath({ id, kind }: Pick<ChannelStatus, "id" | "kind">): string {
  const hasParts = kind === undefined || isByFfmpeg(kind);
  return `/${id}/live.m3u8${hasParts ? "?parts=1" : ""}`;
}

/** From this on without a sample, "Recording" alone would be untrue. */
const QUIET_MS = 5_000;

/** The first words of a headline for a channel that is not recording, by the reason. */
const offWords: Partial<Record<EndReason, string>> = {
  stopped: "Stopped",
  interrupted: "Not recording",
  "source-offline": "Offline",
  "source-auth": "User name or password refused",
  "source-refused": "Refused by the source",
  "source-stalled": "Stalled",
  "source-broken": "Unusable signal",
  "source-unsupported": "Format can't be kept",
  "source-gap": "The source left something out,",
  "disk-full": "Not recording, the disk is full,",
  "disk-slow": "Not recording, the disk is too slow,",
  "disk-missing": "Not recording, the storage is missing,",
  "disk-error": "Not recording, the disk reports errors,",
};

/** Ends after which the source is there still, and how long a restart may take before it is called trouble. */
const passing: ReadonlySet<EndReason> = new Set([
  "init-changed",
  "time-jumped",
  "clock-stepped",
  "source-gap",
]);
const PASSING_MS = 10_000;

/** How a headline begins, and what stands in brackets at its end. */
function offHead(end: RunEnd): { head: string; why: string } {
  const { head, detail } = missingProgramWords(end) ?? {
    head: offWords[end.reason] ?? "Not recording",
    detail: end.detail,
  };
  return { head, why: detail === "" ? "" : ` (${detail})` };
}

/** One sentence for a channel that is not recording: `Offline since 14:03 (connection refused)`. */
export function outageWords(end: RunEnd, sinceMs: number, nowMs: number, zone: string): string {
  const { head, why } = offHead(end);
  return `${head} since ${sinceWords(sinceMs, nowMs, zone)}${why}`;
}

/** `3 gaps today, 4 min`. A gap that lasts still is part of it. */
export function gapWords(day: DayCoverage): string {
  if (day.spans.length === 0) return day.gaps.length === 0 ? "Nothing recorded today" : "No footage today";
  if (day.gaps.length === 0) return "No gaps today";
  return `${countWords(day.gaps.length, "gap")} today, ${durationWords(lengthMs(day.gaps))}`;
}

/** The same of a day that is over: `3 gaps, 4 min`. */
export function dayGapWords(day: DayCoverage): string {
  if (day.spans.length === 0) return day.gaps.length === 0 ? "Nothing kept of this day" : "No footage";
  const recorded = `${durationWords(lengthMs(day.spans))} recorded`;
  if (day.gaps.length === 0) return `${recorded}, no gaps`;
  return `${recorded}, ${countWords(day.gaps.length, "gap")}, ${durationWords(lengthMs(day.gaps))}`;
}

export type ChannelFacts = {
  channel: FootageChannel;
  capture: CaptureState | undefined;
  /** What it is configured to be recorded from. */
  kind?: SourceConfig["kind"] | undefined;
  /** How its files arrive; absent of other channels, and while it is switched off. */
  arrivals?: ArrivalStatus | undefined;
  today: DayCoverage;
  /** The recording that begins last. */
  newest: Pick<Extent, "run" | "endMs"> | undefined;
  nowMs: number;
};

/** All that pages and the API say about one channel. Reads the newest run for what capture doesn't know. */
export function channelStatus(footage: Pick<Footage, "outage" | "run">, facts: ChannelFacts): ChannelStatus {
  const { channel, capture, kind, arrivals, today, newest } = facts;
  const run = newest && footage.run(newest.run);
  const picture = pictureOf(capture, run);
  const state = condition(footage, facts, newest !== undefined);
  return {
    id: channel.id,
    name: channel.name,
    zone: channel.zone,
    ...(kind === undefined || channel.isRetired ? {} : { kind }),
    ...state,
    dayWords: gapWords(today),
    ...(picture ? { picture } : {}),
    ...(run ? { format: run.format } : {}),
    ...(arrivals ? { arrivals } : {}),
    ...(newest ? { newestMs: newest.endMs } : {}),
    advice: capture?.advice === undefined ? [] : [capture.advice],
    today,
    hasFootage: newest !== undefined,
  };
}

export type StateWords = Pick<ChannelStatus, "condition" | "isTrouble" | "headline" | "note">;

function condition(footage: Pick<Footage, "outage">, facts: ChannelFacts, hasFootage: boolean): StateWords {
  const { channel, capture, arrivals, nowMs } = facts;
  if (channel.isRetired) {
    return {
      condition: "retired",
      isTrouble: false,
      headline: "No longer recorded; its footage is kept on as before",
    };
  }
  if (arrivals) {
    const { zone } = channel;
    return arrivalState(arrivals, {
      newestMs: facts.newest?.endMs,
      isFolder: facts.kind === "folder",
      nowMs,
      zone,
    });
  }
  if (!capture)
    return { condition: "stopped", isTrouble: false, headline: "Switched off in the configuration" };
  if (capture.state === "recording") return recordingWords(capture, nowMs);
  const outage = footage.outage(channel.id);
  const end = capture.end ?? outage;
  if (capture.state === "stopped") {
    return {
      condition: "stopped",
      isTrouble: false,
      headline: outageWords({ reason: "stopped", detail: "" }, capture.sinceMs, nowMs, channel.zone),
    };
  }
  const note = nextTry(capture, nowMs);
  if (!end) return { condition: "connecting", isTrouble: false, headline: "Connecting", ...note };
  const sinceMs = outage?.sinceMs ?? capture.sinceMs;
  if (passing.has(end.reason) && nowMs - sinceMs < PASSING_MS) {
    return {
      condition: "connecting",
      isTrouble: false,
      headline: `Connecting again: ${reasonWords[end.reason]}`,
    };
  }
  if (!hasFootage) {
    const { head, why } = offHead(end);
    const headline = `Never seen. ${head.replace(/,$/, "")}${why}`;
    return { condition: "never-seen", isTrouble: true, headline, ...note };
  }
  return {
    condition: "offline",
    isTrouble: true,
    headline: outageWords(end, sinceMs, nowMs, channel.zone),
    ...note,
  };
}

function recordingWords(capture: CaptureState, nowMs: number): StateWords {
  const quietMs = capture.lastSampleMs === undefined ? 0 : nowMs - capture.lastSampleMs;
  if (quietMs < Math.max(QUIET_MS, capture.usualPauseMs ?? 0))
    return { condition: "recording", isTrouble: false, headline: "Recording" };
  return { condition: "stalled", isTrouble: true, headline: `Nothing came for ${durationWords(quietMs)}` };
}

function nextTry(capture: CaptureState, nowMs: number): { note?: string } {
  if (capture.state === "connecting") return capture.attempts > 1 ? { note: "Trying again now" } : {};
  if (capture.nextTryMs === undefined) return {};
  const waitMs = capture.nextTryMs - nowMs;
  return { note: waitMs < 1_000 ? "Trying again now" : `Next try in ${durationWords(waitMs)}` };
}

function pictureOf(capture: CaptureState | undefined, run: RunRow | undefined): Picture | undefined {
  const live = capture?.state === "recording" ? capture.parameters : undefined;
  const measured = {
    ...(capture?.bitrateBps === undefined ? {} : { bitrateBps: capture.bitrateBps }),
    ...(capture?.keyIntervalMs === undefined ? {} : { keyIntervalMs: capture.keyIntervalMs }),
  };
  if (live) {
    const { video, audio } = live;
    return {
      videoCodec: video.codecString,
      ...(audio ? { audioCodec: audio.codecString } : {}),
      width: video.width,
      height: video.height,
      ...(video.frameRate === undefined ? {} : { frameRate: video.frameRate }),
      ...measured,
    };
  }
  if (!run) return undefined;
  return {
    videoCodec: run.videoCodec,
    ...(run.audioCodec === null ? {} : { audioCodec: run.audioCodec }),
    width: run.width,
    height: run.height,
    ...(run.frameRate === null ? {} : { frameRate: run.frameRate }),
    ...(capture?.state === "recording" ? measured : {}),
  };
}

const codecNames: readonly (readonly [RegExp, string])[] = [
  [/^avc[13]\./, "H.264"],
  [/^(hvc1|hev1)\./, "H.265"],
  [/^mp4a\./, "AAC"],
];

/** The name people know a codec by: `H.265` for `hvc1.1.6.L93.B0`. */
export const codecWords = (codec: string): string =>
  codecNames.find(([form]) => form.test(codec))?.[1] ?? codec;

/** `H.264, 1920 × 1080, 25 pictures a second, AAC sound, 4.1 Mbit/s, key frame every 2 s`. */
export function pictureWords(picture: Picture): string {
  const rate =
    picture.frameRate === undefined ? undefined : `${Number(picture.frameRate.toFixed(2))} pictures a second`;
  const key = picture.keyIntervalMs;
  return [
    codecWords(picture.videoCodec),
    `${picture.width} × ${picture.height}`,
    rate,
    picture.audioCodec === undefined ? "no sound" : `${codecWords(picture.audioCodec)} sound`,
    picture.bitrateBps === undefined ? undefined : bitrateWords(picture.bitrateBps),
    key === undefined ? undefined : `key frame every ${Number((key / 1000).toFixed(1))} s`,
  ]
    .filter((part) => part !== undefined)
    .join(", ");
}
