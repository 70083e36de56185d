import type { Recording, RunRow } from "../db/index/rows.ts";
import type { Segment } from "../media/segment-list.ts";
import { outlineOfSteps, type SegmentOutline } from "../media/segment-outline.ts";
import { stepsBetween, type SegmentStep, type SegmentTimes } from "../media/segment-steps.ts";
import { convertTicks } from "../media/ticks.ts";
import { NightjarError } from "../platform/errors.ts";

/**
 * Consecutive segments of one recording that are listed one after the other: media time has no hole in it and
 * nothing of another recording comes between.
 */
export type Stretch = {
  recording: Recording;
  run: RunRow;
  /** Where among its recording's segments it begins. */
  firstIndex: number;
  /** When its segments are shown; often read when it is asked for. */
  readonly steps: readonly SegmentStep[];
  /** Read when it is asked for; lists do with the steps. Throws `unavailable` when the recording has changed since. */
  readonly segments: readonly Segment[];
  first: SegmentTimes;
  last: SegmentTimes;
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

/** Ticks of a run's video as 90,000ths of a second, rounded down; equal times stay equal. */
const in90k = (ticks: number, run: RunRow): number =>
  run.videoTimescale === 90_000 ? ticks : convertTicks(ticks, run.videoTimescale, 90_000);

/** Length of a segment in 90,000ths of a second. */
export const durationTicks90k = (segment: Pick<SegmentTimes, "durationTicks">, run: RunRow): number =>
  in90k(segment.durationTicks, run);

/** Wall time at which a segment's last picture ends, in ms UTC. */
export const segmentEndMs = (segment: Pick<SegmentTimes, "startMs" | "durationTicks">, run: RunRow): number =>
  segment.startMs + (segment.durationTicks * 1000) / run.videoTimescale;

/** Media sequence number of a recording's segment. */
export const mediaSequenceOf = (recording: Recording, segment: Pick<SegmentTimes, "ordinal">): number =>
  recording.firstMediaSequence + segment.ordinal;

/** A stretch whose steps and segments are had from others when they are asked for. Spreading it reads them. */
function stretchWith(
  facts: Omit<Stretch, "steps" | "segments">,
  steps: { readonly steps: readonly SegmentStep[] },
  segments: () => readonly Segment[],
): Stretch {
  return {
    ...facts,
    get steps() {
      return steps.steps;
    },
    get segments() {
      return segments();
    },
  };
}

/** A recording's segments from `firstIndex` on, as the outline knows them. */
function segmentsOf(recording: Recording, firstIndex: number, outline: SegmentOutline): readonly Segment[] {
  const { segments } = recording;
  const { first, last, count } = outline;
  const part =
    firstIndex === 0 && count === segments.length ? segments : segments.slice(firstIndex, firstIndex + count);
  if (part[0]?.ordinal !== first.ordinal || part[count - 1]?.ordinal !== last.ordinal)
    throw new NightjarError("unavailable", "This footage has changed just now: ask for it again");
  return part;
}

/** The segments of a recording from `firstIndex` on that an outline tells of. */
export function stretchOf(
  recording: Recording,
  run: RunRow,
  outline: SegmentOutline,
  { firstIndex, isWhole }: Pick<Stretch, "firstIndex" | "isWhole">,
): Stretch {
  const { first, last, count, longestTicks } = outline;
  const facts = {
    recording,
    run,
    firstIndex,
    first,
    last,
    count,
    longestTicks: in90k(longestTicks, run),
    isWhole,
    isDiscontinuity: false,
    isFirstOfInit: false,
    startTicks: in90k(recording.baseTicks + first.mediaTicks, run),
    endTicks: in90k(recording.baseTicks + last.mediaTicks + last.durationTicks, run),
  };
  return stretchWith(facts, outline, () => segmentsOf(recording, firstIndex, outline));
}

/** The segments `[from, to)` of a stretch, of which there has to be one; as if nothing stood before them. */
function partOf({ recording, run, firstIndex, steps }: Stretch, from: number, to: number): Stretch {
  const outline = outlineOfSteps(stepsBetween(steps, from, to));
  if (!outline) throw new RangeError(`a stretch has no segments from ${from} to ${to}`);
  return stretchOf(recording, run, outline, { firstIndex: firstIndex + from, isWhole: false });
}

/** A stretch without its first `index` segments, of which it must have more. */
export const stretchFrom = (stretch: Stretch, index: number): Stretch =>
  index === 0 ? stretch : partOf(stretch, index, stretch.count);

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
    const { isDiscontinuity, isFirstOfInit } = stretch;
    const isAll = stretch.count <= left;
    kept.push(isAll ? stretch : Object.assign(partOf(stretch, 0, left), { isDiscontinuity, isFirstOfInit }));
    left -= stretch.count;
  }
  return kept;
}

/** How many segments a sequence has. */
export const segmentCount = (stretches: readonly Stretch[]): number =>
  stretches.reduce((sum, { count }) => sum + count, 0);

/** The last `count` segments of a sequence. */
export const lastSegments = (stretches: readonly Stretch[], count: number): Stretch[] =>
  withoutFirst(stretches, Math.max(0, segmentCount(stretches) - count));

/** The end of a sequence that is at least `minTicks` (90,000ths of a second) and `minSegments` long, if it is so long. */
export function lastTicks(stretches: readonly Stretch[], minTicks: number, minSegments: number): Stretch[] {
  const kept: Stretch[] = [];
  let ticks = 0;
  let count = 0;
  for (const stretch of stretches.toReversed()) {
    if (ticks >= minTicks && count >= minSegments) break;
    let index = stretch.count;
    for (const step of stretch.steps.toReversed())
      for (let left = step.count; left > 0 && (ticks < minTicks || count < minSegments); left--) {
        index--;
        count++;
        ticks += durationTicks90k(step, stretch.run);
      }
    kept.unshift(stretchFrom(stretch, index));
  }
  return withoutLeadingDiscontinuity(kept);
}

/** Nothing stands before the first entry of a list that it could differ from. */
export function withoutLeadingDiscontinuity(stretches: Stretch[]): Stretch[] {
  const [front, ...rest] = stretches;
  if (!front?.isDiscontinuity) return stretches;
  const { recording, run, firstIndex, first, last, count, longestTicks } = front;
  const { isWhole, isFirstOfInit, startTicks, endTicks } = front;
  const facts = { recording, run, firstIndex, first, last, count, longestTicks };
  const changed = { ...facts, isWhole, isDiscontinuity: false, isFirstOfInit, startTicks, endTicks };
  return [stretchWith(changed, front, () => front.segments), ...rest];
}

/** How many different inits the sequence needs one after the other. */
export const timelineCount = (stretches: readonly Stretch[]): number =>
  new Set(stretches.map(({ run }) => `${run.timeline} ${run.format}`)).size;
