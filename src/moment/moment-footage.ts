import type { LiveFootage } from "../archive/live/live-edge.ts";
import type { Footage } from "../archive/footage.ts";
import type { RunRow } from "../db/index/rows.ts";
import {
  byInit,
  footageIn,
  JOIN_MS,
  longest,
  overlapMs,
  unbroken,
  type FootageGroup,
  type Window,
} from "../export/choose-footage.ts";
import { decodableFrom, inputStartSeconds, LEAD_TICKS, placedBytes } from "../export/footage-input.ts";
import type { Clock } from "../platform/clock.ts";
import { NightjarError } from "../platform/errors.ts";
import { isoOf } from "../platform/zone.ts";
import { channelTicks } from "../playback/kept-body.ts";
import { placedSegments } from "../playback/kept-interval.ts";
import { mediaSequenceOf, segmentEndMs, type Stretch } from "../playback/stretch.ts";
import type { StoredSegment } from "../playback/segment-body.ts";
import { liveTail } from "./live-tail.ts";

export type MomentFootageDeps = { footage: Footage; live: LiveFootage; clock: Clock };

/** What ffmpeg makes a moment of. Media times in seconds of its input, wall times in ms UTC. */
export type MomentFootage = {
  run: RunRow;
  /** The init, then the segments, up to the end of the window; waits for what has not come yet. */
  chunks(): AsyncGenerator<Uint8Array, void>;
  /** When its first picture is taken, or the window begins. */
  startMs: number;
  /** Media time of that. */
  startSeconds: number;
  /** Media time at which it ends when nothing more is missing. */
  endSeconds: number;
  /** Wall time up to which pictures were handed on; to be asked at the end. */
  reachedMs(): number;
  /** What of the window is shown, in ms; to be asked at the end. */
  shownMs(): number;
};

/** The pictures of a camera are on their way for so long at most. */
const CAMERA_PATIENCE_MS = 5000;
/** Segments that are kept as they came arrive when they are whole, and from far away. */
const KEPT_PATIENCE_MS = 30_000;
const LOOK_EVERY_MS = 100;
/** Where the newest footage is older than this, none is on its way. */
const LONG_AGO_MS = 600_000;

const nothingThere = (channel: string, { startMs, endMs }: Window, zone: string, why = ""): NightjarError =>
  new NightjarError(
    "unprocessable",
    `Nothing was recorded on ${channel} from ${isoOf(startMs, zone)} to ${isoOf(endMs, zone)}${why}`,
  );

/**
 * The footage of a window, most of which may be yet to come. Where it has several inits, the part with the one that
 * covers most of the window: one film can't hold two. Throws `unprocessable` when there is none at all.
 */
export async function momentFootage(
  deps: MomentFootageDeps,
  channel: { id: string; zone: string },
  window: Window,
  signal: AbortSignal,
): Promise<MomentFootage> {
  const { footage, live } = deps;
  const isLive = live.liveEdge(channel.id) !== undefined;
  if (!isLive) await allHasCome(deps, channel.id, window, signal);
  const found = isLive
    ? await firstHasCome(deps, channel.id, window, signal)
    : longest(oneInputGroups(footageIn(footage, channel.id, window)), window);
  if (!found) {
    const outage = footage.outage(channel.id);
    const why = outage ? `: ${outage.detail || outage.reason}` : "";
    throw nothingThere(channel.id, window, channel.zone, why);
  }
  return isLive ? withTail(deps, channel.id, found, window, signal) : whole(deps, found, window);
}

/** MPEG-TS has clocks of its own, which jump at holes. */
const oneInputGroups = (stretches: readonly Stretch[]): FootageGroup[] =>
  stretches.some(({ run }) => run.format === "ts") ? unbroken(stretches) : byInit(stretches);

/** Waits for footage up to the end of a window, or until it does not come. */
async function allHasCome(
  { footage, clock }: MomentFootageDeps,
  channel: string,
  { endMs }: Window,
  signal: AbortSignal,
): Promise<void> {
  const newestMs = () => footage.newest(channel, 1).at(-1)?.endMs ?? 0;
  while (newestMs() < endMs && clock.nowMs() < endMs + KEPT_PATIENCE_MS) {
    if (newestMs() < endMs - LONG_AGO_MS && clock.nowMs() >= endMs) return;
    if (footage.outage(channel) && clock.nowMs() >= endMs) return;
    await clock.sleep(LOOK_EVERY_MS, signal);
    signal.throwIfAborted();
  }
}

