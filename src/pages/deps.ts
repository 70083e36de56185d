import type { FootageHistory } from "../archive/footage-history.ts";
import type { Footage } from "../archive/footage.ts";
import type { StorageUse } from "../archive/storage-use.ts";
import type { StatusReader } from "../status/status.ts";
import type { SiteOf } from "./site.ts";

/** What pages need of the rest of the program. */
export type PagesDeps = {
  status: StatusReader;
  footage: Footage;
  history: FootageHistory;
  /** Roots, limits and bounds of the storage. */
  storageUse: () => StorageUse;
  site: SiteOf;
  publicUrl?: string | undefined;
  /** The configuration's file, as the person who starts Nightjar knows it. */
  configFile: string;
};
