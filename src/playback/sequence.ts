import type { Recording, RunRow } from "../db/index/rows.ts";
import type { Segment } from "../media/segment-list.ts";
import { convertTicks } from "../media/ticks.ts";

/**
 * Consecutive segments of one recording that are listed one after the other: media time has no hole in it and
 * nothing of another recording comes between.
 */
export type Stretch = {
  recording: Recording;
  run: RunRow;
  segments: readonly Segment[];
  /** All of the recording's segments are in it. */
  isWhole: boolean;
  /** Another init, or other media than what the stretch before it ended with. Never for the first. */
  isDiscontinuity: boolean;
  /** Its first segment follows a discontinuity, also where what came before is not listed any more. */
  isFirstOfInit: boolean;
  /** Media time of its begin and end, counted through the whole channel, in 90,000ths of a second. */
  startTicks: number;
  endTicks: number;
};

/** Overlaps of this length come from estimated start times; nothing is hidden for their sake. */
const ESTIMATE_MS = 2000;

/** Wall time at which a segment's last picture ends, in ms UTC. */
export const segmentEndMs = (segment: Segment, run: RunRow): number =>
  segment.startMs + (segment.durationTicks * 1000) / run.videoTimescale;

/** Ticks of a run's video as 90,000ths of a second, rounded down; equal times stay equal. */
const in90k = (ticks: number, run: RunRow): number => convertTicks(ticks, run.videoTimescale, 90_000);

/** Length of a segment in 90,000ths of a second. */
export const durationTicks90k = (segment: Segment, run: RunRow): number => in90k(segment.durationTicks, run);

/** Media sequence number of a recording's segment. */
export const mediaSequenceOf = (recording: Recording, segment: Segment): number =>
  recording.firstMediaSequence + segment.ordinal;

type Cover = { startMs: number; endMs: number; isEstimate: boolean };

/** For each recording the spans of newer runs that lie over it. */
function coversOf(recordings: readonly Recording[]): Map<Recording, Cover[]> {
  const covers = new Map<Recording, Cover[]>();
  const byStart = recordings.toSorted((a, b) => a.startMs - b.startMs);
  for (const [index, first] of byStart.entries()) {
    for (let next = index + 1; next < byStart.length; next++) {
      const second = byStart[next];
      if (!second || second.startMs >= first.endMs) break;
      if (second.run === first.run) continue;
      const isSecondNewer = second.firstMediaSequence >= first.firstMediaSequence;
      const [older, newer] = isSecondNewer ? [first, second] : [second, first];
      const overlapMs = Math.min(first.endMs, second.endMs) - second.startMs;
      const isEstimate = isSecondNewer && second.endMs > first.endMs && overlapMs <= ESTIMATE_MS;
      const list = covers.get(older) ?? [];
      list.push({ startMs: newer.startMs, endMs: newer.endMs, isEstimate });
      covers.set(older, list);
    }
  }
  return covers;
}

type Piece = Omit<Stretch, "isDiscontinuity" | "isFirstOfInit"> & { orderMs: number };

/** Whether nothing is missing between two segments of a recording. */
const follows = (before: Segment, segment: Segment): boolean =>
  before.ordinal + 1 === segment.ordinal && before.mediaTicks + before.durationTicks === segment.mediaTicks;

/** Cuts one recording into stretches: what lies in the interval and is not hidden, split at holes. */
function piecesOf(
  recording: Recording,
  run: RunRow,
  covers: readonly Cover[],
  fromMs: number,
  toMs: number,
): Piece[] {
  const pieces: Piece[] = [];
  let start = -1;
  const close = (end: number) => {
    if (start < 0) return;
    const segments =
      start === 0 && end === recording.segments.length
        ? recording.segments
        : recording.segments.slice(start, end);
    const first = segments[0];
    const last = segments.at(-1);
    start = -1;
    if (!first || !last) return;
    const joinMs = covers.filter((cover) => cover.isEstimate).map((cover) => cover.startMs - 1);
    pieces.push({
      recording,
      run,
      segments,
      isWhole: segments.length === recording.segments.length,
      startTicks: in90k(recording.baseTicks + first.mediaTicks, run),
      endTicks: in90k(recording.baseTicks + last.mediaTicks + last.durationTicks, run),
      orderMs: Math.min(first.startMs, ...joinMs),
    });
  };
  const hiding = covers.filter((cover) => !cover.isEstimate);
  const isInside = hiding.length === 0 && recording.startMs >= fromMs && recording.endMs <= toMs;
  const isShown = (segment: Segment): boolean => {
    const endMs = segmentEndMs(segment, run);
    const middleMs = (segment.startMs + endMs) / 2;
    const isHidden = hiding.some((cover) => middleMs >= cover.startMs && middleMs < cover.endMs);
    return endMs > fromMs && segment.startMs < toMs && !isHidden;
  };
  let before: Segment | undefined;
  let index = 0;
  for (const segment of recording.segments) {
    const isListed = isInside || isShown(segment);
    if (!isListed || (before && !follows(before, segment))) close(index);
    if (isListed && start < 0) start = index;
    before = segment;
    index++;
  }
  close(recording.segments.length);
  return pieces;
}

