import { dirname, join } from "node:path";
import type { RunRow } from "../../db/index/rows.ts";
import { errorText } from "../../platform/errors.ts";
import { logOf } from "../../platform/log.ts";
import { higherCounter, sequenceAfterFiles } from "../journal/journal-rows.ts";
import { journalPathOf } from "../write/recording-paths.ts";
import type { WriteContext } from "../write/write-context.ts";
import { filesJournal, type FileSnapshot } from "./file-recording.ts";

const log = logOf("archive");

/** A changed recording and its run. */
export type ChangedFiles = { snapshot: FileSnapshot; run: RunRow };

/** Puts the journal of a recording in its place, durably. `false` when it can't be written now. */
export async function writeFilesJournal(
  { files, figures, roots }: WriteContext,
  { snapshot, run }: ChangedFiles,
): Promise<boolean> {
  const { root, path } = snapshot.recording;
  const rootPath = roots.pathOf(root);
  if (rootPath === undefined) return false;
  const journalPath = journalPathOf(join(rootPath, path));
  try {
    for (const made of await files.makeFolder(dirname(journalPath))) await files.syncFolder(dirname(made));
    const bytes = new TextEncoder().encode(filesJournal(snapshot, run));
    await files.writeWhole(journalPath, bytes);
    figures.syncs += 2;
    figures.bytesWritten += bytes.length;
    return true;
  } catch (error) {
    log.error("{path} could not be written, and is tried again: {text}", {
      path: journalPath,
      text: errorText(error),
    });
    return false;
  }
}

/** Tells the index of recordings whose journals are durable, and of those that are empty now. In a transaction. */
export function storeFilesRows({ index, clock }: WriteContext, changed: readonly ChangedFiles[]): void {
  for (const { snapshot, run } of changed) {
    const { recording, files, gaps } = snapshot;
    const { segments, outline: _outline, ...row } = recording;
    if (files.length === 0) {
      if (!index.recording(row.id)) continue;
      index.updateRecording(row.id, { state: "garbage", garbageMs: clock.nowMs() });
      index.replaceGaps(row.id, []);
      index.replaceLocks(row.id, []);
      continue;
    }
    if (!index.run(run.id)) index.insertRun(run);
    index.putRecording(row, segments);
    index.replaceGaps(row.id, gaps);
    const counter = index.counter(row.channel);
    const after = higherCounter(counter, {
      channel: row.channel,
      nextMediaSequence: sequenceAfterFiles(row.firstMediaSequence, segments),
      discontinuitySequence: row.discontinuitySequence,
      timeline: run.timeline,
      nextTicks: counter?.nextTicks ?? 0,
      newestEndMs: row.endMs,
    });
    const isNew = JSON.stringify(after) !== JSON.stringify(counter);
    if (isNew) index.setCounter(after);
  }
}

/** A recording whose last file is gone: its journal goes, then its row. */
export async function dropEmptyRecording(
  { files, index, roots }: WriteContext,
  { snapshot }: ChangedFiles,
): Promise<void> {
  const { id, root, path } = snapshot.recording;
  const rootPath = roots.pathOf(root);
  if (rootPath === undefined) return;
  const journalPath = journalPathOf(join(rootPath, path));
  try {
    if (await files.stat(journalPath)) {
      await files.unlink(journalPath);
      await files.syncFolder(dirname(journalPath));
    }
    index.transaction(() => index.deleteRecording(id));
  } catch (error) {
    log.warn("{path} could not be removed: {text}", { path: journalPath, text: errorText(error) });
  }
}
