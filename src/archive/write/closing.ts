import { dirname } from "node:path";
import type { LockRow } from "../../db/index/rows.ts";
import { errorText } from "../../platform/errors.ts";
import { logOf } from "../../platform/log.ts";
import { inheritLocks } from "../keep/inherited-locks.ts";
import { appendToJournal } from "../journal/append-journal.ts";
import { journalEnd } from "../journal/journal.ts";
import { journalPathOf } from "./recording-paths.ts";
import type { RecordingWriter } from "./recording-writer.ts";
import type { WriteContext } from "./write-context.ts";

const log = logOf("archive");

/**
 * The run ended after its last recording had been closed: tells the journal and the row. Without the line in the
 * journal the end would only be called `interrupted` after a `reindex`, so that is tried, not forced.
 */
export async function endLate(context: WriteContext, recording: RecordingWriter): Promise<void> {
  const { end } = recording;
  if (!end) return;
  context.index.updateRun(recording.row.run, {
    endMs: recording.endMs,
    endReason: end.reason,
    endDetail: end.detail,
  });
  if (context.roots.pathOf(recording.row.root) !== undefined) await appendEnd(context, recording);
}

async function appendEnd({ files }: WriteContext, recording: RecordingWriter): Promise<void> {
  try {
    await appendToJournal(files, journalPathOf(recording.mediaPath), journalEnd(recording.end));
  } catch (error) {
    log.warn("{path}: the end of the run is not in the journal: {text}", {
      path: recording.mediaPath,
      text: errorText(error),
    });
  }
}

/** A recording in which nothing was stored: its files and its row go, and its run if it had no other. */
async function discard({ files, index }: WriteContext, recording: RecordingWriter): Promise<void> {
  const { row, mediaPath } = recording;
  try {
    for (const path of [journalPathOf(mediaPath), mediaPath])
      if (await files.stat(path)) await files.unlink(path);
    await files.syncFolder(dirname(mediaPath));
  } catch (error) {
    log.warn("{path}: an empty recording could not be removed: {text}", {
      path: mediaPath,
      text: errorText(error),
    });
  }
  index.transaction(() => {
    index.deleteRecording(row.id);
    index.deleteRun(row.run);
  });
}

/**
 * Closes recordings whose last sync is done, in one transaction: from then on the index answers for them. Those
 * without a segment are dropped.
 */
export async function closeRows(
  context: WriteContext,
  recordings: readonly RecordingWriter[],
  saveCounters: () => void,
): Promise<void> {
  if (recordings.length === 0) return;
  const { index, open } = context;
  const [whole, empty] = [
    recordings.filter((r) => r.segments.length > 0),
    recordings.filter((r) => r.segments.length === 0),
  ];
  const told = new Set<RecordingWriter>();
  const isUntold = (recording: RecordingWriter) => !recording.isEndWritten && !told.has(recording);
  // A run may end while this waits for the journal of another.
  for (let next = whole.find(isUntold); next; next = whole.find(isUntold)) {
    told.add(next);
    await appendEnd(context, next);
  }
  const locks = new Map<RecordingWriter, LockRow[]>();
  for (const recording of whole) {
    const { row, endMs, sizeBytes } = recording;
    locks.set(recording, await inheritLocks(context, { ...row, endMs, sizeBytes }));
  }
  index.transaction(() => {
    for (const recording of whole) {
      const { row, end, endMs } = recording;
      index.updateRecording(
        row.id,
        { state: "closed", startMs: row.startMs, endMs, sizeBytes: recording.sizeBytes },
        recording.segments,
      );
      const inherited = locks.get(recording) ?? [];
      if (inherited.length > 0) index.replaceLocks(row.id, inherited);
      if (end) index.updateRun(row.run, { endMs, endReason: end.reason, endDetail: end.detail });
    }
    saveCounters();
  });
  for (const recording of whole) open.delete(recording);
  for (const recording of empty) {
    await discard(context, recording);
    open.delete(recording);
  }
}
