import { dirname } from "node:path";
import type { ClipRow } from "../../db/state/clip-table.ts";
import type { StateDatabase } from "../../db/state/state-database.ts";
import { systemErrorCode } from "../../platform/errors.ts";
import type { Files } from "../../platform/files.ts";
import type { Roots } from "../roots/root.ts";
import { pathBelow } from "../write/recording-paths.ts";

export type ClipDeletionDeps = {
  files: Files;
  clips: Pick<StateDatabase["clips"], "delete">;
  roots: Pick<Roots, "pathOf">;
};

/**
 * Deletes a film that was made here: its files, the names in their folder, then its row; a power cut in between leaves a
 * row that the next start drops. Answers `false`, with nothing changed, while its storage is not there. Rejects with
 * errors of the disk.
 */
export async function deleteClip({ files, clips, roots }: ClipDeletionDeps, row: ClipRow): Promise<boolean> {
  const root = roots.pathOf(row.root);
  if (root === undefined) return false;
  for (const path of [row.path, row.gifPath].filter((each) => each !== null)) {
    const absolute = pathBelow(root, path);
    try {
      await files.unlink(absolute);
    } catch (error) {
      if (systemErrorCode(error) !== "ENOENT") throw error;
    }
    if (await files.stat(dirname(absolute))) await files.syncFolder(dirname(absolute));
  }
  clips.delete(row.id);
  return true;
}
