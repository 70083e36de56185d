import type { IndexDatabase } from "../../db/index/index-database.ts";
import { hasOwnFiles } from "../../db/index/rows.ts";
import { isForeignFile } from "./file-paths.ts";

/** What recordings of files in folders that are not ours take there, and so not of a storage that we know. */
export class ForeignUse {
  readonly #index: IndexDatabase;
  /** Whether a recording is of such files never changes. */
  #known = new Map<string, boolean>();

  constructor(index: IndexDatabase) {
    this.#index = index;
  }

  /** Their bytes by the root that their journals lie on, and their ids. */
  measure(): { bytes: ReadonlyMap<string, number>; ids: ReadonlySet<string> } {
    const known = new Map<string, boolean>();
    const bytes = new Map<string, number>();
    const ids = new Set<string>();
    for (const row of this.#index.rowsInState("closed").filter(hasOwnFiles)) {
      const { id, root, sizeBytes } = row;
      const isForeign = this.#known.get(id) ?? this.#isForeign(id);
      known.set(id, isForeign);
      if (!isForeign) continue;
      ids.add(id);
      bytes.set(root, (bytes.get(root) ?? 0) + sizeBytes);
    }
    this.#known = known;
    return { bytes, ids };
  }

  #isForeign(id: string): boolean {
    const [first] = this.#index.recording(id)?.segments ?? [];
    return first?.file !== undefined && isForeignFile(first.file.name);
  }
}
