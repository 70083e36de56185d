import { lockId } from "../archive/keep/lock-id.ts";
import type { LockRow } from "../db/index/rows.ts";

/** A locked span as somebody asked for it, whatever files it lies in. Times in ms UTC. */
export type ShownLock = Pick<LockRow, "startMs" | "endMs" | "who" | "why" | "sinceMs"> & {
  /** Names it within its channel. */
  id: string;
};

/** The locks of a channel, the newest span first: the rows of one lock, one for each file, together. */
export function shownLocks(rows: readonly LockRow[]): ShownLock[] {
  const groups = Map.groupBy(rows, (row) => lockId(row, row.recording));
  return [...groups]
    .map(([id, group]): ShownLock => {
      const { who, why, sinceMs } = group[0]!;
      const startMs = Math.min(...group.map((row) => row.startMs));
      return { id, who, why, sinceMs, startMs, endMs: Math.max(...group.map((row) => row.endMs)) };
    })
    .sort((a, b) => b.startMs - a.startMs || b.sinceMs - a.sinceMs);
}
