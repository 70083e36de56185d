import { join } from "node:path";
import type { IndexDatabase } from "../../db/index/index-database.ts";
import { FILES_EXTENSION } from "../../db/index/rows.ts";
import { NightjarError } from "../../platform/errors.ts";
import type { Files } from "../../platform/files.ts";
import { fileTimeOf, localDateOf } from "../../platform/zone.ts";
import { journalPathOf } from "./recording-paths.ts";

const MAX_SAME_NAME = 1000;
/** Of media files, and of recordings whose segments are files. */
const MEDIA_EXTENSIONS = [".mp4", ".ts", FILES_EXTENSION];

/**
 * Path below the root of a recording's media file: `<channel>/<YYYY-MM-DD>/<HH-MM-SS±hhmm>[-n]<extension>`, local
 * time at its birth. Neither the index nor the disk has it yet, nor one that differs in its extension alone: they would
 * share a journal.
 */
export async function freeName(
  files: Files,
  index: IndexDatabase,
  root: { id: string; path: string },
  birth: { channel: string; startMs: number; zone: string; extension: string },
): Promise<string> {
  const extensions = [...new Set([...MEDIA_EXTENSIONS, birth.extension])];
  const folder = `${birth.channel}/${localDateOf(birth.startMs, birth.zone)}`;
  const time = fileTimeOf(birth.startMs, birth.zone);
  for (let n = 1; n <= MAX_SAME_NAME; n += 1) {
    const stem = `${folder}/${time}${n === 1 ? "" : `-${n}`}`;
    const names = extensions.map((extension) => `${stem}${extension}`);
    if (names.some((name) => index.rowAt(root.id, name))) continue;
    const path = `${stem}${birth.extension}`;
    const beside = [journalPathOf(path), ...names].map((name) => files.stat(join(root.path, name)));
    if ((await Promise.all(beside)).every((stat) => stat === undefined)) return path;
  }
  throw new NightjarError("internal", `${folder}: ${MAX_SAME_NAME} recordings have the name ${time}`);
}
