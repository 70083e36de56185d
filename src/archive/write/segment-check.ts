import { crc32 } from "node:zlib";
import { segmentBytes, type Segment } from "../../media/segment-list.ts";
import type { Files } from "../../platform/files.ts";

/** Read at once: bounds the memory, whatever the length of a segment. */
const CHUNK_BYTES = 4 << 20;

/** The CRC-32 of a range of a file; `undefined` when the file ends before it. */
export async function crcOfRange(
  files: Files,
  path: string,
  offsetBytes: number,
  lengthBytes: number,
): Promise<number | undefined> {
  let crc = 0;
  let done = 0;
  while (done < lengthBytes) {
    const wanted = Math.min(CHUNK_BYTES, lengthBytes - done);
    const bytes = await files.readRange(path, offsetBytes + done, wanted);
    if (bytes.length < wanted) return undefined;
    crc = crc32(bytes, crc);
    done += wanted;
  }
  return crc;
}

/** Whether the bytes of a segment are those that were written. */
export const isSegmentWhole = async (
  files: Files,
  mediaPath: string,
  baseOffsetBytes: number,
  segment: Segment & { crc32: number },
): Promise<boolean> =>
  (await crcOfRange(files, mediaPath, baseOffsetBytes + segment.offsetBytes, segmentBytes(segment))) ===
  segment.crc32;
