import { NightjarError } from "../../platform/errors.ts";
import { type Box, boxesIn, BoxWriter, childrenOf, FieldReader, requireBox } from "../fmp4/boxes.ts";
import { TFHD, TRUN } from "../fmp4/flags.ts";
import type { DataRange } from "../fmp4/moof.ts";
import { MDAT_HEADER_BYTES, writeMdatHeader } from "../fmp4/segment-layout.ts";
import { handlerOf, trackIdOf } from "../fmp4/tracks.ts";
import type { TrackKind } from "../parameters.ts";
import { fragmentsIn } from "./fragments.ts";

const unprocessable = (message: string): NightjarError => new NightjarError("unprocessable", message);

/** Of a segment with several tracks, boxes that would not be true of one. */
const LEFT_OUT = new Set(["moof", "mdat", "sidx", "ssix", "mfra", "free", "skip"]);

/**
 * One track out of a segment of fragmented MP4, behind `initForTrack`'s init of the same track: its times, its id and
 * all else stay as they are.
 * @throws NightjarError `not-found` when init or segment lack the track, `unprocessable` for garbage
 */
export function fmp4TrackSegment(init: Uint8Array, segment: Uint8Array, track: TrackKind): Uint8Array {
  const trackId = trackIdIn(init, track);
  const { boxes, fragments } = fragmentsIn(init, segment);
  const writer = new BoxWriter(segment.length + 64);
  let hasTrack = false;
  for (const box of boxes) {
    if (!LEFT_OUT.has(box.type)) writer.raw(segment.subarray(box.start, box.end));
    const found = fragments.find(({ moof }) => moof === box);
    if (found === undefined) continue;
    const ranges = found.fragment.tracks.flatMap((part) => (part.trackId === trackId ? part.ranges : []));
    if (ranges.length === 0) continue;
    hasTrack = true;
    writeFragment(writer, segment, box, trackId, ranges);
  }
  if (hasTrack) return writer.finish();
  throw new NightjarError("not-found", `The segment has no ${track}`);
}

function trackIdIn(init: Uint8Array, track: TrackKind): number {
  const moov = requireBox(boxesIn(init), "moov", "the init");
  const handler = track === "video" ? "vide" : "soun";
  const trak = childrenOf(init, moov).find(
    (child) => child.type === "trak" && handlerOf(init, child) === handler,
  );
  const trackId = trak && trackIdOf(init, trak);
  if (trackId !== undefined) return trackId;
  throw new NightjarError("not-found", `The init has no ${track} track`);
}

function writeFragment(
  writer: BoxWriter,
  segment: Uint8Array,
  moof: Box,
  trackId: number,
  ranges: readonly DataRange[],
): void {
  const start = writer.position;
  const offsetsAt: number[] = [];
  writer.box("moof", () => {
    for (const child of childrenOf(segment, moof)) {
      if (child.type !== "traf") writer.raw(segment.subarray(child.start, child.end));
      else if (idOf(segment, child) === trackId) writeTrack(writer, segment, child, offsetsAt);
    }
  });
  let dataBytes = writer.position - start + MDAT_HEADER_BYTES;
  const pieces = ranges.map(({ offsetBytes, sizeBytes }) =>
    piece(segment, moof.start + offsetBytes, sizeBytes),
  );
  for (const [index, bytes] of pieces.entries()) {
    writer.patchI32(offsetsAt[index] ?? 0, dataBytes);
    dataBytes += bytes.length;
  }
  writeMdatHeader(
    writer,
    pieces.reduce((sum, bytes) => sum + bytes.length, 0),
  );
  for (const bytes of pieces) writer.raw(bytes);
}

function piece(segment: Uint8Array, start: number, lengthBytes: number): Uint8Array {
  if (start >= 0 && start + lengthBytes <= segment.length)
    return segment.subarray(start, start + lengthBytes);
  const found = `bytes ${start} to ${start + lengthBytes} of a segment of ${segment.length}`;
  throw unprocessable(`The samples of a track would be ${found}`);
}

function idOf(segment: Uint8Array, traf: Box): number {
  const fields = new FieldReader(segment, requireBox(childrenOf(segment, traf), "tfhd", "traf"));
  fields.versionAndFlags();
  return fields.u32();
}

/** A `traf` whose data is found from its `moof` on; notes where the position of each `trun`'s data has to be written. */
function writeTrack(writer: BoxWriter, segment: Uint8Array, traf: Box, offsetsAt: number[]): void {
  writer.box("traf", () => {
    for (const box of childrenOf(segment, traf)) {
      if (box.type === "tfhd") writeHeader(writer, new FieldReader(segment, box));
      else if (box.type === "trun") offsetsAt.push(writeRun(writer, new FieldReader(segment, box)));
      else if (box.type === "saio") throw unprocessable("An encrypted segment can't be taken apart");
      else writer.raw(segment.subarray(box.start, box.end));
    }
  });
}

function writeHeader(writer: BoxWriter, tfhd: FieldReader): void {
  const { version, flags } = tfhd.versionAndFlags();
  const trackId = tfhd.u32();
  if (flags & TFHD.baseDataOffset) tfhd.skip(8);
  writer.fullBox("tfhd", version, (flags & ~TFHD.baseDataOffset) | TFHD.defaultBaseIsMoof, () => {
    writer.u32(trackId).raw(tfhd.raw(tfhd.remainingBytes));
  });
}

/** Returns where its `data_offset` is. */
function writeRun(writer: BoxWriter, trun: FieldReader): number {
  const { version, flags } = trun.versionAndFlags();
  const sampleCount = trun.u32();
  if (flags & TRUN.dataOffset) trun.skip(4);
  let offsetAt = 0;
  writer.fullBox("trun", version, flags | TRUN.dataOffset, () => {
    writer.u32(sampleCount);
    offsetAt = writer.position;
    writer.i32(0).raw(trun.raw(trun.remainingBytes));
  });
  return offsetAt;
}
