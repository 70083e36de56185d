import type { Segment } from "./segment-list.ts";

/** Video ticks in a millisecond, at the one timescale of segment lists. */
const TICKS_PER_MS = 90;

/** What lists have to know of a recording's segments, without each of them. */
export type SegmentOutline = {
  first: Segment;
  last: Segment;
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
export const segmentFollows = (before: Segment, segment: Segment): boolean =>
  before.mediaTicks + before.durationTicks === segment.mediaTicks;

/** The outline of a recording's segments; `undefined` when there are none. */
export function outlineOf(segments: readonly Segment[]): SegmentOutline | undefined {
  const first = segments[0];
  if (first === undefined) return undefined;
  let last = first;
  let longestTicks = first.durationTicks;
  let isUnbroken = true;
  let isSteady = true;
  for (const segment of segments) {
    if (segment === first) continue;
    if (segment.durationTicks > longestTicks) longestTicks = segment.durationTicks;
    if (!segmentFollows(last, segment)) isUnbroken = false;
    if (Math.abs(segment.startMs - last.startMs - last.durationTicks / TICKS_PER_MS) > WALL_JOIN_MS)
      isSteady = false;
    last = segment;
  }
  return { first, last, count: segments.length, longestTicks, isUnbroken, isSteady };
}
