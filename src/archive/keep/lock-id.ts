import { createHash } from "node:crypto";
import type { LockSpan } from "./lock-file.ts";

/** Hex digits of an id: 48 bits, for the few locks that a channel has. */
const ID_DIGITS = 12;

/**
 * What names a lock within its channel. A lock lies in the files of all recordings that it covers: who made it, when and
 * why is the same in each. One that was made by hand says none of that, and is of its recording alone.
 */
export function lockId(
  { who, why, sinceMs }: Pick<LockSpan, "who" | "why" | "sinceMs">,
  recording: string,
): string {
  const said = sinceMs > 0 ? [sinceMs, who, why] : [recording, who, why];
  return createHash("sha256").update(JSON.stringify(said)).digest("hex").slice(0, ID_DIGITS);
}