/**
 * Recordings of one channel as what is shown, in order: every segment that overlaps `[fromMs, toMs)` (so also
 * the one already playing at the start), where spans overlap the newest run's. Recordings whose run is not
 * known are left out: nothing can play them.
 */
export function sequenceOf(
  recordings: readonly Recording[],
  runOf: (id: string) => RunRow | undefined,
  fromMs = Number.NEGATIVE_INFINITY,
  toMs = Number.POSITIVE_INFINITY,
): Stretch[] {
  const runs = new Map<string, RunRow | undefined>();
  const covers = coversOf(recordings);
  const pieces: Piece[] = [];
  for (const recording of recordings) {
    if (!runs.has(recording.run)) runs.set(recording.run, runOf(recording.run));
    const run = runs.get(recording.run);
    if (run) pieces.push(...piecesOf(recording, run, covers.get(recording) ?? [], fromMs, toMs));
  }
  pieces.sort((a, b) => a.orderMs - b.orderMs || a.startTicks - b.startTicks);
  let before: Piece | undefined;
  return pieces.map((piece) => {
    const isDiscontinuity =
      before !== undefined &&
      (before.run.timeline !== piece.run.timeline || before.endTicks !== piece.startTicks);
    before = piece;
    const { orderMs: _, ...stretch } = piece;
    return { ...stretch, isDiscontinuity, isFirstOfInit: isDiscontinuity };
  });
}

/** The end of a sequence from the newest place on where stored numbers don't follow one another. */
export function numberedTail(stretches: readonly Stretch[]): Stretch[] {
  let start = stretches.length - 1;
  for (; start > 0; start--) {
    const before = stretches[start - 1];
    const here = stretches[start];
    const last = before?.segments.at(-1);
    const first = here?.segments[0];
    if (!before || !here || !last || !first) break;
    const numbersFollow =
      mediaSequenceOf(before.recording, last) + 1 === mediaSequenceOf(here.recording, first);
    const discontinuities = here.recording.discontinuitySequence - before.recording.discontinuitySequence;
    if (!numbersFollow || discontinuities !== (here.isDiscontinuity ? 1 : 0)) break;
  }
  return withoutLeadingDiscontinuity(stretches.slice(Math.max(0, start)));
}

/** The end of a sequence that is at least `minTicks` (90,000ths of a second) and `minSegments` long, if it is so long. */
export function lastTicks(stretches: readonly Stretch[], minTicks: number, minSegments: number): Stretch[] {
  const kept: Stretch[] = [];
  let ticks = 0;
  let count = 0;
  for (const stretch of stretches.toReversed()) {
    if (ticks >= minTicks && count >= minSegments) break;
    let index = stretch.segments.length;
    while (index > 0 && (ticks < minTicks || count < minSegments)) {
      index--;
      count++;
      const segment = stretch.segments[index];
      if (segment) ticks += durationTicks90k(segment, stretch.run);
    }
    kept.unshift(index === 0 ? stretch : stretchFrom(stretch, index));
  }
  return withoutLeadingDiscontinuity(kept);
}

function stretchFrom(stretch: Stretch, index: number): Stretch {
  const segments = stretch.segments.slice(index);
  const first = segments[0];
  const ticks = first ? in90k(stretch.recording.baseTicks + first.mediaTicks, stretch.run) : stretch.endTicks;
  return {
    ...stretch,
    segments,
    isWhole: false,
    isDiscontinuity: false,
    isFirstOfInit: false,
    startTicks: ticks,
  };
}

function withoutLeadingDiscontinuity(stretches: Stretch[]): Stretch[] {
  const [first, ...rest] = stretches;
  return first?.isDiscontinuity ? [{ ...first, isDiscontinuity: false }, ...rest] : stretches;
}

/** How many different inits the sequence needs one after the other. */
export function timelineCount(stretches: readonly Stretch[]): number {
  return new Set(stretches.map((stretch) => stretch.run.timeline)).size;
}
