const MINUTE_MS = 60_000;

/** Waits between attempts of a job that may succeed later; after the last one it has failed. Together nearly eight hours. */
const WAITS_MS = [1, 5, 15, 30, 60, 120, 240].map((minutes) => minutes * MINUTE_MS);

/**
 * How often a job is begun without getting further, whatever ended it: after the last wait, and also when the program
 * was ended in its course each time, as by a job that takes all memory.
 */
export const MOST_ATTEMPTS = WAITS_MS.length + 1;

/** How much further a job has to be, from 0 to 1, for its attempts to be counted anew. */
export const FURTHER_SHARE = 0.01;

/** How long to wait after this attempt, from 1; `undefined` when it was the last one. */
export const waitAfterMs = (attempt: number): number | undefined => WAITS_MS[attempt - 1];

/** Nothing waits longer than that for its next attempt: one that seems to was written while the clock was ahead. */
export const MOST_WAIT_MS = Math.max(...WAITS_MS) + MINUTE_MS;
