import { shareBytes, type Share } from "../config/size.ts";
import type { IndexDatabase } from "../db/index/index-database.ts";
import type { KeepLimits, StateDatabase } from "../db/state/state-database.ts";
import type { ForeignUse } from "./files/foreign-use.ts";
import type { KnownRoots } from "./roots/roots.ts";
import type { ArchiveChannel } from "./settings.ts";

/** A storage root that this archive knows. */
export type RootUse = {
  path: string;
  isThere: boolean;
  /** New footage goes there. */
  isCurrent: boolean;
  /** Closed footage on it. */
  sizeBytes: number;
  /** Timelapses, moments and clips on it. */
  clipBytes: number;
};

/** Where footage lies, and by which limits it goes. */
export type StorageUse = {
  roots: RootUse[];
  /** Limits of all channels, retired ones as well, by id. */
  keep: ReadonlyMap<string, KeepLimits>;
  /** What stays free on the current root's disk; `undefined` while that is not known. */
  minFreeBytes: number | undefined;
  /** Bytes of recordings that locks hold. */
  lockedBytes: number;
  /** Closed footage that lies in folders of others, as of watched ones: it takes no room of the roots. */
  elsewhereBytes: number;
};

export type StorageUseDeps = {
  index: IndexDatabase;
  foreign: Pick<ForeignUse, "measure">;
  state: Pick<StateDatabase, "clips">;
  roots: KnownRoots;
  channels: () => readonly ArchiveChannel[];
  minFree: Share;
  totalBytes: () => number | undefined;
};

export function storageUse(deps: StorageUseDeps): StorageUse {
  const { index, state, roots, channels, minFree, totalBytes } = deps;
  const foreign = deps.foreign.measure();
  const current = roots.storageThere()?.id;
  const sizes = new Map<string, number>();
  for (const { root, sizeBytes } of index.sizes()) sizes.set(root, (sizes.get(root) ?? 0) + sizeBytes);
  const clipSizes = new Map<string, number>();
  for (const { root, sizeBytes } of state.clips.sizes())
    clipSizes.set(root, (clipSizes.get(root) ?? 0) + sizeBytes);
  const diskBytes = totalBytes();
  const locked = index.lockedIds();
  return {
    roots: index.roots().map(({ id, path }) => ({
      path: roots.pathOf(id) ?? path,
      isThere: roots.pathOf(id) !== undefined,
      isCurrent: id === current,
      sizeBytes: (sizes.get(id) ?? 0) - (foreign.bytes.get(id) ?? 0),
      clipBytes: clipSizes.get(id) ?? 0,
    })),
    keep: new Map(channels().map(({ id, keep }) => [id, keep])),
    minFreeBytes: diskBytes === undefined ? undefined : shareBytes(minFree, diskBytes),
    lockedBytes: index.sizeOf([...locked].filter((id) => !foreign.ids.has(id))),
    elsewhereBytes: [...foreign.bytes.values()].reduce((sum, bytes) => sum + bytes, 0),
  };
}
