import { buildSegmentHeader } from "../../media/fmp4/segment.ts";
import type { Sample } from "../../media/parameters.ts";
import { convertTicks } from "../../media/ticks.ts";
import type { TrackPart } from "../write/segment-types.ts";
import type { LivePartContent, LivePartName } from "./live-edge.ts";
import type { PartSpan } from "./part-cuts.ts";

/** One track's samples without their bytes. */
export type TrackTable = Pick<TrackPart, "startTicks" | "samples" | "sizeBytes">;

/** A segment in tables, and where its bytes are: in memory until it is stored. */
export type SegmentTables = {
  video: TrackTable;
  audio?: TrackTable | undefined;
  bytes:
    { video: readonly Uint8Array[]; audio: readonly Uint8Array[] } | { recording: string; ordinal: number };
};

/** Where a run stands in the channel's time. */
export type RunTimes = {
  /** Channel-wide media time of the run's zero, in ticks of the pictures. */
  runTicks: number;
  videoTimescale: number;
  audioTimescale: number | undefined;
};

/** Samples `[from, to)` of a track, and the place of their bytes among the track's. */
type Slice = { startTicks: number; samples: readonly Sample[]; offsetBytes: number; sizeBytes: number };

function sliceOf(track: TrackTable, from: number, to: number): Slice {
  let { startTicks } = track;
  let offsetBytes = 0;
  for (const sample of track.samples.slice(0, from)) {
    startTicks += sample.durationTicks;
    offsetBytes += sample.sizeBytes;
  }
  const samples = track.samples.slice(from, to);
  return {
    startTicks,
    samples,
    offsetBytes,
    sizeBytes: samples.reduce((sum, each) => sum + each.sizeBytes, 0),
  };
}

/** The first frame that begins at or after a time in ticks of the pictures; the same rounding as segments have. */
function frameAt(audio: TrackTable, videoTicks: number, times: RunTimes): number {
  const wanted = -convertTicks(-videoTicks, times.videoTimescale, times.audioTimescale ?? 1);
  let ticks = audio.startTicks;
  for (const [index, frame] of audio.samples.entries()) {
    if (ticks >= wanted) return index;
    ticks += frame.durationTicks;
  }
  return audio.samples.length;
}

function piecesOf(payload: readonly Uint8Array[], { offsetBytes, sizeBytes }: Slice): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const piece of payload) {
    const from = Math.max(0, offsetBytes - at);
    const to = Math.min(piece.length, offsetBytes + sizeBytes - at);
    if (to > from) pieces.push(piece.subarray(from, to));
    at += piece.length;
  }
  return pieces;
}

/** One part of a segment: pictures, and the sound that begins in their time. The first and last take what is left. */
export function partContent(
  segment: SegmentTables,
  span: PartSpan,
  { isLast, times, name }: { isLast: boolean; times: RunTimes; name: LivePartName },
): LivePartContent {
  const video = sliceOf(segment.video, span.from, span.to);
  let audio: Slice | undefined;
  if (segment.audio && times.audioTimescale !== undefined) {
    const from = span.from === 0 ? 0 : frameAt(segment.audio, span.startTicks, times);
    const to = isLast ? segment.audio.samples.length : frameAt(segment.audio, span.endTicks, times);
    if (to > from) audio = sliceOf(segment.audio, from, to);
  }
  const { runTicks, videoTimescale, audioTimescale = 1 } = times;
  const header = buildSegmentHeader({
    sequenceNumber: name.mediaSequence * 100 + name.part + 1,
    video: { decodeTicks: runTicks + video.startTicks, samples: video.samples },
    ...(audio && {
      audio: {
        decodeTicks: convertTicks(runTicks, videoTimescale, audioTimescale) + audio.startTicks,
        samples: audio.samples,
      },
    }),
  });
  const { bytes } = segment;
  if ("recording" in bytes) {
    const audioRange = audio && {
      offsetBytes: segment.video.sizeBytes + audio.offsetBytes,
      sizeBytes: audio.sizeBytes,
    };
    const videoRange = { offsetBytes: video.offsetBytes, sizeBytes: video.sizeBytes };
    return { header, payload: { ...bytes, ranges: audioRange ? [videoRange, audioRange] : [videoRange] } };
  }
  const pieces = [...piecesOf(bytes.video, video), ...(audio ? piecesOf(bytes.audio, audio) : [])];
  return { header, payload: { pieces } };
}
