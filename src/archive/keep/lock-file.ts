import { z } from "zod";

/** A span that is kept whatever retention says. Times in ms UTC. */
export type LockSpan = { startMs: number; endMs: number; who: string; why: string; sinceMs: number };

const lockFileSchema = z.object({
  spans: z
    .array(
      z.object({
        startMs: z.number(),
        endMs: z.number(),
        who: z.string().catch(""),
        why: z.string().catch(""),
        sinceMs: z.number().catch(0),
      }),
    )
    .min(1),
});

/** A lock file larger than this was not written by Nightjar; it locks all the same. */
export const MAX_LOCK_FILE_BYTES = 1 << 20;

/** What is written into a lock file. */
export const lockFileText = (spans: readonly LockSpan[]): string =>
  `${JSON.stringify({ spans }, undefined, 2)}\n`;

/**
 * The spans of a lock file. One that is empty, or made by hand, or damaged, locks the whole recording: when in
 * doubt, footage stays.
 */
export function parseLockFile(text: string, recording: { startMs: number; endMs: number }): LockSpan[] {
  try {
    return lockFileSchema.parse(JSON.parse(text)).spans;
  } catch {
    const { startMs, endMs } = recording;
    return [{ startMs, endMs, who: "", why: text.trim().slice(0, 200), sinceMs: 0 }];
  }
}
