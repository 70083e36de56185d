import { NightjarError } from "../../platform/errors.ts";
import type { Sample, TrackKind } from "../parameters.ts";
import { BoxWriter } from "./boxes.ts";
import { KEY_SAMPLE_FLAGS, OTHER_SAMPLE_FLAGS, TFHD, TRUN } from "./flags.ts";
import { TRACK_ID } from "./init.ts";
import { parseMoof } from "./moof.ts";
import { layoutOf, MDAT_HEADER_BYTES, noSegment, writeMdatHeader } from "./segment-layout.ts";

export { rebaseHeader, rebaseHeaderInPlace, singleTrackHeader, type TrackBases } from "./segment-rewrite.ts";

/** One track of a segment: times in ticks of the track, counted from the recording's zero. */
export type SegmentTrack = { decodeTicks: number; samples: readonly Sample[] };

export type SegmentContent = { sequenceNumber: number; video: SegmentTrack; audio?: SegmentTrack };

export type ParsedSegmentTrack = { decodeTicks: number; samples: Sample[]; sizeBytes: number };

export type ParsedSegment = {
  sequenceNumber: number;
  /** `moof` and the header of `mdat`. */
  headerBytes: number;
  payloadBytes: number;
  video: ParsedSegmentTrack;
  audio?: ParsedSegmentTrack;
};

/**
 * The header of a segment: `moof` (video `traf` first) and the header of `mdat`. All video bytes, then all audio
 * bytes have to follow.
 * @throws NightjarError `internal` for times, sizes or samples that a segment can't hold
 */
export function buildSegmentHeader({ sequenceNumber, video, audio }: SegmentContent): Uint8Array {
  if (video.samples.length === 0) throw new NightjarError("internal", "A segment needs at least one picture");
  const tracks: { kind: TrackKind; track: SegmentTrack }[] = [{ kind: "video", track: video }];
  if (audio && audio.samples.length > 0) tracks.push({ kind: "audio", track: audio });
  const sampleCount = video.samples.length + (audio?.samples.length ?? 0);
  const writer = new BoxWriter(256 + 16 * sampleCount);
  const dataOffsets: { at: number; payloadBytes: number }[] = [];
  let payloadBytes = 0;
  writer.box("moof", () => {
    writer.fullBox("mfhd", 0, 0, () => writer.u32(sequenceNumber % 2 ** 32));
    for (const { kind, track } of tracks) {
      dataOffsets.push({ at: writeTrackFragment(writer, kind, track), payloadBytes });
      payloadBytes += sizeOf(track.samples);
    }
  });
  const firstDataOffset = writer.position + MDAT_HEADER_BYTES;
  for (const offset of dataOffsets) writer.patchI32(offset.at, firstDataOffset + offset.payloadBytes);
  writeMdatHeader(writer, payloadBytes);
  return writer.finish();
}

function sizeOf(samples: readonly Sample[]): number {
  let sizeBytes = 0;
  for (const sample of samples) sizeBytes += sample.sizeBytes;
  return sizeBytes;
}

/** The value that all samples share; undefined when they differ. */
function shared(samples: readonly Sample[], field: (sample: Sample) => number): number | undefined {
  const first = samples[0];
  const value = first && field(first);
  return samples.every((sample) => field(sample) === value) ? value : undefined;
}

const flagsOf = (sample: Sample): number => (sample.isKey ? KEY_SAMPLE_FLAGS : OTHER_SAMPLE_FLAGS);

