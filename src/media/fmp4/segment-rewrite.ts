import { NightjarError } from "../../platform/errors.ts";
import type { TrackKind } from "../parameters.ts";
import { type Box, BoxWriter, childrenOf, FieldReader, requireBox } from "./boxes.ts";
import { TRUN } from "./flags.ts";
import { TRACK_ID } from "./init.ts";
import { layoutOf, MDAT_HEADER_BYTES, noSegment, writeMdatHeader } from "./segment-layout.ts";

/** Where one `traf` keeps what is rewritten when a segment is served. */
type FragmentPlace = { traf: Box; trackId: number; decodeTicks: number; decodeTicksAt: number; trun: Box };

function fragmentsOf(header: Uint8Array, moof: Box): FragmentPlace[] {
  return childrenOf(header, moof)
    .filter((child) => child.type === "traf")
    .map((traf) => {
      const boxes = childrenOf(header, traf);
      const tfhd = new FieldReader(header, requireBox(boxes, "tfhd", "traf"));
      tfhd.versionAndFlags();
      const tfdt = new FieldReader(header, requireBox(boxes, "tfdt", "traf"));
      if (tfdt.versionAndFlags().version !== 1) throw noSegment("a tfdt of version 0");
      const decodeTicksAt = tfdt.position;
      const trun = requireBox(boxes, "trun", "traf");
      return { traf, trackId: tfhd.u32(), decodeTicks: tfdt.u64(), decodeTicksAt, trun };
    });
}

/** What is added to the decode times of each track, in its ticks. */
export type TrackBases = { videoTicks: number; audioTicks: number };

/**
 * A copy of a segment's header with the base of each track added to its decode time; the length stays the same.
 * @throws NightjarError `unprocessable` when it is no header, or a time would be negative or over 2^53 - 1
 */
export function rebaseHeader(header: Uint8Array, base: TrackBases): Uint8Array {
  const { headerBytes } = layoutOf(header);
  const copy = header.slice(0, headerBytes);
  rebaseHeaderInPlace(copy, base);
  return copy;
}

/** As `rebaseHeader`, in the bytes given; what follows the header there stays as it is. Throws the same. */
export function rebaseHeaderInPlace(header: Uint8Array, base: TrackBases): void {
  const { moof } = layoutOf(header);
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  for (const place of fragmentsOf(header, moof)) {
    const baseTicks = place.trackId === TRACK_ID.video ? base.videoTicks : base.audioTicks;
    view.setBigUint64(place.decodeTicksAt, BigInt(sumOf(place.decodeTicks, baseTicks)));
  }
}

function sumOf(decodeTicks: number, baseTicks: number): number {
  const sum = decodeTicks + baseTicks;
  if (Number.isSafeInteger(sum) && sum >= 0) return sum;
  throw new NightjarError(
    "unprocessable",
    `A segment at ${decodeTicks} ticks can't have the base ${baseTicks}`,
  );
}

/**
 * The header of one track alone: its `traf`, with the base added to its decode time, and an `mdat` that holds
 * only its bytes. They are a sub-range of the segment's payload: the video's come first, then the sound's.
 * @throws NightjarError `not-found` when the segment lacks the track; `unprocessable` as `rebaseHeader`
 */
export function singleTrackHeader(header: Uint8Array, track: TrackKind, baseTicks: number): Uint8Array {
  const { moof, headerBytes, payloadBytes } = layoutOf(header);
  const places = fragmentsOf(header, moof);
  const place = places.find((candidate) => candidate.trackId === TRACK_ID[track]);
  if (place === undefined) throw new NightjarError("not-found", `The segment has no ${track}`);
  const audio = places.find((candidate) => candidate.trackId === TRACK_ID.audio);
  const audioAt = audio ? dataOffsetOf(header, audio) : headerBytes + payloadBytes;
  if (track === "video" && dataOffsetOf(header, place) !== headerBytes)
    throw noSegment("video that is not first");
  const videoBytes = audioAt - headerBytes;
  const trackBytes = track === "video" ? videoBytes : payloadBytes - videoBytes;
  if (trackBytes < 0 || trackBytes > payloadBytes) throw noSegment(`${trackBytes} bytes of ${track}`);
  const writer = new BoxWriter(headerBytes);
  let trafAt = 0;
  writer.box("moof", () => {
    const mfhd = requireBox(childrenOf(header, moof), "mfhd", "moof");
    writer.raw(header.subarray(mfhd.start, mfhd.end));
    trafAt = writer.position;
    writer.raw(header.subarray(place.traf.start, place.traf.end));
  });
  const moved = trafAt - place.traf.start;
  writer.patchI32(dataOffsetAt(place) + moved, writer.position + MDAT_HEADER_BYTES);
  writeMdatHeader(writer, trackBytes);
  const result = writer.finish();
  const decodeTicks = sumOf(place.decodeTicks, baseTicks);
  new DataView(result.buffer).setBigUint64(place.decodeTicksAt + moved, BigInt(decodeTicks));
  return result;
}

/** Our `trun` has its `data_offset` behind version, flags and count. */
const dataOffsetAt = (place: FragmentPlace): number => place.trun.start + place.trun.headerBytes + 8;

function dataOffsetOf(header: Uint8Array, place: FragmentPlace): number {
  const fields = new FieldReader(header, place.trun);
  if ((fields.versionAndFlags().flags & TRUN.dataOffset) === 0) throw noSegment("a trun without data_offset");
  fields.skip(4);
  return fields.i32();
}
