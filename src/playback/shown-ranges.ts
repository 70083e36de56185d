import type { RunRow } from "../db/index/rows.ts";
import { segmentFollows } from "../media/segment-outline.ts";
import {
  segmentsOfSteps,
  stepMs,
  stepSegment,
  type SegmentStep,
  type SegmentTimes,
} from "../media/segment-steps.ts";
import { segmentEndMs } from "./stretch.ts";

/** Places `[from, to)` among a recording's segments. */
export type IndexRange = { from: number; to: number };

/** Wall time `[fromMs, toMs)`, ms UTC. */
type Window = { fromMs: number; toMs: number };

/** Those of a step's segments that overlap a window; wall time only rises within a step. */
function shownOfStep(step: SegmentStep, run: RunRow, { fromMs, toMs }: Window): IndexRange {
  const endsMs = segmentEndMs(step, run);
  if (step.count === 1) return { from: 0, to: endsMs > fromMs && step.startMs < toMs ? 1 : 0 };
  const apartMs = stepMs(step);
  const isOver = (index: number): boolean => endsMs + index * apartMs <= fromMs;
  const isBefore = (index: number): boolean => step.startMs + index * apartMs < toMs;
  const near = (ms: number): number =>
    Math.min(step.count, Math.max(0, Math.floor(apartMs > 0 ? ms / apartMs : 0) - 1));
  let from = near(fromMs - endsMs);
  while (from < step.count && isOver(from)) from++;
  let to = Math.max(from, near(toMs - step.startMs));
  while (to < step.count && isBefore(to)) to++;
  return { from, to };
}

/** The segments that overlap a window, where nothing else has to be looked at, split at holes in media time. */
export function rangesWithin(steps: readonly SegmentStep[], run: RunRow, window: Window): IndexRange[] {
  const ranges: IndexRange[] = [];
  let open: IndexRange | undefined;
  let at = 0;
  let before: SegmentTimes | undefined;
  for (const step of steps) {
    const { from, to } = shownOfStep(step, run, window);
    const goesOn =
      open !== undefined && open.to === at && before !== undefined && segmentFollows(before, step);
    if (to > from) {
      if (open && goesOn && from === 0) open.to = at + to;
      else ranges.push((open = { from: at + from, to: at + to }));
    }
    at += step.count;
    before = step.count === 1 ? step : stepSegment(step, step.count - 1);
  }
  return ranges;
}

/** The same by each segment: those that are listed, split as told by `isApart` too, which is asked in order. */
export function rangesOneByOne(
  steps: readonly SegmentStep[],
  isListed: (segment: SegmentTimes) => boolean,
  isApart: (one: SegmentTimes, other: SegmentTimes) => boolean,
): IndexRange[] {
  const ranges: IndexRange[] = [];
  let open: IndexRange | undefined;
  let before: SegmentTimes | undefined;
  let index = 0;
  for (const segment of segmentsOfSteps(steps)) {
    if (before && (!segmentFollows(before, segment) || isApart(before, segment))) open = undefined;
    if (!isListed(segment)) open = undefined;
    else if (open) open.to = index + 1;
    else ranges.push((open = { from: index, to: index + 1 }));
    before = segment;
    index++;
  }
  return ranges;
}
