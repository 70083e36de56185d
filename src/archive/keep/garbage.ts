import type { IndexDatabase } from "../../db/index/index-database.ts";
import type { RecordingRow } from "../../db/index/rows.ts";

/** Marks recordings as to be deleted, an hour after `garbageMs` (ms UTC). Within a transaction. */
export function toGarbage(
  index: Pick<IndexDatabase, "updateRecording" | "replaceGaps" | "replaceLocks">,
  rows: readonly Pick<RecordingRow, "id">[],
  garbageMs: number,
): void {
  for (const { id } of rows) {
    index.updateRecording(id, { state: "garbage", garbageMs });
    index.replaceGaps(id, []);
    index.replaceLocks(id, []);
  }
}
