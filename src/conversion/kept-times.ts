import { VIDEO_TIMESCALE } from "../media/parameters.ts";
import { INPUT_OFFSET_TICKS } from "./source-feed.ts";

/**
 * Which pictures are kept when there are to be fewer of a second: the first of each of so many equal parts of it. It is what
 * ffmpeg is told by `selectText`, on the same numbers.
 */
const partOf = (ticks: number, fps: number): number =>
  Math.floor(((ticks + INPUT_OFFSET_TICKS) * fps) / VIDEO_TIMESCALE);

/** The times of the pictures that are kept of some, both in the order of showing; `before` is the one kept last. */
export function keptTimes(
  shownTicks: readonly number[],
  fps: number | undefined,
  before: number | undefined,
): number[] {
  if (fps === undefined) return [...shownTicks];
  const kept: number[] = [];
  let last = before;
  for (const ticks of shownTicks) {
    if (last !== undefined && partOf(ticks, fps) <= partOf(last, fps)) continue;
    kept.push(ticks);
    last = ticks;
  }
  return kept;
}

/** The same as an expression of ffmpeg's filter `select`. */
export const selectText = (fps: number): string => {
  const part = (name: string): string => `floor(${name}*${fps}/${VIDEO_TIMESCALE})`;
  return `isnan(prev_selected_pts)+gt(${part("pts")}\\,${part("prev_selected_pts")})`;
};
