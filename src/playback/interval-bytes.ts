import type { Footage } from "../archive/footage.ts";
import type { Recording } from "../db/index/rows.ts";
import { rebaseHeaderInPlace } from "../media/fmp4/segment.ts";
import type { ByteSpan } from "./byte-range.ts";
import type { IntervalLayout, LayoutPart } from "./interval-layout.ts";
import { openMediaFile, type OpenMediaFile } from "./media-file.ts";
import { damagedHeader } from "./segment-body.ts";

/** Most bytes that are read at once: what a download holds in memory. */
const CHUNK_BYTES = 256 * 1024;

/**
 * The bytes of a part of an interval's MP4, one chunk at a time as they are asked for; one file is open at a time. A
 * chunk is good until the next one is asked for: all of them lie in the same memory.
 * Throws `not-found` or `unavailable` at footage that is not there any more or can't be read.
 */
export async function* intervalBytes(
  footage: Footage,
  layout: IntervalLayout,
  { start, end }: ByteSpan,
): AsyncGenerator<Uint8Array, void> {
  const buffer = new Uint8Array(Math.min(end - start, CHUNK_BYTES));
  let opened: { file: OpenMediaFile; id: string } | undefined;
  const fileOf = async (recording: Recording): Promise<OpenMediaFile> => {
    if (opened?.id === recording.id) return opened.file;
    await opened?.file.close();
    opened = undefined;
    opened = { file: await openMediaFile(footage, recording), id: recording.id };
    return opened.file;
  };
  try {
    for (const part of layout.parts(start, end)) {
      if (part.kind === "segment") {
        yield* segmentBytes(await fileOf(part.stored.recording), part, buffer);
        continue;
      }
      // Footage that is not there is found before the first byte is sent.
      await fileOf(layout.firstRecording);
      yield part.bytes;
    }
  } finally {
    await opened?.file.close();
  }
}

type SegmentPart = Extract<LayoutPart, { kind: "segment" }>;

/** A span of a segment. Its header is read whole where any of it is wanted, and is moved to its new time. */
async function* segmentBytes(
  file: OpenMediaFile,
  { stored, bases, start, end }: SegmentPart,
  buffer: Uint8Array,
): AsyncGenerator<Uint8Array, void> {
  const { recording, segment } = stored;
  const position = recording.baseOffsetBytes + segment.offsetBytes;
  const { headerBytes } = segment;
  let at = start;
  if (at < headerBytes) {
    const isLong = headerBytes > buffer.length;
    const chunk = isLong
      ? new Uint8Array(headerBytes)
      : buffer.subarray(0, Math.max(headerBytes, Math.min(end, buffer.length)));
    await file.read(chunk, position);
    try {
      rebaseHeaderInPlace(chunk.subarray(0, headerBytes), bases);
    } catch (error) {
      throw damagedHeader(error);
    }
    yield chunk.subarray(at, end);
    at = Math.min(end, chunk.length);
  }
  while (at < end) {
    const chunk = buffer.subarray(0, Math.min(end - at, buffer.length));
    await file.read(chunk, position + at);
    yield chunk;
    at += chunk.length;
  }
}
