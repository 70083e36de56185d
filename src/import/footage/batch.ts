import type { FootageAdoption } from "../../archive/files/adopt.ts";
import { errorText, NightjarError, systemErrorCode } from "../../platform/errors.ts";
import type { Files } from "../../platform/files.ts";
import type { LeftFile } from "./layout.ts";

/** Why footage is left that would be forgotten at the next start. */
export const TOO_OLD = "it is older than the channel's keep allows";

/** A file that was changed this recently may still grow, in ms. */
const GROWING_MS = 60_000;

/** What looking through one folder of a channel needs. */
export type FolderContext = {
  files: Files;
  channel: { id: string; zone: string };
  /** Files that were adopted before, in `[fromMs, toMs)` (ms UTC), by their absolute paths, with their times. */
  known: (fromMs: number, toMs: number) => ReadonlyMap<string, number>;
  /** What ends before this (ms UTC) is too old for the channel; -Infinity without a limit of age. */
  keptFromMs: number;
  /** Takes files in the order of their times; `undefined` when nothing is written. */
  adoption: FootageAdoption | undefined;
  /** The channel takes the segments of dates out of this folder itself. */
  isWatched?: boolean;
};

/** What came of a part of an archive. */
export type Batch = {
  taken: number;
  /** Adopted before. */
  there: number;
  /** Length of what was taken. */
  durationMs: number;
  left: LeftFile[];
  /** How many of those left are footage that could not be taken. */
  failed: number;
  /** Of some the names do not say when they begin. */
  hasGuessedTimes: boolean;
};

export const emptyBatch = (): Batch => ({
  taken: 0,
  there: 0,
  durationMs: 0,
  left: [],
  failed: 0,
  hasGuessedTimes: false,
});

/** Size and time of a file that is whole, or why it is not taken. Throws errors of the disk. */
export async function stateOf(
  files: Files,
  path: string,
  nowMs = Date.now(),
): Promise<{ sizeBytes: number; mtimeMs: number } | { why: string }> {
  const stat = await files.stat(path);
  if (stat?.kind !== "file") return { why: "it is gone" };
  if (Math.abs(nowMs - stat.modifiedMs) < GROWING_MS) {
    return { why: "it was changed within the last minute and may still grow; run this again" };
  }
  return { sizeBytes: stat.sizeBytes, mtimeMs: Math.floor(stat.modifiedMs) };
}

/** A file that can't be read, or is no media, is left; anything else that goes wrong ends the import. */
export const unreadable =
  (path: string) =>
  (error: unknown): LeftFile => {
    if (error instanceof NightjarError && error.kind === "unprocessable") return { path, why: error.message };
    if (systemErrorCode(error) === undefined) throw error;
    return { path, why: `it can't be read: ${errorText(error)}` };
  };
