import { lstat, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { REPLACED } from "../archive/files/replaced-files.ts";
import type { Files } from "../platform/files.ts";
import { isDateFolder, SIDECAR } from "./file-names.ts";
import { isArriving } from "./receive.ts";

/** A replaced file is kept for an hour, in ms. */
const REPLACED_MS = 3_600_000;
/** A sidecar waits so long for its file, in ms. */
const SIDECAR_MS = 7 * 86_400_000;
/** A file that is still arriving is written to at least so often, in ms. */
const STALE_MS = 600_000;
/** An empty folder of a day may be waiting for its first file, in ms. */
const EMPTY_MS = 86_400_000;

export type SweepLimits = {
  nowMs: number;
  /** Files that were arriving before this (ms UTC) belong to an earlier start. */
  startedMs: number;
  /** Room is short: what was replaced goes at once. */
  isShort: boolean;
};

/** Whether a file is a half-written sidecar of an earlier start. */
const isHalfWritten = (name: string): boolean => name.startsWith(".video_") && name.endsWith(".tmp");

/** Removes what nobody needs any more from a channel's own folder. What can't be removed stays for the next time. */
export async function sweepFolder(files: Files, root: string, limits: SweepLimits): Promise<void> {
  for (const { name: date, kind } of (await files.list(root)) ?? []) {
    if (kind !== "folder" || !isDateFolder(date)) continue;
    const folder = join(root, date);
    const entries = (await files.list(folder)) ?? [];
    const names = new Set(entries.map(({ name }) => name));
    for (const { name, kind: each } of entries) {
      if (each === "folder" && name === REPLACED) await sweepReplaced(files, join(folder, name), limits);
      if (each !== "file") continue;
      const path = join(folder, name);
      if (isArriving(name) || isHalfWritten(name)) await removeOlder(files, path, staleBefore(limits));
      const isOrphan = name.endsWith(SIDECAR) && !names.has(name.slice(0, -SIDECAR.length));
      if (isOrphan) await removeOlder(files, path, limits.nowMs - SIDECAR_MS);
    }
    if (entries.length === 0) await removeEmpty(files, folder, limits.nowMs - EMPTY_MS);
  }
}

const staleBefore = ({ nowMs, startedMs }: SweepLimits): number => Math.max(startedMs, nowMs - STALE_MS);

async function removeOlder(files: Files, path: string, beforeMs: number): Promise<void> {
  const stat = await files.stat(path);
  if (stat && stat.modifiedMs < beforeMs) await files.unlink(path).catch(() => undefined);
}

async function sweepReplaced(files: Files, folder: string, { nowMs, isShort }: SweepLimits): Promise<void> {
  const entries = (await files.list(folder)) ?? [];
  let left = entries.length;
  for (const { name } of entries) {
    const path = join(folder, name);
    // Its own time is that of its arrival; moving it here changed its inode.
    const found = await lstat(path).catch(() => undefined);
    if (!found || (!isShort && found.ctimeMs > nowMs - REPLACED_MS)) continue;
    await files.unlink(path).catch(() => undefined);
    left--;
  }
  if (left === 0) await rmdir(folder).catch(() => undefined);
}

async function removeEmpty(files: Files, folder: string, beforeMs: number): Promise<void> {
  const stat = await files.stat(folder);
  if (stat && stat.modifiedMs < beforeMs) await rmdir(folder).catch(() => undefined);
}
