import type { JobRow } from "../db/state/job-table.ts";
import { MOST_WAIT_MS } from "./retries.ts";

type Waiting = Pick<JobRow, "createdMs" | "notBeforeMs" | "error">;

/**
 * Whether a queued job is not to be begun yet, for its own sake. The clock may have been ahead when it was stored, by
 * years: one that nobody told to wait doesn't, and none waits longer for its next attempt than is ever waited for one.
 */
export function waitsForItsTime({ createdMs, notBeforeMs, error }: Waiting, nowMs: number): boolean {
  if (notBeforeMs <= createdMs || notBeforeMs <= nowMs) return false;
  return error === null || notBeforeMs - nowMs <= MOST_WAIT_MS;
}