/** Writes one `traf`; returns the position of its `data_offset`. */
function writeTrackFragment(writer: BoxWriter, kind: TrackKind, track: SegmentTrack): number {
  const { samples, decodeTicks } = track;
  checkUnsigned(decodeTicks, Number.MAX_SAFE_INTEGER, "decode time");
  const duration = shared(samples, (sample) => sample.durationTicks);
  const size = shared(samples, (sample) => sample.sizeBytes);
  const flags = shared(samples, flagsOf);
  const hasOffsets = samples.some((sample) => sample.compositionOffsetTicks !== 0);
  // The usual segment: a key frame, then none.
  const others = samples.length > 1 ? shared(samples.slice(1), flagsOf) : undefined;
  const hasFirstFlags = flags === undefined && others !== undefined;
  const hasOwnFlags = flags === undefined && others === undefined;
  const defaultFlags = flags ?? others;
  let dataOffsetAt = 0;
  writer.box("traf", () => {
    const tfhdFlags =
      TFHD.defaultBaseIsMoof |
      (duration === undefined ? 0 : TFHD.defaultDuration) |
      (size === undefined ? 0 : TFHD.defaultSize) |
      (defaultFlags === undefined ? 0 : TFHD.defaultFlags);
    writer.fullBox("tfhd", 0, tfhdFlags, () => {
      writer.u32(TRACK_ID[kind]);
      if (duration !== undefined) writer.u32(checkUnsigned(duration, 0xffff_ffff, "duration"));
      if (size !== undefined) writer.u32(checkUnsigned(size, 0xffff_ffff, "size"));
      if (defaultFlags !== undefined) writer.u32(defaultFlags);
    });
    writer.fullBox("tfdt", 1, 0, () => writer.u64(decodeTicks));
    const trunFlags =
      TRUN.dataOffset |
      (hasFirstFlags ? TRUN.firstSampleFlags : 0) |
      (duration === undefined ? TRUN.duration : 0) |
      (size === undefined ? TRUN.size : 0) |
      (hasOwnFlags ? TRUN.flags : 0) |
      (hasOffsets ? TRUN.compositionOffset : 0);
    writer.fullBox("trun", 1, trunFlags, () => {
      writer.u32(samples.length);
      dataOffsetAt = writer.position;
      writer.i32(0);
      if (hasFirstFlags && samples[0]) writer.u32(flagsOf(samples[0]));
      for (const sample of samples) {
        if (duration === undefined) writer.u32(checkUnsigned(sample.durationTicks, 0xffff_ffff, "duration"));
        if (size === undefined) writer.u32(checkUnsigned(sample.sizeBytes, 0xffff_ffff, "size"));
        if (hasOwnFlags) writer.u32(flagsOf(sample));
        if (hasOffsets) writer.i32(checkOffset(sample.compositionOffsetTicks));
      }
    });
  });
  return dataOffsetAt;
}

function checkUnsigned(value: number, max: number, name: string): number {
  if (Number.isSafeInteger(value) && value >= 0 && value <= max) return value;
  throw new NightjarError("internal", `A sample's ${name} is ${value}; wanted: an integer from 0 to ${max}`);
}

function checkOffset(value: number): number {
  if (Number.isInteger(value) && Math.abs(value) < 2 ** 31) return value;
  throw new NightjarError("internal", `A composition offset is ${value}; wanted: an integer below 2^31`);
}

const NO_DEFAULTS = { durationTicks: 0, sizeBytes: 0, flags: 0 };

/**
 * Reads the header of a segment that `buildSegmentHeader` wrote; bytes behind it are not looked at.
 * @throws NightjarError `unprocessable` for anything else
 */
export function parseSegmentHeader(bytes: Uint8Array): ParsedSegment {
  const { moof, headerBytes, payloadBytes } = layoutOf(bytes);
  const { sequenceNumber, tracks } = parseMoof(bytes, moof, 0, () => NO_DEFAULTS);
  let nextBytes = headerBytes;
  const read = (kind: TrackKind): ParsedSegmentTrack | undefined => {
    const track = tracks.find((candidate) => candidate.trackId === TRACK_ID[kind]);
    if (track === undefined) return undefined;
    const { decodeTicks, samples, ranges } = track;
    const range = ranges[0];
    if (decodeTicks === undefined || range === undefined || ranges.length > 1) {
      throw noSegment(`a traf with ${ranges.length} trun`);
    }
    if (range.offsetBytes !== nextBytes) throw noSegment(`${kind} at byte ${range.offsetBytes}`);
    nextBytes += range.sizeBytes;
    return { decodeTicks, samples, sizeBytes: range.sizeBytes };
  };
  const video = read("video");
  const audio = read("audio");
  if (video === undefined || tracks.length > (audio ? 2 : 1)) throw noSegment(`${tracks.length} tracks`);
  if (nextBytes - headerBytes !== payloadBytes) {
    throw noSegment(`samples of ${nextBytes - headerBytes} bytes in an mdat of ${payloadBytes}`);
  }
  return { sequenceNumber, headerBytes, payloadBytes, video, ...(audio ? { audio } : {}) };
}
