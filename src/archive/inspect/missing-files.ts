import { dirname, join } from "node:path/posix";
import type { IndexDatabase } from "../../db/index/index-database.ts";
import { hasOwnFiles, type RecordingRow } from "../../db/index/rows.ts";
import type { Files } from "../../platform/files.ts";
import { readRootId } from "../roots/root-file.ts";
import { journalPathOf } from "../write/recording-paths.ts";

const PAGE = 500;

/**
 * The file without which a recording is gone: its media file. Where segments are files, what looks through their folder
 * tells which are missing; the recording is gone with its journal.
 */
const fileOf = (row: RecordingRow): string => (hasOwnFiles(row) ? journalPathOf(row.path) : row.path);

export type MissingReport = {
  /** Recordings that the index has forgotten: their media files are gone. */
  dropped: Pick<RecordingRow, "id" | "channel" | "path" | "startMs" | "endMs">[];
  /** Channels of which so much looks missing that it rather is a fault; nothing of them was dropped. */
  kept: { channel: string; recordings: number; missing: number }[];
};

/**
 * Drops closed recordings whose media file is gone from the index. Where more than half of a channel's files on
 * the root look missing at once, nothing of that channel is dropped. Rejects, with nothing dropped, when the root
 * goes away in the meantime or a folder can't be read.
 */
export async function dropMissing(
  deps: { index: IndexDatabase; files: Files },
  root: { id: string; path: string },
): Promise<MissingReport> {
  const { index, files } = deps;
  const channels = new Map<string, { files: Set<string>; missing: RecordingRow[] }>();
  const names = new Map<string, Set<string>>();
  const namesIn = async (folder: string): Promise<Set<string>> => {
    let known = names.get(folder);
    if (!known) {
      known = new Set(((await files.list(join(root.path, folder))) ?? []).map(({ name }) => name));
      if (names.size > PAGE) names.clear();
      names.set(folder, known);
    }
    return known;
  };
  for (let afterId = ""; ;) {
    const rows = index.rowsOfRoot(root.id, afterId, PAGE);
    for (const row of rows) {
      if (row.state !== "closed") continue;
      const of = channels.get(row.channel) ?? { files: new Set(), missing: [] };
      channels.set(row.channel, of);
      of.files.add(row.path);
      const folder = dirname(row.path);
      if (!(await namesIn(folder)).has(fileOf(row).slice(folder.length + 1))) of.missing.push(row);
    }
    if (rows.length < PAGE) break;
    afterId = rows.at(-1)!.id;
  }
  if ((await readRootId(files, root.path)) !== root.id) return { dropped: [], kept: [] };
  const report: MissingReport = { dropped: [], kept: [] };
  for (const [channel, of] of channels) {
    const { missing } = of;
    if (missing.length === 0) continue;
    // Of a film, all recordings are missing at once: it counts as the one file that it is.
    const lost = new Set(missing.map(({ path }) => path)).size;
    if (lost * 2 > of.files.size) {
      report.kept.push({ channel, recordings: of.files.size, missing: lost });
      continue;
    }
    // Made and closed or deleted since they were listed: only what is missing still counts.
    for (const row of missing) {
      const { id, path, startMs, endMs } = row;
      if (index.recording(id)?.state !== "closed" || (await files.stat(join(root.path, fileOf(row)))))
        continue;
      index.transaction(() => index.deleteRecording(id));
      report.dropped.push({ id, channel, path, startMs, endMs });
    }
  }
  return report;
}
