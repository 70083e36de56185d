import { join } from "node:path";
import type { FileFootage } from "../archive/files/file-footage.ts";
import type { Roots } from "../archive/roots/root.ts";
import type { ChannelConfig } from "../config/config.ts";
import type { Clock } from "../platform/clock.ts";
import { NightjarError } from "../platform/errors.ts";
import type { Files } from "../platform/files.ts";
import type { DurableFolders } from "./folders.ts";
import type { NameLocks } from "./name-locks.ts";
import { QuarantineFolder } from "./quarantine.ts";

/** What receiving and finding files needs of the world. */
export type UploadDeps = {
  clock: Clock;
  files: Files;
  footage: FileFootage;
  storage: Pick<Roots, "current" | "look"> & {
    /** The storage, also while it takes no more; `undefined` while it is not there. */
    storageThere(): { path: string } | undefined;
  };
  /** Whether footage lies on another storage, too, that was written to before. */
  hasFormerStorage: () => boolean;
  /** What ends before this (ms UTC) is too old to be kept for the channel; -Infinity without a limit. */
  keptFromMs: (channel: string) => number;
};

/** One channel whose footage is files, while it is configured so. */
export type FileChannel = {
  config: () => ChannelConfig;
  /** One file of a name at a time, whoever brings it: keys are those of `lockKey`. */
  locks: NameLocks;
  folders: DurableFolders;
  /** Files that were put just now: their events tell nothing new. */
  ownNames: Set<string>;
};

/** All files that share a time of a date wait for one another: both hours of autumn, and sidecars. */
export const lockKey = (date: string, time: string): string => `${date}/${time}`;

/** Absolute path of a channel's folder on the storage. Throws `unavailable` when there is none to write to. */
export function ownFolder({ storage }: Pick<UploadDeps, "storage">, channel: string): string {
  const root = storage.current();
  if ("missing" in root)
    throw new NightjarError("unavailable", root.missing.detail || "The storage is not there");
  return join(root.path, channel);
}

/** The same for what writes nothing new: also while the storage is full. */
export function readableFolder({ storage }: Pick<UploadDeps, "storage">, channel: string): string {
  const root = storage.storageThere();
  return root ? join(root.path, channel) : ownFolder({ storage }, channel);
}

export const quarantineOf = ({ files }: UploadDeps, folders: DurableFolders, channelFolder: string) =>
  new QuarantineFolder(files, folders, channelFolder);

/** A channel is kept whole for the length of a recording: this much behind its limit, a file goes unless stored. */
const RECORDING_MS = 3_600_000;

/** Whether a file that begins then would be deleted right away: it is taken for stored, and not stored. */
export const isPastKeeping = (
  deps: Pick<UploadDeps, "keptFromMs">,
  channel: string,
  startMs: number,
): boolean => startMs + RECORDING_MS <= deps.keptFromMs(channel);

/** Whether a film of an aged day shows all the moments that a file may be of: it is taken for stored, and not stored. */
export const isInAgedSpan = (
  { footage }: Pick<UploadDeps, "footage">,
  channel: string,
  meanings: readonly { startMs: number }[],
): boolean => meanings.every(({ startMs }) => footage.isAged(channel, startMs));
