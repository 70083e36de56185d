import { stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import type { Footage, FootageChannel } from "../archive/footage.ts";
import { hasOwnFiles, type Recording } from "../db/index/rows.ts";
import { isPartOfFile, type Segment } from "../media/segment-list.ts";
import { notFound } from "../platform/errors.ts";
import { daySpanMs, type LocalDate } from "../platform/zone.ts";
import { wantsDownload } from "./playlist-answers.ts";
import { mediaFileError, mediaPathOf } from "./media-file.ts";
import { rangeAnswer } from "./range-answer.ts";

/** What footage of a date lies in: a file of its own, or the file of a whole recording, which may have a checksum. */
type RawFile = { recording: Recording; segment?: Segment; name: string; isChecksum: boolean };

/** A channel's zone may have been another one when a folder got its date. */
const ZONE_SLACK_MS = 26 * 3_600_000;
const CHECKSUM = ".sha512sum";
const NAME = /^video(?:_\d{6}(?:[+-]\d{4})?)?(?:-\d{1,4})?\.(?:ts|mp4)$/i;

const TYPES: Record<string, string> = { ts: "video/mp2t", mp4: "video/mp4" };

/** Names are taken whatever their case; where two differ by nothing else, the one that is written so is meant. */
const ways: readonly ((name: string, wanted: string) => boolean)[] = [
  (name, wanted) => name === wanted,
  (name, wanted) => name.toLowerCase() === wanted.toLowerCase(),
];

/**
 * A file of a date by its name, which is only compared with those of footage that is there. Throws `not-found`.
 */
export function rawFileNamed(
  footage: Footage,
  channel: FootageChannel,
  date: LocalDate,
  name: string,
): RawFile {
  const isChecksum = name.toLowerCase().endsWith(CHECKSUM);
  const wanted = isChecksum ? name.slice(0, -CHECKSUM.length) : name;
  const { startMs, endMs } = daySpanMs(date, channel.zone);
  const recordings = NAME.test(wanted)
    ? footage
        .recordings(channel.id, startMs - ZONE_SLACK_MS, endMs + ZONE_SLACK_MS)
        .filter(({ path }) => basename(dirname(path)) === date)
    : [];
  for (const isSame of ways)
    for (const recording of recordings) {
      if (!hasOwnFiles(recording)) {
        if (isSame(basename(recording.path), wanted)) return { recording, name, isChecksum };
        continue;
      }
      const segment = recording.segments.find(({ file }) => file && isSame(basename(file.name), wanted));
      if (segment && (!isChecksum || isPartOfFile(segment))) return { recording, segment, name, isChecksum };
    }
  throw notFound(`There is no file ${JSON.stringify(name.slice(0, 80))} of ${date} on ${channel.id}`, [
    "It was deleted or converted, or never came",
  ]);
}

/** The file as it lies on the disk, with Range. Another one may take its name, so copies are asked about each time. */
export async function rawFile(
  request: Request,
  footage: Footage,
  channel: FootageChannel,
  { recording, segment, name, isChecksum }: RawFile,
): Promise<Response> {
  const media = mediaPathOf(footage, recording, segment);
  const path = isChecksum ? media + CHECKSUM : media;
  const found = await stat(path).catch((error: unknown) => {
    throw mediaFileError(error);
  });
  if (!found.isFile()) throw notFound("This file is no longer on the disk");
  const way = wantsDownload(new URL(request.url).searchParams) ? "attachment" : "inline";
  const type = TYPES[name.split(".").at(-1)?.toLowerCase() ?? ""] ?? "text/plain; charset=utf-8";
  return rangeAnswer(request, {
    tag: `${recording.id}-${segment?.ordinal ?? "file"}-${found.size.toString(36)}-${Math.floor(found.mtimeMs).toString(36)}`,
    sizeBytes: found.size,
    headers: new Headers({
      "content-type": type,
      "content-disposition": `${way}; filename="${channel.id}_${basename(dirname(recording.path))}_${name}"`,
      "cache-control": "no-cache",
    }),
    body: ({ start, end }) => Bun.file(path).slice(start, end),
  });
}
