import { hasOwnFiles, isAged, type Recording, type RunRow } from "../db/index/rows.ts";
import type { Segment, SomeSegments } from "../media/segment-list.ts";
import { outlineOf, segmentFollows, type SegmentOutline } from "../media/segment-outline.ts";
import { convertTicks } from "../media/ticks.ts";
import { interleavedStarts } from "./interleaved-files.ts";

/**
 * Consecutive segments of one recording that are listed one after the other: media time has no hole in it and
 * nothing of another recording comes between.
 */
export type Stretch = {
  recording: Recording;
  run: RunRow;
  /** Read when it is asked for; `first`, `last`, `count` and `longestTicks` often do without. */
  readonly segments: readonly Segment[];
  first: Segment;
  last: Segment;
  count: number;
  /** Length of its longest segment, in 90,000ths of a second. */
  longestTicks: number;
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

/** A stretch whose segments are had from `segments` when they are asked for. Spreading it reads them. */
function stretchOf(facts: Omit<Stretch, "segments">, segments: () => readonly Segment[]): Stretch {
  return {
    ...facts,
    get segments() {
      return segments();
    },
  };
}

/** Overlaps of this length come from estimated start times; nothing is hidden for their sake. */
export const ESTIMATE_MS = 2000;

/** Wall time at which a segment's last picture ends, in ms UTC. */
export const segmentEndMs = (segment: Segment, run: RunRow): number =>
  segment.startMs + (segment.durationTicks * 1000) / run.videoTimescale;

/** Ticks of a run's video as 90,000ths of a second, rounded down; equal times stay equal. */
const in90k = (ticks: number, run: RunRow): number =>
  run.videoTimescale === 90_000 ? ticks : convertTicks(ticks, run.videoTimescale, 90_000);

/** Length of a segment in 90,000ths of a second. */
export const durationTicks90k = (segment: Segment, run: RunRow): number => in90k(segment.durationTicks, run);

/** Media sequence number of a recording's segment. */
export const mediaSequenceOf = (recording: Recording, segment: Segment): number =>
  recording.firstMediaSequence + segment.ordinal;

type Cover = { startMs: number; endMs: number; isEstimate: boolean };

/**
 * For each recording the spans of newer runs that lie over it. A recording whose segments are files may have any holes,
 * and others with another init in them: it hides nothing. What was captured hides files, whenever they came.
 */
function coversOf(recordings: readonly Recording[]): Map<Recording, Cover[]> {
  const covers = new Map<Recording, Cover[]>();
  const byStart = recordings.toSorted((a, b) => a.startMs - b.startMs);
  for (const [index, first] of byStart.entries()) {
    for (let next = index + 1; next < byStart.length; next++) {
      const second = byStart[next];
      if (!second || second.startMs >= first.endMs) break;
      if (second.run === first.run) continue;
      const [older, newer] = inOrderOfStorage(first, second);
      if (hasOwnFiles(newer)) continue;
      // Not by where the newer one ends: while it is written, it may end before the older one does.
      const isEstimate = older.endMs - newer.startMs <= ESTIMATE_MS;
      const list = covers.get(older) ?? [];
      list.push({ startMs: newer.startMs, endMs: newer.endMs, isEstimate });
      covers.set(older, list);
    }
  }
  return covers;
}

/** Two recordings, the older one first; files count as older than what was captured. */
function inOrderOfStorage(one: Recording, other: Recording): [older: Recording, newer: Recording] {
  const isFiles = hasOwnFiles(one);
  if (isFiles !== hasOwnFiles(other)) return isFiles ? [one, other] : [other, one];
  return other.firstMediaSequence >= one.firstMediaSequence ? [one, other] : [other, one];
}

type Piece = { stretch: Stretch; orderMs: number };

/** Outline of a recording that may be still written. */
const outlineOfRecording = (recording: Recording): SegmentOutline | undefined =>
  recording.outline ?? outlineOf(recording.segments);

const allSegments = ({ segments }: Recording): SomeSegments => ({ segments, isAll: true });

/** A part of a recording, or all of it, with the outline of that. */
function stretchOfPart(
  recording: Recording,
  run: RunRow,
  outline: SegmentOutline,
  part?: readonly Segment[],
): Stretch {
  const { first, last, count, longestTicks } = outline;
  const facts = {
    recording,
    run,
    first,
    last,
    count,
    longestTicks: in90k(longestTicks, run),
    isWhole: part === undefined,
    isDiscontinuity: false,
    isFirstOfInit: false,
    startTicks: in90k(recording.baseTicks + first.mediaTicks, run),
    endTicks: in90k(recording.baseTicks + last.mediaTicks + last.durationTicks, run),
  };
  return stretchOf(facts, () => part ?? recording.segments);
}

/** What else there is at the times of a recording. */
type Around = {
  covers: readonly Cover[];
  /** See `interleavedStarts`. */
  between: readonly number[];
};

/** Cuts one recording into stretches: what lies in the interval and is not hidden, split at holes and for others. */
function piecesOf(
  recording: Recording,
  run: RunRow,
  { covers, between }: Around,
  fromMs: number,
  toMs: number,
): Piece[] {
  const joinMs = covers.filter((cover) => cover.isEstimate).map((cover) => cover.startMs - 1);
  const pieceOf = (stretch: Stretch): Piece => ({
    stretch,
    orderMs: Math.min(stretch.first.startMs, ...joinMs),
  });
  const hiding = covers.filter((cover) => !cover.isEstimate);
  const isInside = hiding.length === 0 && recording.startMs >= fromMs && recording.endMs <= toMs;
  if (isInside && between.length === 0) {
    const outline = outlineOfRecording(recording);
    if (!outline) return [];
    if (outline.isUnbroken) return [pieceOf(stretchOfPart(recording, run, outline))];
  }

  const pieces: Piece[] = [];
  const { segments, isAll } =
    (isInside ? undefined : recording.segmentsWithin?.(fromMs, toMs)) ?? allSegments(recording);
  let start = -1;
  const close = (end: number) => {
    if (start < 0) return;
    const isEvery = start === 0 && end === segments.length;
    const part = isEvery ? segments : segments.slice(start, end);
    const outline = outlineOf(part);
    start = -1;
    if (outline)
      pieces.push(pieceOf(stretchOfPart(recording, run, outline, isEvery && isAll ? undefined : part)));
  };
  const isShown = (segment: Segment): boolean => {
    const endMs = segmentEndMs(segment, run);
    if (endMs <= fromMs || segment.startMs >= toMs) return false;
    const middleMs = (segment.startMs + endMs) / 2;
    return !hiding.some((cover) => middleMs >= cover.startMs && middleMs < cover.endMs);
  };
  let before: Segment | undefined;
  let index = 0;
  let place = 0;
  /** Whether a file of another recording begins between two neighbours, or with one of them. */
  const isApart = (one: Segment, other: Segment): boolean => {
    while ((between[place] ?? Infinity) < one.startMs) place++;
    return (between[place] ?? Infinity) <= other.startMs;
  };
  for (const segment of segments) {
    const isListed = isInside || isShown(segment);
    const isSplit = before && (!segmentFollows(before, segment) || isApart(before, segment));
    if (!isListed || isSplit) close(index);
    if (isListed && start < 0) start = index;
    before = segment;
    index++;
  }
  close(segments.length);
  return pieces;
}

/** Whether a player goes on from one run to the other with the decoder and container that it has set up. */
export const haveOneDecoder = (one: RunRow, other: RunRow): boolean =>
  one.timeline === other.timeline && one.format === other.format;

/** Media time of files is counted for each id that a channel has had: that of two says nothing of one another. */
const areOfTwoCounts = (one: Recording, other: Recording): boolean =>
  one.channel !== other.channel && (hasOwnFiles(one) || hasOwnFiles(other));

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
  const interleaved = interleavedStarts(recordings);
  const pieces: Piece[] = [];
  for (const recording of recordings) {
    if (!runs.has(recording.run)) runs.set(recording.run, runOf(recording.run));
    const run = runs.get(recording.run);
    const around = { covers: covers.get(recording) ?? [], between: interleaved.get(recording) ?? [] };
    if (run) pieces.push(...piecesOf(recording, run, around, fromMs, toMs));
  }
  pieces.sort((a, b) => a.orderMs - b.orderMs || a.stretch.startTicks - b.stretch.startTicks);
  let before: Stretch | undefined;
  for (const { stretch } of pieces) {
    const isDiscontinuity =
      before !== undefined &&
      (!haveOneDecoder(before.run, stretch.run) ||
        before.endTicks !== stretch.startTicks ||
        areOfTwoCounts(before.recording, stretch.recording));
    stretch.isDiscontinuity = isDiscontinuity;
    stretch.isFirstOfInit = isDiscontinuity;
    before = stretch;
  }
  return pieces.map(({ stretch }) => stretch);
}

