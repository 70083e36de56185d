import type { IndexDatabase } from "../../db/index/index-database.ts";
import type { RecordingRow } from "../../db/index/rows.ts";
import type { Files } from "../../platform/files.ts";
import { lockPathsOf } from "../write/recording-paths.ts";
import { MAX_LOCK_FILE_BYTES, parseLockFile, type LockSpan } from "./lock-file.ts";

/** What a lock file is beside: a recording, or one of those that share a film. */
export type Locked = Pick<RecordingRow, "id" | "channel" | "startMs" | "endMs">;

/** All names under which a lock file of a unit counts. */
export const lockPathsOfUnit = (mediaPath: string, unit: readonly Locked[]): Set<string> =>
  new Set(unit.flatMap(({ id }) => lockPathsOf(mediaPath, id)));

/**
 * The spans of all lock files beside the file of a unit, read from disk; `[]` without one.
 * Throws system errors: when it is not known whether there is a lock, nothing may be deleted.
 */
export async function readLocks(
  files: Files,
  mediaPath: string,
  unit: readonly Locked[],
): Promise<LockSpan[]> {
  const whole = {
    startMs: Math.min(...unit.map(({ startMs }) => startMs)),
    endMs: Math.max(...unit.map(({ endMs }) => endMs)),
  };
  const spans: LockSpan[] = [];
  for (const path of lockPathsOfUnit(mediaPath, unit)) {
    const found = await files.stat(path);
    if (found === undefined) continue;
    const isReadable = found.kind === "file" && found.sizeBytes <= MAX_LOCK_FILE_BYTES;
    const text = isReadable ? new TextDecoder().decode(await files.readRange(path, 0, found.sizeBytes)) : "";
    spans.push(...parseLockFile(text, whole));
  }
  return spans;
}

/** Makes the index say what the lock files of a unit do: each span stands once, with the first recording that it touches. */
export function mirrorLocks(
  index: Pick<IndexDatabase, "replaceLocks">,
  unit: readonly Locked[],
  spans: readonly LockSpan[],
): void {
  const holderOf = (span: LockSpan): Locked | undefined =>
    unit.find(({ startMs, endMs }) => startMs < span.endMs && endMs > span.startMs) ?? unit[0];
  for (const recording of unit) {
    const own = spans.filter((span) => holderOf(span) === recording);
    index.replaceLocks(
      recording.id,
      own.map((span) => ({ ...span, recording: recording.id, channel: recording.channel })),
    );
  }
}
