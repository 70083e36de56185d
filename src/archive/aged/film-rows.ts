import type { IndexDatabase } from "../../db/index/index-database.ts";
import type { RecordingRow } from "../../db/index/rows.ts";
import { roundedSeconds } from "../../media/m3u8.ts";
import { outlineOf } from "../../media/segment-outline.ts";
import { rowsOfJournal, type RecordingRows } from "../journal/journal-rows.ts";
import { toGarbage } from "../keep/garbage.ts";
import type { FilmJournal } from "./film-journal.ts";

/** All rows of a film that lies at `path` below a root. */
export const rowsOfFilm = (
  { film, parts }: FilmJournal,
  { root, path }: { root: string; path: string },
): RecordingRows[] => parts.map((part) => rowsOfJournal(part, { root, path, mediaBytes: film.sizeBytes }));

/**
 * Puts the rows of a film in the place of what it was made from, which stays readable as garbage. To be called within a
 * transaction. Counters stay: nothing new was captured.
 */
export function takePlace(
  index: IndexDatabase,
  rows: readonly RecordingRows[],
  originals: readonly RecordingRow[],
  nowMs: number,
): void {
  toGarbage(index, originals, nowMs);
  for (const { run, recording, segments, gaps } of rows) {
    if (index.run(run.id)) {
      const { endMs, endReason, endDetail } = run;
      index.updateRun(run.id, { endMs, endReason, endDetail });
    } else index.insertRun(run);
    index.insertRecording(recording, segments);
    for (const gap of gaps) index.insertGap(gap);
    index.raiseTargetDuration(recording.channel, roundedSeconds(outlineOf(segments)?.longestTicks ?? 0));
  }
}
