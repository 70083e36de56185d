import { stepSegment, stepsOf, TICKS_PER_MS, type SegmentStep, type SegmentTimes } from "./segment-steps.ts";

/** What lists have to know of segments in order, without each of them. */
export type SegmentOutline = {
  steps: readonly SegmentStep[];
  first: SegmentTimes;
  last: SegmentTimes;
  count: number;
  /** Length of the longest one in ticks of the video's timescale. */
  longestTicks: number;
  /** Each segment begins in media time where the one before it ended. */
  isUnbroken: boolean;
  /** Each segment begins in wall time where the one before it ended, within 100 ms. */
  isSteady: boolean;
};

/** A smaller step between the wall times of neighbouring segments is no hole. */
export const WALL_JOIN_MS = 100;

/** Whether nothing is missing between two segments of a recording: a segment that was left out took its media time. */
export const segmentFollows = (before: SegmentTimes, segment: SegmentTimes): boolean =>
  before.mediaTicks + before.durationTicks === segment.mediaTicks;

/** The outline of segments that are told in steps; `undefined` when there are none. */
export function outlineOfSteps(steps: readonly SegmentStep[]): SegmentOutline | undefined {
  const first = steps[0];
  if (first === undefined) return undefined;
  let last: SegmentTimes | undefined;
  let count = 0;
  let longestTicks = 0;
  let isUnbroken = true;
  let isSteady = true;
  for (const step of steps) {
    if (step.durationTicks > longestTicks) longestTicks = step.durationTicks;
    if (last) {
      if (!segmentFollows(last, step)) isUnbroken = false;
      if (Math.abs(step.startMs - last.startMs - last.durationTicks / TICKS_PER_MS) > WALL_JOIN_MS)
        isSteady = false;
    }
    count += step.count;
    last = step.count === 1 ? step : stepSegment(step, step.count - 1);
  }
  return { steps, first, last: last ?? first, count, longestTicks, isUnbroken, isSteady };
}

/** The outline of a recording's segments; `undefined` when there are none. */
export const outlineOf = (segments: Iterable<SegmentTimes>): SegmentOutline | undefined =>
  outlineOfSteps(stepsOf(segments));
