import { stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import type { ConvertedFile } from "../../views/day-links.tsx";
import type { Footage } from "../archive/footage.ts";
import { hasOwnFiles, type Recording } from "../db/index/rows.ts";
import type { LocalDate } from "../platform/zone.ts";
import type { Span } from "../status/coverage.ts";

const FORM = /^video(-\d+)?\.mp4$/;
/** What is put behind a film's name. */
export const CHECKSUM = ".sha512sum";

/** The film that a recording is part of, by its absolute path. */
function filmOf(footage: Pick<Footage, "mediaPath" | "run">, recording: Recording): string | undefined {
  // Only of whole MP4 files is it worth to look at a segment.
  if (hasOwnFiles(recording) && footage.run(recording.run)?.format !== "mp4") return undefined;
  const path = footage.mediaPath(recording, hasOwnFiles(recording) ? recording.segments[0] : undefined);
  return path !== undefined && FORM.test(basename(path)) ? path : undefined;
}

const isFile = async (path: string): Promise<boolean> => {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
};

/** Whether a recording lies in the folder of another date. */
function isOfOtherDate(path: string, date: LocalDate): boolean {
  const folder = basename(dirname(path));
  return /^\d{4}-\d{2}-\d{2}$/.test(folder) && folder !== date;
}

/**
 * The films that a day of a channel was converted to, by their names, in their order (`video.mp4`,
 * `video-2.mp4`, …, `video-10.mp4`: the shorter name first); most days have none. One whose last pictures reach
 * over midnight is of the day before, where its address is.
 */
export async function convertedFiles(
  footage: Pick<Footage, "recordings" | "mediaPath" | "run">,
  channel: string,
  day: Span & { date: LocalDate },
): Promise<ConvertedFile[]> {
  const recordings = footage
    .recordings(channel, day.startMs, day.endMs)
    .filter(({ path }) => !isOfOtherDate(path, day.date));
  const films = new Set(recordings.flatMap((recording) => filmOf(footage, recording) ?? []));
  const found = [...films].map(async (path) => ({
    name: basename(path),
    hasChecksum: await isFile(path + CHECKSUM),
  }));
  return (await Promise.all(found)).sort(
    (a, b) => a.name.length - b.name.length || (a.name < b.name ? -1 : 1),
  );
}
