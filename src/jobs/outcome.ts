import type { JobChange } from "../db/state/job-table.ts";
import { errorText, NightjarError } from "../platform/errors.ts";
import { redactUrls } from "../platform/log.ts";
import { waitAfterMs } from "./retries.ts";
import type { RunningJob } from "./running-job.ts";

const MAX_REASON_CHARACTERS = 2000;

/** Why a job that somebody cancelled ends. */
export class Cancelled extends Error {
  constructor() {
    super("The job was cancelled");
  }
}

/** A reason for people: one text, without credentials and of bounded length. */
export function reasonOf(error: unknown): string {
  const details = error instanceof NightjarError ? error.details : [];
  return redactUrls([errorText(error), ...details].join("\n")).slice(0, MAX_REASON_CHARACTERS);
}

/**
 * What becomes of a job that ended with an error: cancelled, failed, or queued for another attempt.
 * @param attempt how often it was begun since it last got further
 */
export function afterError(
  error: unknown,
  { job, attempt, nowMs }: { job: RunningJob; attempt: number; nowMs: number },
): JobChange {
  const progress = job.share;
  if (job.signal.reason instanceof Cancelled) {
    return { state: "cancelled", progress, note: "", error: null, endedMs: nowMs };
  }
  const reason = reasonOf(error);
  const later = error instanceof NightjarError && error.kind === "unavailable" ? error : undefined;
  const waitMs = later && waitAfterMs(attempt);
  if (waitMs === undefined) {
    return { state: "failed", progress, note: job.doing, error: reason, endedMs: nowMs };
  }
  const askedMs = (later?.retryAfterSeconds ?? 0) * 1000;
  const notBeforeMs = nowMs + Math.max(waitMs, askedMs);
  return { state: "queued", progress, note: "", error: reason, notBeforeMs };
}