/** The end of a sequence from the newest place on where stored numbers don't follow one another. */
export function numberedTail(stretches: readonly Stretch[]): Stretch[] {
  let start = stretches.length - 1;
  for (; start > 0; start--) {
    const before = stretches[start - 1];
    const here = stretches[start];
    if (!before || !here) break;
    const numbersFollow =
      mediaSequenceOf(before.recording, before.last) + 1 === mediaSequenceOf(here.recording, here.first);
    const discontinuities = here.recording.discontinuitySequence - before.recording.discontinuitySequence;
    // What took the place of older footage has no numbers of its own, though they may seem to follow.
    const areStored = !isAged(before.recording) && !isAged(here.recording);
    if (!areStored || !numbersFollow || discontinuities !== (here.isDiscontinuity ? 1 : 0)) break;
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
    const { segments } = stretch;
    let index = segments.length;
    while (index > 0 && (ticks < minTicks || count < minSegments)) {
      index--;
      count++;
      const segment = segments[index];
      if (segment) ticks += durationTicks90k(segment, stretch.run);
    }
    kept.unshift(stretchFrom(stretch, index));
  }
  return withoutLeadingDiscontinuity(kept);
}

/** A stretch without its first `index` segments, of which it must have more. */
export function stretchFrom(stretch: Stretch, index: number): Stretch {
  if (index === 0) return stretch;
  const { recording, run } = stretch;
  const part = stretch.segments.slice(index);
  const outline = outlineOf(part);
  if (!outline) throw new RangeError(`a stretch of ${stretch.count} segments has none after ${index}`);
  return stretchOfPart(recording, run, outline, part);
}

