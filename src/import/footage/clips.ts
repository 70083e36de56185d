import { extname, join, relative } from "node:path";
import type { AdoptedClipRow, ClipKind } from "../../db/state/adopted-clip-table.ts";
import type { Files } from "../../platform/files.ts";
import { dayStartMs } from "../../platform/zone.ts";
import type { LeftFile } from "./layout.ts";

/** A timelapse or a moment of the camera tool. */
export type ClipFile = {
  path: string;
  kind: ClipKind;
  /** `2024-06-18` or `2024-06-18T17:45:24` by its name; the newest GIF has no time but that of its file. */
  localTime: string | undefined;
};

const EXTENSIONS = [".mp4", ".gif"];
const MAX_DEPTH = 4;

/** The kind of films that a folder is called by. */
export function clipKindOf(folderName: string): ClipKind | undefined {
  if (/^timelapses?$/i.test(folderName)) return "timelapse";
  return /^moments?$/i.test(folderName) ? "moment" : undefined;
}

/** The date, and the time where there is one, that the numbers in a path say; padded or not. */
function localTimeOf(path: string, kind: ClipKind): string | undefined {
  const numbers = (path.slice(0, -extname(path).length).match(/\d+/g) ?? []).map(Number);
  const [year, month, day, hour, minute, second] = numbers;
  const wanted = kind === "timelapse" ? 3 : 6;
  if (numbers.length !== wanted || year === undefined || year < 1970) return undefined;
  try {
    const date = Temporal.PlainDate.from({ year, month: month ?? 0, day: day ?? 0 }, { overflow: "reject" });
    if (kind === "timelapse") return date.toString();
    const time = { hour: hour ?? 0, minute: minute ?? 0, second: second ?? 0 };
    return date
      .toPlainDateTime(Temporal.PlainTime.from(time, { overflow: "reject" }))
      .toString({ smallestUnit: "second" });
  } catch {
    return undefined;
  }
}

/** The films below a folder: `2024-6-18.mp4`, `2024-6-18-17-45-24.gif`, or the same numbers as folders. */
export async function clipsIn(
  files: Files,
  root: string,
  kind: ClipKind,
): Promise<{ clips: ClipFile[]; left: LeftFile[] }> {
  const clips: ClipFile[] = [];
  const left: LeftFile[] = [];
  const look = async (folder: string, depth: number): Promise<void> => {
    const entries = ((await files.list(folder)) ?? []).sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const { name, kind: entryKind } of entries) {
      const path = join(folder, name);
      if (name.startsWith(".")) continue;
      if (entryKind === "folder" && depth < MAX_DEPTH) await look(path, depth + 1);
      if (entryKind !== "file" || !EXTENSIONS.includes(extname(name).toLowerCase())) continue;
      const localTime = localTimeOf(relative(root, path), kind);
      const isNewest = kind === "moment" && name.toLowerCase() === "moment.gif";
      if (localTime !== undefined || isNewest) clips.push({ path, kind, localTime });
      else left.push({ path, why: `its name says no ${kind === "timelapse" ? "date" : "date and time"}` });
    }
  };
  await look(root, 0);
  return { clips, left };
}

/** What is written down of a film, in the zone of its channel. `undefined` when it is gone. Throws errors of the disk. */
export async function clipRow(
  files: Files,
  clip: ClipFile,
  channel: { id: string; zone: string },
): Promise<AdoptedClipRow | undefined> {
  const stat = await files.stat(clip.path);
  if (stat?.kind !== "file") return undefined;
  const { path, kind } = clip;
  const modifiedMs = Math.floor(stat.modifiedMs);
  const wall = Temporal.Instant.fromEpochMilliseconds(modifiedMs)
    .toZonedDateTimeISO(channel.zone)
    .toPlainDateTime();
  const localTime = clip.localTime ?? wall.toString({ smallestUnit: "second" });
  const startMs = localTime.includes("T")
    ? Temporal.PlainDateTime.from(localTime).toZonedDateTime(channel.zone).epochMilliseconds
    : dayStartMs(localTime, channel.zone);
  return { path, channel: channel.id, kind, startMs, localTime, sizeBytes: stat.sizeBytes, modifiedMs };
}
