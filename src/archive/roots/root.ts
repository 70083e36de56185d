import type { RunEnd } from "../../media/reasons.ts";

/** Why a storage is not there; since when, ms UTC, unless it was away at the start already. */
export type StorageAway = { detail: string; sinceMs?: number | undefined };

/** Where footage lies. A root is a folder with an id file; another or no id there means its disk is not mounted. */
export interface Roots {
  /** The root that new footage goes to, or why there is none. */
  current(): { id: string; path: string } | { missing: RunEnd };
  /**
   * Looks at the roots now, so that what `current` says is no older than this call. Without it, a disk that was
   * unmounted a second ago would get its next file made below the bare mount point.
   */
  look(): Promise<void>;
  /** Absolute path of a root by its id; `undefined` while it is not there. */
  pathOf(rootId: string): string | undefined;
  /** What is told while the storage, or a former one that is not in the index, is not there. */
  away?(): StorageAway | undefined;
  /** Calls `listener` with a root's id whenever that root comes or goes. */
  onChange(listener: (rootId: string) => void): void;
}
