import { isAbsolute, join } from "node:path";
import { FILES_EXTENSION, type RecordingRow } from "../../db/index/rows.ts";
import type { Segment } from "../../media/segment-list.ts";
import { NightjarError } from "../../platform/errors.ts";
import { fileTimeOf } from "../../platform/zone.ts";
import { journalPathOf } from "../write/recording-paths.ts";
import type { WriteContext } from "../write/write-context.ts";

/** Behind the name of a segment's file: a file that says how long it lasts, which goes with it. */
export const SIDECAR = ".duration";

const MAX_SAME_NAME = 1000;
const HOUR_MS = 3_600_000;
/** Extensions of all that would share a journal's name. */
const EXTENSIONS = [FILES_EXTENSION, ".mp4", ".ts"];

/** Whether a segment's file lies in a watched folder: by its absolute path. */
export const isForeignFile = (name: string): boolean => isAbsolute(name);

/** Whether the files of a recording lie in a watched folder, which is not ours. */
export const hasForeignFiles = (segments: readonly Pick<Segment, "file">[]): boolean =>
  segments.some(({ file }) => file !== undefined && isForeignFile(file.name));

/** The folder date of a recording of files. */
export const dateOfPath = ({ path }: Pick<RecordingRow, "path">): string => path.split("/").at(-2) ?? "";

/**
 * A path below the root for an hour of files, `<channel>/<date>/<HH-MM-SS±hhmm>[-n].files`, that neither the index nor
 * the disk nor `isTaken` knows.
 */
export async function freeFilesPath(
  { files, index }: Pick<WriteContext, "files" | "index">,
  root: { id: string; path: string },
  hour: { channel: string; date: string; hourEndMs: number; zone: string },
  isTaken: (path: string) => boolean,
): Promise<string> {
  const time = fileTimeOf(hour.hourEndMs - HOUR_MS, hour.zone);
  for (let n = 1; n <= MAX_SAME_NAME; n += 1) {
    const stem = `${hour.channel}/${hour.date}/${time}${n === 1 ? "" : `-${n}`}`;
    const path = `${stem}${FILES_EXTENSION}`;
    if (isTaken(path) || EXTENSIONS.some((extension) => index.rowAt(root.id, stem + extension))) continue;
    if ((await files.stat(journalPathOf(join(root.path, path)))) === undefined) return path;
  }
  throw new NightjarError(
    "internal",
    `${hour.channel}/${hour.date}: ${MAX_SAME_NAME} recordings have the name ${time}`,
  );
}
