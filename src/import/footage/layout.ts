import { basename, join } from "node:path";
import { idKey } from "../../config/channel-id.ts";
import type { Files } from "../../platform/files.ts";
import { isDateFolder, parseName, SIDECAR } from "../../uploads/file-names.ts";
import { type ClipFile, clipsIn, clipKindOf } from "./clips.ts";

/** Something that stays where it is without being adopted, and why. */
export type LeftFile = { path: string; why: string };

/** What lies in the folder of one channel, as one of the earlier tools laid it out. */
export type ArchiveFolder = {
  path: string;
  /** Dates of folders `YYYY-MM-DD`, in order. */
  dates: readonly string[];
  /** Names of `.ts` files right in the folder, as HLS PVR keeps them, in order. */
  chunks: readonly string[];
  clips: readonly ClipFile[];
  left: readonly LeftFile[];
};

const WEEKDAYS = "streams by the day of the week say no date, and their tool deletes them within a week";

const isEmpty = ({ dates, chunks, clips, left }: ArchiveFolder): boolean =>
  dates.length + chunks.length + clips.length + left.length === 0;

/** Looks at one folder, as far as names go. Throws errors of the disk. */
export async function lookInto(files: Files, path: string): Promise<ArchiveFolder> {
  const dates: string[] = [];
  const chunks: string[] = [];
  const clips: ClipFile[] = [];
  const left: LeftFile[] = [];
  for (const { name, kind } of (await files.list(path)) ?? []) {
    const clipKind = clipKindOf(name);
    if (kind === "folder") {
      if (isDateFolder(name)) dates.push(name);
      else if (clipKind !== undefined) {
        const found = await clipsIn(files, join(path, name), clipKind);
        clips.push(...found.clips);
        left.push(...found.left);
      } else if (name === "days") left.push({ path: join(path, name), why: WEEKDAYS });
    } else if (kind === "file" && /\.ts$/i.test(name) && !name.startsWith(".")) chunks.push(name);
  }
  return { path, dates: dates.sort(), chunks: chunks.sort(), clips, left };
}

/**
 * The channels' folders of an archive: the folder itself when it is one channel's, else those below it in which there is
 * something. Throws errors of the disk.
 */
export async function archiveFolders(files: Files, path: string): Promise<ArchiveFolder[]> {
  const own = await lookInto(files, path);
  if (!isEmpty(own)) return [own];
  const below = ((await files.list(path)) ?? []).filter(
    ({ kind, name }) => kind === "folder" && !name.startsWith("."),
  );
  const found: ArchiveFolder[] = [];
  for (const { name } of below.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const folder = await lookInto(files, join(path, name));
    if (!isEmpty(folder)) found.push(folder);
  }
  return found;
}

/** The configured channel that a folder is called by, compared without case. */
export const channelOfFolder = (path: string, ids: Iterable<string>): string | undefined =>
  [...ids].find((id) => idKey(id) === idKey(basename(path)));

/** What lies in a folder of a date. */
export type DateFolder = {
  /** Segment files, in order. */
  segments: readonly string[];
  /** The day in one file, as its tool converted it. */
  converted: readonly string[];
  left: readonly LeftFile[];
};

const CONVERTED = /^video(-\d+)?\.mp4$/i;
/** Parts of a day in order: `video.mp4`, `video-2.mp4`, `video-10.mp4`. */
const byNumber = (a: string, b: string): number => numberOf(a) - numberOf(b);
const numberOf = (name: string): number => Number(CONVERTED.exec(name)?.[1]?.slice(1) ?? 1);
const ACCOMPANYING = new RegExp(`(\\.sha512sum|\\${SIDECAR}|\\.m3u8)$`, "i");

/** Looks at the folder of a date, as far as names go. Throws errors of the disk. */
export async function lookIntoDate(files: Files, path: string): Promise<DateFolder> {
  const segments: string[] = [];
  const converted: string[] = [];
  const left: LeftFile[] = [];
  for (const { name, kind } of (await files.list(path)) ?? []) {
    if (kind !== "file" || name.startsWith(".") || ACCOMPANYING.test(name)) continue;
    if (CONVERTED.test(name)) converted.push(name);
    else if (parseName(name) !== undefined) segments.push(name);
    else
      left.push({
        path: join(path, name),
        why: "its name is not video_HHMMSS.ts, video_HHMMSS.mp4 or video.mp4",
      });
  }
  if (segments.length === 0) return { segments, converted: converted.sort(byNumber), left };
  // Its tool writes the day anew and deletes the segments only then.
  const why = "its segments are still there, and show the same";
  return {
    segments: segments.sort(),
    converted: [],
    left: [...left, ...converted.map((name) => ({ path: join(path, name), why }))],
  };
}
