import { keptFromMs } from "../archive/keep/retention-plan.ts";
import type { ClipRow } from "../db/state/clip-table.ts";
import type { KeepLimits } from "../db/state/state-database.ts";

/** From when on a film counts its age: the newer of what it shows and when it was made. */
const bornMs = ({ endMs, createdMs }: ClipRow): number => Math.max(endMs, createdMs);

/**
 * Films of one kind and channel that go by their own limits: those that are too old, and then the oldest until the rest
 * is no larger than allowed. `atMs`: from when ages are counted, ms UTC.
 */
export function clipsOverLimits(
  rows: readonly ClipRow[],
  keep: KeepLimits,
  { atMs, zone }: { atMs: number; zone: string },
): ClipRow[] {
  const fromMs = keptFromMs({ keep, zone }, atMs);
  const oldestFirst = rows.toSorted((a, b) => bornMs(a) - bornMs(b) || a.id - b.id);
  let leftBytes = rows.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return oldestFirst.filter((row) => {
    const goes = bornMs(row) < fromMs || leftBytes > (keep.maxBytes ?? Infinity);
    if (goes) leftBytes -= row.sizeBytes;
    return goes;
  });
}