/** A sequence without its first `count` segments. */
export function withoutFirst(stretches: readonly Stretch[], count: number): Stretch[] {
  let left = count;
  const kept: Stretch[] = [];
  for (const stretch of stretches) {
    if (left >= stretch.count) {
      left -= stretch.count;
      continue;
    }
    kept.push(stretchFrom(stretch, left));
    left = 0;
  }
  return withoutLeadingDiscontinuity(kept);
}

/** The first `count` segments of a sequence. */
export function firstSegments(stretches: readonly Stretch[], count: number): Stretch[] {
  let left = count;
  const kept: Stretch[] = [];
  for (const stretch of stretches) {
    if (left <= 0) break;
    const { recording, run, segments, isDiscontinuity, isFirstOfInit } = stretch;
    const part = stretch.count <= left ? undefined : segments.slice(0, left);
    const outline = part && outlineOf(part);
    left -= stretch.count;
    kept.push(
      outline
        ? Object.assign(stretchOfPart(recording, run, outline, part), { isDiscontinuity, isFirstOfInit })
        : stretch,
    );
  }
  return kept;
}

/** How many segments a sequence has. */
export const segmentCount = (stretches: readonly Stretch[]): number =>
  stretches.reduce((sum, { count }) => sum + count, 0);

/** The last `count` segments of a sequence. */
export const lastSegments = (stretches: readonly Stretch[], count: number): Stretch[] =>
  withoutFirst(stretches, Math.max(0, segmentCount(stretches) - count));

/** Nothing stands before the first entry of a list that it could differ from. */
export function withoutLeadingDiscontinuity(stretches: Stretch[]): Stretch[] {
  const [front, ...rest] = stretches;
  if (!front?.isDiscontinuity) return stretches;
  const { recording, run, first, last, count, longestTicks, isWhole, startTicks, endTicks } = front;
  const facts = { recording, run, first, last, count, longestTicks, isWhole, startTicks, endTicks };
  const changed = { ...facts, isDiscontinuity: false, isFirstOfInit: front.isFirstOfInit };
  return [stretchOf(changed, () => front.segments), ...rest];
}

/** How many different inits the sequence needs one after the other. */
export function timelineCount(stretches: readonly Stretch[]): number {
  return new Set(stretches.map(({ run }) => `${run.timeline} ${run.format}`)).size;
}
