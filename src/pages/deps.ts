import type { FootageHistory } from "../archive/footage-history.ts";
import type { Footage, FootageChannel } from "../archive/footage.ts";
import type { LockRow } from "../db/index/rows.ts";
import type { StorageUse } from "../archive/storage-use.ts";
import { channelOf } from "../playback/deps.ts";
import type { StatusReader } from "../status/status.ts";
import type { SiteOf } from "./site.ts";

/** What pages need of the rest of the program. */
export type PagesDeps = {
  status: StatusReader;
  footage: Footage;
  history: FootageHistory;
  /** Roots, limits and bounds of the storage. */
  storageUse: () => StorageUse;
  /** Locked spans of a channel, where they are known. */
  locksOf?: ((channel: string) => readonly LockRow[]) | undefined;
  site: SiteOf;
  /** Addresses of a channel's timelapses, by the local date of their day; none by default. */
  timelapses?: ((channel: string) => ReadonlyMap<string, string>) | undefined;
  publicUrl?: string | undefined;
  /** The configuration's file, as the person who starts Nightjar knows it. */
  configFile: string;
  /** Why that file was not taken up when it was read last, line by line; none when it was. */
  refusedConfig?: (() => readonly string[]) | undefined;
};

/**
 * Which channels a page can show, and the one that `channel=` chose; the only one is chosen without a word. Throws
 * `not-found`.
 */
export function channelChoice(footage: Footage, query: URLSearchParams) {
  const wanted = query.get("channel") ?? "";
  const channels = footage.channels();
  const only = channels.length === 1 ? channels[0] : undefined;
  const chosen: FootageChannel | undefined = wanted === "" ? only : channelOf(footage, wanted);
  return { channels, only, chosen };
}
