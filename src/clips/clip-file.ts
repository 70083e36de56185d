import { stat } from "node:fs/promises";
import { NightjarError, notFound } from "../platform/errors.ts";
import { mediaFileError } from "../playback/media-file.ts";
import { wantsDownload } from "../playback/playlist-answers.ts";
import { rangeAnswer } from "../playback/range-answer.ts";
import type { Clip, Clips } from "./clip.ts";

const TYPES = { mp4: "video/mp4", gif: "image/gif" } as const;

/** What a film is called when it is saved: `front-door_timelapse_2026-06-18`. */
const downloadName = ({ channel, kind, localTime }: Clip): string =>
  `${channel}_${kind}_${localTime.replace("T", "_").replaceAll(":", "-")}`;

/**
 * A film's MP4 or GIF, with Range and HEAD; with `?download=1` to be saved. Another file may take its name or its address,
 * so copies are asked about each time. Throws `not-found`; `unavailable` while its storage is not there.
 */
export async function clipFile(
  request: Request,
  clips: Clips,
  clip: Clip,
  file: keyof typeof TYPES,
): Promise<Response> {
  const path = clips.path(clip, file);
  if (path === undefined) {
    if (clip.isAdopted || (file === "gif" && !clip.hasGif))
      throw notFound(`There is no ${file.toUpperCase()} of this`);
    throw new NightjarError("unavailable", "The storage that holds this film is not there at the moment");
  }
  const found = await stat(path).catch((error: unknown) => {
    throw mediaFileError(error);
  });
  if (!found.isFile()) throw notFound("This film is no longer on the disk");
  const way = wantsDownload(new URL(request.url).searchParams) ? "attachment" : "inline";
  return rangeAnswer(request, {
    tag: `${clip.id ?? "adopted"}-${found.ino.toString(36)}-${found.size.toString(36)}-${Math.floor(found.mtimeMs).toString(36)}`,
    sizeBytes: found.size,
    headers: new Headers({
      "content-type": TYPES[file],
      "content-disposition": `${way}; filename="${downloadName(clip)}.${file}"`,
      "last-modified": found.mtime.toUTCString(),
      "cache-control": "no-cache",
    }),
    body: ({ start, end }) => Bun.file(path).slice(start, end),
  });
}
