import { join } from "node:path";
import type { IndexDatabase } from "../../db/index/index-database.ts";
import { NightjarError } from "../../platform/errors.ts";
import type { Files } from "../../platform/files.ts";
import { fileTimeOf, localDateOf } from "../../platform/zone.ts";
import { journalPathOf } from "./recording-paths.ts";

const MAX_SAME_NAME = 1000;

/**
 * Path below the root of a recording's media file: `<channel>/<YYYY-MM-DD>/<HH-MM-SS±hhmm>[-n].mp4`, local time at
 * its birth. Neither the index nor the disk has it yet, nor a journal beside it.
 */
export async function freeName(
  files: Files,
  index: IndexDatabase,
  root: { id: string; path: string },
  birth: { channel: string; startMs: number; zone: string },
): Promise<string> {
  const folder = `${birth.channel}/${localDateOf(birth.startMs, birth.zone)}`;
  const time = fileTimeOf(birth.startMs, birth.zone);
  for (let n = 1; n <= MAX_SAME_NAME; n += 1) {
    const path = `${folder}/${time}${n === 1 ? "" : `-${n}`}.mp4`;
    if (index.rowAt(root.id, path)) continue;
    const absolute = join(root.path, path);
    const found = await Promise.all([files.stat(absolute), files.stat(journalPathOf(absolute))]);
    if (found.every((stat) => stat === undefined)) return path;
  }
  throw new NightjarError("internal", `${folder}: ${MAX_SAME_NAME} recordings have the name ${time}`);
}
