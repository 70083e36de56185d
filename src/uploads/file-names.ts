/** How segment files are called: `video_HHMMSS.ts` or `.mp4`, and `<file>.duration` beside it. */

export type MediaExtension = "ts" | "mp4";

/** The name of a segment file, read. */
export type MediaName = {
  /** HHMMSS, a time of day that exists on some day. */
  time: string;
  /** UTC offset, `+0100`: which one is meant of two hours that are called the same. */
  offset?: string;
  extension: MediaExtension;
};

const FORM = /^video_([01]\d|2[0-3])([0-5]\d)([0-5]\d)([+-]\d{4})?\.(ts|mp4)(\.duration)?$/i;

/** What a name has to be, for messages. */
export const nameWanted =
  "video_HHMMSS.ts or .mp4 with the time of day it begins at, or that name with .duration";

/** A name of a segment file or of a sidecar, whatever its case; `undefined` for any other. */
export function parseName(text: string): { media: MediaName; isSidecar: boolean } | undefined {
  const [, hour, minute, second, offset, extension, sidecar] = FORM.exec(text) ?? [];
  if (hour === undefined || minute === undefined || second === undefined) return undefined;
  const media: MediaName = {
    time: hour + minute + second,
    ...(offset === undefined ? {} : { offset }),
    extension: extension?.toLowerCase() === "mp4" ? "mp4" : "ts",
  };
  return { media, isSidecar: sidecar !== undefined };
}

/** The one way in which a segment file's name is written. */
export const nameText = ({ time, offset, extension }: MediaName): string =>
  `video_${time}${offset ?? ""}.${extension}`;

export { SIDECAR } from "../archive/files/file-paths.ts";

/** A local date, `YYYY-MM-DD`, from one with or without padding; `undefined` when there is no such day. */
export function parseDate(text: string): string | undefined {
  const [, year, month, day] = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text) ?? [];
  if (year === undefined) return undefined;
  try {
    const parts = { year: Number(year), month: Number(month), day: Number(day) };
    return Temporal.PlainDate.from(parts, { overflow: "reject" }).toString();
  } catch {
    return undefined;
  }
}

/** Whether a folder is called by a date in the form that is written here. */
export const isDateFolder = (name: string): boolean => parseDate(name) === name;

/** Whether an address is that of a day's folder, by its form alone. */
export const isDayPath = (pathname: string): boolean =>
  /^\/(?:[^/]+\/)?\d{4}-\d{1,2}-\d{1,2}\/?$/.test(pathname);

/** Whether an address is one that segment files are sent to, by its form alone. */
export const isUploadPath = (pathname: string): boolean =>
  /^\/(?:[^/]+\/)?\d{4}-\d{1,2}-\d{1,2}\/[^/]+\/?$/.test(pathname);
