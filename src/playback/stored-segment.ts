import type { Recording, RunRow } from "../db/index/rows.ts";
import type { Segment } from "../media/segment-list.ts";
import { NightjarError } from "../platform/errors.ts";

/** A segment as it lies in a file, and what is needed to serve it. */
export type StoredSegment = { recording: Recording; run: RunRow; segment: Segment };

/** What is told about a segment whose header is not one. */
export const damagedHeader = (cause: unknown): NightjarError =>
  cause instanceof NightjarError && (cause.kind === "not-found" || cause.kind === "unavailable")
    ? cause
    : new NightjarError("unavailable", "This footage is damaged: its header can't be read", { cause });
