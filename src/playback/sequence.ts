import { hasOwnFiles, isAged, type Recording, type RunRow } from "../db/index/rows.ts";
import { outlineOf, outlineOfSteps, type SegmentOutline } from "../media/segment-outline.ts";
import { stepsBetween, type SegmentTimes } from "../media/segment-steps.ts";
import { interleavedStarts } from "./interleaved-files.ts";
import { rangesOneByOne, rangesWithin, type IndexRange } from "./shown-ranges.ts";
import {
  mediaSequenceOf,
  segmentEndMs,
  stretchOf,
  withoutLeadingDiscontinuity,
  type Stretch,
} from "./stretch.ts";

/** Overlaps of this length come from estimated start times; nothing is hidden for their sake. */
export const ESTIMATE_MS = 2000;

/** All of time. */
const EVER = { fromMs: Number.NEGATIVE_INFINITY, toMs: Number.POSITIVE_INFINITY };

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

/** What else there is at the times of a recording. */
type Around = {
  covers: readonly Cover[];
  /** See `interleavedStarts`. */
  between: readonly number[];
};

/** Which of a recording's segments lie in the interval and are not hidden, split at holes and for others. */
function shownRanges(
  recording: Recording,
  run: RunRow,
  outline: SegmentOutline,
  { covers, between }: Around,
  window: { fromMs: number; toMs: number },
): IndexRange[] {
  const hiding = covers.filter((cover) => !cover.isEstimate);
  const { fromMs, toMs } = window;
  const isInside = recording.startMs >= fromMs && recording.endMs <= toMs;
  if (hiding.length === 0 && between.length === 0) {
    if (isInside && outline.isUnbroken) return [{ from: 0, to: outline.count }];
    return rangesWithin(outline.steps, run, isInside ? EVER : window);
  }
  const isListed = (segment: SegmentTimes): boolean => {
    const endMs = segmentEndMs(segment, run);
    const isWithin = isInside && hiding.length === 0;
    if (!isWithin && (endMs <= fromMs || segment.startMs >= toMs)) return false;
    const middleMs = (segment.startMs + endMs) / 2;
    return !hiding.some((cover) => middleMs >= cover.startMs && middleMs < cover.endMs);
  };
  let place = 0;
  /** Whether a file of another recording begins between two neighbours, or with one of them. */
  const isApart = (one: SegmentTimes, other: SegmentTimes): boolean => {
    while ((between[place] ?? Infinity) < one.startMs) place++;
    return (between[place] ?? Infinity) <= other.startMs;
  };
  return rangesOneByOne(outline.steps, isListed, isApart);
}

/** Cuts one recording into stretches. */
function piecesOf(
  recording: Recording,
  run: RunRow,
  around: Around,
  window: { fromMs: number; toMs: number },
): Piece[] {
  const outline = outlineOfRecording(recording);
  if (!outline) return [];
  const joinMs = around.covers.filter((cover) => cover.isEstimate).map((cover) => cover.startMs - 1);
  return shownRanges(recording, run, outline, around, window).flatMap(({ from, to }) => {
    const isWhole = from === 0 && to === outline.count;
    const part = isWhole ? outline : outlineOfSteps(stepsBetween(outline.steps, from, to));
    if (!part) return [];
    const stretch = stretchOf(recording, run, part, { firstIndex: from, isWhole });
    return [{ stretch, orderMs: Math.min(stretch.first.startMs, ...joinMs) }];
  });
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
    if (run) pieces.push(...piecesOf(recording, run, around, { fromMs, toMs }));
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
