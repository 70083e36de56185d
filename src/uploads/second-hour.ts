import { type MediaFacts, TS_CLOCK_TICKS } from "../media/media-facts.ts";

/** A file whose wall time is beyond doubt, with its time on the source's own clock. */
export type ClockAnchor = Pick<MediaFacts, "sourceTicks"> & { startMs: number; isTs: boolean };

/** Wall time and a source's clock may drift apart by so much within hours, in ms. */
const DRIFT_MS = 60_000;
/** Two anchors that are nearer can't show whether the source's clock runs on from file to file, in ms. */
const APART_MS = 120_000;
/** A file that arrives so soon after it ended is sent live, in ms. */
const LIVE_MS = 600_000;

/** How far apart a source's clock and wall time go between two files, in ms. */
function strayMs(from: ClockAnchor, to: ClockAnchor): number {
  const apart = to.sourceTicks - from.sourceTicks - (to.startMs - from.startMs) * 90;
  if (!from.isTs || !to.isTs) return Math.abs(apart) / 90;
  const around = ((apart % TS_CLOCK_TICKS) + TS_CLOCK_TICKS) % TS_CLOCK_TICKS;
  return Math.min(around, TS_CLOCK_TICKS - around) / 90;
}

/** Whether a source's clock is seen to run on from file to file, and not to begin anew with each. */
const runsOn = (anchor: ClockAnchor, anchors: readonly ClockAnchor[]): boolean =>
  anchors.some(
    (other) => Math.abs(other.startMs - anchor.startMs) >= APART_MS && strayMs(anchor, other) < DRIFT_MS,
  );

/**
 * Which of the two instants a file of the repeated hour is of, by the source's clock; `undefined` when that says
 * neither or both.
 */
export function byMediaClock(
  two: readonly [number, number],
  file: { sourceTicks: number; isTs: boolean },
  anchors: readonly ClockAnchor[],
): number | undefined {
  const trusted = anchors.filter((anchor) => runsOn(anchor, anchors));
  const fitting = two.filter((startMs) =>
    trusted.some((anchor) => strayMs(anchor, { ...file, startMs }) < DRIFT_MS),
  );
  return fitting.length === 1 ? fitting[0] : undefined;
}

/**
 * The same by the time of arrival: nothing arrives before it began, and what comes right after the second hour's end
 * is of the second. What comes later and finds its name taken is of the second, too.
 */
export function byArrival(
  [first, second]: readonly [number, number],
  { arrivedMs, durationMs, isFirstTaken }: { arrivedMs: number; durationMs: number; isFirstTaken: boolean },
): number {
  if (arrivedMs < second) return first;
  return isFirstTaken || arrivedMs - second - durationMs < LIVE_MS ? second : first;
}
