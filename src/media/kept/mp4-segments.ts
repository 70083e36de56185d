import { NightjarError } from "../../platform/errors.ts";
import { buildSegmentHeader, singleTrackHeader, type TrackBases } from "../fmp4/segment.ts";
import type { Sample, TrackKind } from "../parameters.ts";
import type { Segment } from "../segment-list.ts";
import { convertTicks, msToTicks } from "../ticks.ts";
import type { Mp4File } from "./mp4-file.ts";
import type { Mp4Track } from "./mp4-track.ts";

/** The share of the target length that a segment has to reach before a key frame ends it, as in footage of our own. */
const EARLY_ENOUGH = 0.95;
/** Only beyond one of these a segment is cut between pictures that are no key frames. */
const MAX_SEGMENT_MS = 20_000;
const MAX_SEGMENT_BYTES = 256 * 1024 * 1024;
/** What a segment's `mdat` may hold, less its header. */
const MAX_PAYLOAD_BYTES = 2 ** 30 - 8;

/** Where a segment's payload lies in the file, in the segment's order. */
export type SegmentRanges = { offsetBytes: number; lengthBytes: number }[];

/** Samples of one track: from `from` up to, and without, `to`. */
type Stretch = { track: Mp4Track; from: number; to: number };

/**
 * Cuts a file into segments of whole GOPs that are at least `targetMs` long (but for the last). Times count from the
 * file's first picture, `startMs` too: whoever stores them adds what is before. `videoBytes` are those of all samples,
 * and offsets count them on, as if they lay one after the other.
 */
export function mp4Segments({ video, audio }: Mp4File, targetMs: number): Segment[] {
  const enoughTicks = msToTicks(targetMs, video.timescale) * EARLY_ENOUGH;
  const maxTicks = msToTicks(MAX_SEGMENT_MS, video.timescale);
  const segments: Segment[] = [];
  let offsetBytes = 0;
  let first = 0;
  let pictureBytes = 0;
  let activityBytes = 0;
  const close = (end: number): void => {
    const mediaTicks = video.decodeTicksAt(first);
    const endTicks = video.decodeTicksAt(end);
    const sound = audio && stretchOf(audio, mediaTicks, endTicks, video.timescale);
    const videoBytes = pictureBytes + (sound ? bytesOf(sound) : 0);
    segments.push({
      ordinal: segments.length,
      startMs: Math.round((mediaTicks * 1000) / video.timescale),
      mediaTicks,
      durationTicks: endTicks - mediaTicks,
      offsetBytes,
      headerBytes: 0,
      videoBytes,
      audioBytes: 0,
      activityBytes,
    });
    offsetBytes += videoBytes;
    [first, pictureBytes, activityBytes] = [end, 0, 0];
  };
  for (let index = 0; index < video.count; index++) {
    const sizeBytes = video.sizeAt(index);
    const isKey = video.isKeyAt(index);
    if (index > first) {
      const lengthTicks = video.decodeTicksAt(index) - video.decodeTicksAt(first);
      const isLong = video.decodeTicksAt(index + 1) - video.decodeTicksAt(first) > maxTicks;
      const isGopEnd = isKey && (lengthTicks >= enoughTicks || !video.isKeyAt(first));
      if (isGopEnd || isLong || pictureBytes + sizeBytes > MAX_SEGMENT_BYTES) close(index);
    }
    pictureBytes += sizeBytes;
    if (!isKey) activityBytes += sizeBytes;
  }
  if (video.count > first) close(video.count);
  return segments;
}

/**
 * A segment out of a file, in the form of our own: the `moof` and the header of `mdat`, and the ranges of the file that
 * are its payload, the pictures' and then the sound's.
 * @param fromTicks the first picture's time of decoding, in 90,000ths of a second since the file's first picture; 0 and
 *   the file's length are the whole file
 * @param toTicks that of the first picture that does not belong to it any more
 * @param tracks one track alone, or both; sound that the file lacks is left out of both
 * @param bases what is added to the times of each track, in its ticks, which count from the file's first picture
 * @throws NightjarError `not-found` when there is no such footage or track; `unprocessable` for times that can't be, or
 *   over 1 GB
 */
export function mp4SegmentLayout(
  { video, audio }: Mp4File,
  fromTicks: number,
  toTicks: number,
  tracks: "both" | TrackKind,
  bases: TrackBases,
): { header: Uint8Array; ranges: SegmentRanges } {
  const pictures = stretchOf(video, fromTicks, toTicks, video.timescale);
  if (pictures.from >= pictures.to)
    throw new NightjarError("not-found", `The file has no pictures from ${fromTicks} to ${toTicks} ticks`);
  const sound = audio && stretchOf(audio, fromTicks, toTicks, video.timescale);
  const hasSound = sound !== undefined && sound.to > sound.from;
  if (tracks === "audio" && !hasSound) throw new NightjarError("not-found", "The segment has no audio");
  const used = [pictures, ...(hasSound && tracks !== "video" ? [sound] : [])];
  const payloadBytes = used.reduce((sum, stretch) => sum + bytesOf(stretch), 0);
  if (payloadBytes > MAX_PAYLOAD_BYTES) {
    const wanted = `wanted: at most ${MAX_PAYLOAD_BYTES}`;
    throw new NightjarError(
      "unprocessable",
      `A segment of this file would be ${payloadBytes} bytes; ${wanted}`,
    );
  }
  const header = buildSegmentHeader({
    sequenceNumber: pictures.from + 1,
    video: contentOf(pictures, bases.videoTicks),
    ...(used[1] ? { audio: contentOf(used[1], bases.audioTicks) } : {}),
  });
  if (tracks !== "audio") return { header, ranges: rangesOf(used) };
  return { header: singleTrackHeader(header, "audio", 0), ranges: rangesOf(used.slice(1)) };
}

/** The samples that begin in a span of `timescale`: each belongs to one of two spans that follow each other. */
function stretchOf(track: Mp4Track, fromTicks: number, toTicks: number, timescale: number): Stretch {
  const at = (ticks: number): number => -convertTicks(-ticks, timescale, track.timescale);
  return { track, from: track.indexFrom(at(fromTicks)), to: track.indexFrom(at(toTicks)) };
}

function bytesOf({ track, from, to }: Stretch): number {
  let sizeBytes = 0;
  for (let index = from; index < to; index++) sizeBytes += track.sizeAt(index);
  return sizeBytes;
}

function contentOf(
  { track, from, to }: Stretch,
  baseTicks: number,
): { decodeTicks: number; samples: Sample[] } {
  const decodeTicks = track.decodeTicksAt(from) + baseTicks;
  if (!Number.isSafeInteger(decodeTicks) || decodeTicks < 0) {
    const found = `The ${track.kind} at ${track.decodeTicksAt(from)} ticks can't have the base ${baseTicks}`;
    throw new NightjarError("unprocessable", found);
  }
  return {
    decodeTicks,
    samples: Array.from({ length: to - from }, (_, index) => track.sampleAt(from + index)),
  };
}

/** Neighbours are one range. */
function rangesOf(stretches: readonly Stretch[]): SegmentRanges {
  const ranges: SegmentRanges = [];
  let end = -1;
  for (const { track, from, to } of stretches) {
    for (let index = from; index < to; index++) {
      const offsetBytes = track.offsetAt(index);
      const lengthBytes = track.sizeAt(index);
      const last = ranges.at(-1);
      if (last && offsetBytes === end) last.lengthBytes += lengthBytes;
      else if (lengthBytes > 0) ranges.push({ offsetBytes, lengthBytes });
      end = offsetBytes + lengthBytes;
    }
  }
  return ranges;
}