/** The footage of a camera from the begin of a window on: its newest segment at least, which is not over yet. */
async function firstHasCome(
  { footage, clock }: MomentFootageDeps,
  channel: string,
  window: Window,
  signal: AbortSignal,
): Promise<FootageGroup | undefined> {
  for (;;) {
    const found = longest(byInit(footageIn(footage, channel, window)), window);
    if (found) return found;
    // All of it may lie behind what is stored.
    const newest = footage.newest(channel, 1).at(-1);
    const isBehind = newest !== undefined && newest.endMs <= window.startMs && !footage.outage(channel);
    if (isBehind && clock.nowMs() >= window.startMs)
      return byInit(footageIn(footage, channel, { startMs: newest.endMs - 1, endMs: window.endMs })).at(-1);
    if (clock.nowMs() > window.endMs + CAMERA_PATIENCE_MS) return undefined;
    await clock.sleep(LOOK_EVERY_MS, signal);
    signal.throwIfAborted();
  }
}

const segmentsOf = ({ stretches }: FootageGroup): StoredSegment[] =>
  stretches.flatMap(({ recording, run, segments }) =>
    segments.map((segment) => ({ recording, run, segment })),
  );

/** Holes between the segments of a group, within a window, in ms. */
function holesMs(segments: readonly StoredSegment[], window: Window): number {
  let sumMs = 0;
  for (const [index, { segment }] of segments.entries()) {
    const before = segments[index - 1];
    const hole = before && { startMs: segmentEndMs(before.segment, before.run), endMs: segment.startMs };
    if (hole && hole.endMs - hole.startMs > JOIN_MS) sumMs += overlapMs(hole, window);
  }
  return sumMs;
}

/** Footage that is kept as it came: all that there is of it has come. */
async function whole(
  { footage }: MomentFootageDeps,
  group: FootageGroup,
  window: Window,
): Promise<MomentFootage> {
  const segments = segmentsOf(group);
  const [first] = segments;
  if (!first) throw new RangeError("a group has no segments");
  const { run } = first;
  const startMs = Math.max(window.startMs, group.startMs);
  const endMs = Math.min(window.endMs, group.endMs);
  const missingMs = holesMs(segments, window);
  const zeroSeconds = await inputStartSeconds(footage, first);
  return {
    run,
    startMs,
    async *chunks() {
      if (run.format !== "ts") yield run.init;
      for (const { stored, outTicks } of placedSegments(group.stretches, LEAD_TICKS))
        yield await placedBytes(footage, stored, outTicks);
    },
    startSeconds: zeroSeconds + (startMs - group.startMs) / 1000,
    endSeconds: zeroSeconds + (endMs - group.startMs - missingMs) / 1000,
    reachedMs: () => endMs,
    shownMs: () => endMs - startMs - missingMs,
  };
}

/** Footage of a camera: what is stored, and then what comes. */
async function withTail(
  deps: MomentFootageDeps,
  channel: string,
  group: FootageGroup,
  window: Window,
  signal: AbortSignal,
): Promise<MomentFootage> {
  const { footage, live, clock } = deps;
  const listed = segmentsOf(group);
  const [first] = listed;
  const newest = listed.at(-1);
  if (!first || !newest) throw new RangeError("a group has no segments");
  const begin = await decodableFrom(footage, first);
  const at = begin.recording.segments.findIndex(({ ordinal }) => ordinal === begin.segment.ordinal);
  const earlier = begin.recording.segments
    .slice(at, at + 100)
    .filter(({ ordinal }) => ordinal < first.segment.ordinal)
    .map((segment) => ({ recording: begin.recording, run: begin.run, segment }));
  const segments = [...earlier, ...listed];
  const { run } = newest;
  const zeroMs = begin.segment.startMs;
  const missingMs = holesMs(segments, { startMs: zeroMs, endMs: window.endMs });
  const storedEndMs = segmentEndMs(newest.segment, newest.run);
  let reachedMs = storedEndMs;
  const startMs = Math.max(window.startMs, zeroMs);
  const zeroSeconds = await inputStartSeconds(footage, begin);
  return {
    run,
    startMs,
    async *chunks() {
      yield run.init;
      let outTicks = LEAD_TICKS;
      for (const stored of segments) {
        yield await placedBytes(footage, stored, outTicks);
        outTicks += stored.segment.durationTicks;
      }
      const tail = liveTail({
        footage,
        live,
        clock,
        channel,
        run,
        mediaSequence: mediaSequenceOf(newest.recording, newest.segment) + 1,
        startMs: storedEndMs,
        endMs: window.endMs,
        patienceMs: CAMERA_PATIENCE_MS,
        byTicks: outTicks - (channelTicks(newest) + newest.segment.durationTicks),
        signal,
      });
      for await (const piece of tail) {
        reachedMs = piece.endMs;
        yield piece.bytes;
      }
    },
    startSeconds: zeroSeconds + (startMs - zeroMs) / 1000,
    endSeconds: zeroSeconds + (window.endMs - zeroMs - missingMs) / 1000,
    reachedMs: () => Math.min(reachedMs, window.endMs),
    shownMs: () => Math.min(reachedMs, window.endMs) - startMs - missingMs,
  };
}
