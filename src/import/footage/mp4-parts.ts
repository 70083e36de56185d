import { open } from "node:fs/promises";
import type { FilePart } from "../../archive/files/adopt.ts";
import { crcOfRange } from "../../archive/write/segment-check.ts";
import type { MediaFacts } from "../../media/media-facts.ts";
import { type Mp4File, mp4Segments, readMp4File } from "../../media/kept/mp4-file.ts";
import { NightjarError } from "../../platform/errors.ts";
import type { Files } from "../../platform/files.ts";

/** Parts of a whole day's file are about this long, in ms. */
const TARGET_MS = 10_000;

/** Where the pictures of each segment begin in the file, in bytes, and where the last ones end. */
function placesOf({ video }: Mp4File, segments: readonly { mediaTicks: number }[]): number[] {
  const places: number[] = [];
  let next = 0;
  for (let index = 0; index < video.count && next < segments.length; index += 1) {
    if (video.decodeTicksAt(index) < (segments[next]?.mediaTicks ?? 0)) continue;
    places.push(video.offsetAt(index));
    next += 1;
  }
  places.push(video.offsetAt(video.count - 1) + video.sizeAt(video.count - 1));
  return places;
}

/**
 * Cuts a whole MP4 file into segments, reading all of it for their checksums.
 * @throws NightjarError `unprocessable` for a file that can't be kept; errors of the disk
 */
export async function mp4Parts(
  files: Files,
  path: string,
  sizeBytes: number,
): Promise<{ facts: MediaFacts; parts: FilePart[] }> {
  const handle = await open(path, "r");
  let file: Mp4File;
  try {
    file = await readMp4File(async (offsetBytes, lengthBytes) => {
      const bytes = new Uint8Array(lengthBytes);
      const { bytesRead } = await handle.read(bytes, 0, lengthBytes, offsetBytes);
      return bytes.subarray(0, bytesRead);
    }, sizeBytes);
  } finally {
    await handle.close();
  }
  if (file.isCutOff) throw new NightjarError("unprocessable", "It is cut off");
  const segments = mp4Segments(file, TARGET_MS);
  const places = placesOf(file, segments);
  const parts: FilePart[] = [];
  for (const [index, { mediaTicks, durationTicks, activityBytes }] of segments.entries()) {
    const [offsetBytes = 0, endBytes = 0] = [places[index], places[index + 1]];
    const lengthBytes = endBytes - offsetBytes;
    const crc32 = lengthBytes > 0 ? await crcOfRange(files, path, offsetBytes, lengthBytes) : undefined;
    if (crc32 === undefined) throw new NightjarError("unprocessable", "Its pictures don't lie in order");
    parts.push({ fromTicks: mediaTicks, durationTicks, offsetBytes, lengthBytes, activityBytes, crc32 });
  }
  return { facts: file.facts, parts };
}
