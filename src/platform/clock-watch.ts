import type { Clock } from "./clock.ts";

/** The wall clock and the monotonic one, read together, in milliseconds. */
export type ClockReading = { nowMs: number; monotonicMs: number };

/** A difference between the two clocks' progress over this is a step, not slewing or a slow read. */
export const MIN_STEP_MS = 2000;

export const readClock = (clock: Clock): ClockReading => ({
  nowMs: clock.nowMs(),
  monotonicMs: clock.monotonicMs(),
});

/**
 * By how many milliseconds the wall clock was set between two readings: positive when it was set forward, 0 for
 * less than two seconds. Readings a second apart tell a step from slewing, which is 0.5 ms a second at most.
 */
export function clockStepMs(before: ClockReading, after: ClockReading): number {
  const stepMs = after.nowMs - before.nowMs - (after.monotonicMs - before.monotonicMs);
  return Math.abs(stepMs) > MIN_STEP_MS ? stepMs : 0;
}
