import type { Footage } from "../archive/footage.ts";
import type { LivePartContent } from "../archive/live/live-edge.ts";
import { withMediaFile } from "./media-file.ts";
import { segmentByOrdinal } from "./segment-lookup.ts";

/**
 * A live part's bytes in one: its header, then its pictures, then its sound. `undefined` when the segment that it is a part
 * of is gone. Throws `not-found` or `unavailable`.
 */
export async function livePartBytes(
  footage: Footage,
  { header, payload }: LivePartContent,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if ("pieces" in payload) {
    // What lay in memory is freed soon after its segment was stored; half a part is none.
    const isThere = payload.pieces.every(({ length }) => length > 0);
    return isThere ? Uint8Array.from(Buffer.concat([header, ...payload.pieces])) : undefined;
  }
  const stored = segmentByOrdinal(footage, payload.recording, payload.ordinal);
  if (!stored) return undefined;
  const { recording, segment } = stored;
  const { ranges } = payload;
  const sizeBytes = ranges.reduce((sum, range) => sum + range.sizeBytes, header.length);
  const body = new Uint8Array(sizeBytes);
  body.set(header);
  const payloadAt = recording.baseOffsetBytes + segment.offsetBytes + segment.headerBytes;
  await withMediaFile(footage, recording, async (reader) => {
    let at = header.length;
    for (const range of ranges) {
      await reader.read(body.subarray(at, at + range.sizeBytes), payloadAt + range.offsetBytes);
      at += range.sizeBytes;
    }
  });
  return body;
}
