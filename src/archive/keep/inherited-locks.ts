import { join } from "node:path";
import type { IndexDatabase } from "../../db/index/index-database.ts";
import type { LockRow, RecordingRow } from "../../db/index/rows.ts";
import { errorText } from "../../platform/errors.ts";
import type { Files } from "../../platform/files.ts";
import { logOf } from "../../platform/log.ts";
import type { Roots } from "../roots/root.ts";
import type { ArchiveSettings } from "../settings.ts";
import { lockPathOf } from "../write/recording-paths.ts";
import { lockFileText, type LockSpan } from "./lock-file.ts";
import { lockRows } from "./locks.ts";

const log = logOf("archive");

type Deps = { files: Files; index: IndexDatabase; roots: Roots; settings: ArchiveSettings };

type NewRecording = Pick<
  RecordingRow,
  "id" | "channel" | "root" | "path" | "startMs" | "endMs" | "sizeBytes"
>;

/** The parts of a channel's locked spans that a recording lies in, which was not there when they were locked. */
function spansOver({ index, settings }: Deps, recording: NewRecording): LockSpan[] {
  const { id, channel, startMs, endMs } = recording;
  const was = settings.channels().find((each) => each.id === channel)?.was ?? [];
  const spans = new Map<string, LockSpan>();
  for (const lock of [channel, ...was].flatMap((each) => index.locks(each))) {
    // A lock file that was made by hand is of its recording alone.
    const isOver = lock.sinceMs > 0 && lock.startMs < endMs && lock.endMs > startMs;
    if (lock.recording === id || !isOver) continue;
    const { who, why, sinceMs } = lock;
    const key = JSON.stringify([who, why, sinceMs]);
    const before = spans.get(key) ?? lock;
    spans.set(key, {
      who,
      why,
      sinceMs,
      startMs: Math.max(startMs, Math.min(before.startMs, lock.startMs)),
      endMs: Math.max(before.endMs, lock.endMs),
    });
  }
  return [...spans.values()];
}

/**
 * Locks a recording that came into a locked span after the lock: that of a late file, or the next one of what goes on
 * being recorded. Writes its lock file, and answers the mirror of it for the index. To be called once, when it is about
 * to be closed; what can't be locked is said. `storage.locked_max` bounds this, too.
 */
export async function inheritLocks(context: Deps, recording: NewRecording): Promise<LockRow[]> {
  const { files, index, roots, settings } = context;
  const { id, root, path, sizeBytes } = recording;
  const rootPath = roots.pathOf(root);
  if (rootPath === undefined || index.locks(recording.channel).some((lock) => lock.recording === id))
    return [];
  const spans = spansOver(context, recording);
  if (spans.length === 0) return [];
  try {
    const boundBytes = (await settings.lockedMaxBytes?.(root)) ?? Number.POSITIVE_INFINITY;
    const locked = [...index.lockedIds()];
    const rows = locked.flatMap((each) => index.recording(each) ?? []).filter((row) => row.root === root);
    if (rows.reduce((sum, row) => sum + row.sizeBytes, sizeBytes) > boundBytes)
      throw new Error("locked footage would take more than storage.locked_max allows");
    await files.writeWhole(lockPathOf(join(rootPath, path)), new TextEncoder().encode(lockFileText(spans)));
    return lockRows(recording, spans);
  } catch (error) {
    log.error("{path} lies in a locked span and is not locked: {text}", { path, text: errorText(error) });
    return [];
  }
}
