import type { Footage, FootageChannel } from "../archive/footage.ts";
import { nothingYet } from "../archive/nothing-yet.ts";
import type { Recording, RunRow } from "../db/index/rows.ts";
import { parseSegmentHeader, type ParsedSegment } from "../media/fmp4/segment.ts";
import type { Segment } from "../media/segment-list.ts";
import { ticksToMs } from "../media/ticks.ts";
import { NightjarError, notFound } from "../platform/errors.ts";
import { isoOf } from "../platform/zone.ts";
import { nearestSpans, type Span } from "../playback/coverage.ts";
import { withMediaFile, type MediaReader } from "../playback/media-file.ts";
import { sequenceOf } from "../playback/sequence.ts";
import { segmentEndMs } from "../playback/stretch.ts";
import type { CodedPicture } from "./decode.ts";
import { keptKeyFrames, keptPicture } from "./kept-pictures.ts";

/** A recorded key frame. */
export type PicturePlace = {
  recording: Recording;
  run: RunRow;
  ordinal: number;
  /** Number of the sample in its segment, from 0. */
  sampleIndex: number;
  /** Position in the media file, and length; of footage that is kept as it came, its segment is looked through again. */
  bytes: { position: number; size: number } | { segment: Segment };
  /** Wall time at which it is shown, ms UTC. */
  shownMs: number;
};

/** A smaller step between the wall times of neighbouring segments is no hole. */
const JOIN_MS = 100;
/** Segments that a group of pictures may have been cut into: 20 s each. */
const MAX_SEGMENTS_BACK = 60;
/** The same of footage that is kept as it came, which costs more to be looked through. */
const MOST_KEPT_BACK = 5;
/** Ticks of 90,000ths of a second in a millisecond. */
const TICKS_PER_MS = 90;

/** Where the search begins: the newest segments of a recording up to a place, and the time asked for. */
export type Start = { recording: Recording; run: RunRow; segments: readonly Segment[]; atMs: number };

/** Names what identifies a picture's bytes for ever. */
export const pictureName = ({ recording, ordinal, sampleIndex }: PicturePlace): string =>
  `${recording.id}-${ordinal}-${sampleIndex}`;

/** The newest key frame of a channel that is on disk. Throws `not-found` or `unavailable`. */
export async function newestPicture(footage: Footage, channel: FootageChannel): Promise<PicturePlace> {
  const recording = footage.newest(channel.id, 1).at(-1);
  const run = recording && footage.run(recording.run);
  if (!recording || !run) throw nothingYet(footage, channel);
  const { segments } = recording;
  return keyFrameUpTo(footage, { recording, run, segments, atMs: Number.POSITIVE_INFINITY });
}

/**
 * The key frame that is shown at a time (ms UTC), or the last one before it.
 * Throws `not-found` with the nearest footage when nothing was recorded then; `unavailable`.
 */
export async function pictureAt(
  footage: Footage,
  channel: FootageChannel,
  atMs: number,
): Promise<PicturePlace> {
  const recordings = footage.recordings(channel.id, atMs - JOIN_MS, atMs + 1);
  const stretches = sequenceOf(recordings, (id) => footage.run(id), atMs - JOIN_MS, atMs + 1);
  const found = stretches
    .flatMap(({ recording, run, segments }) => segments.map((segment) => ({ recording, run, segment })))
    .findLast(({ run, segment }) => segment.startMs <= atMs && segmentEndMs(segment, run) > atMs - JOIN_MS);
  if (!found) throw nothingThen(footage, channel, atMs);
  const { recording, run, segment } = found;
  const segments = recording.segments.slice(0, recording.segments.indexOf(segment) + 1);
  return keyFrameUpTo(footage, { recording, run, segments, atMs });
}

/**
 * The last key frame that is shown at a time or before it, in the newest of these segments that has one: a group of
 * pictures that was cut begins in an earlier one. Throws `not-found` or `unavailable`.
 */
export function keyFrameUpTo(footage: Footage, start: Start): Promise<PicturePlace> {
  const { recording, run, segments, atMs } = start;
  if (run.format !== "nightjar") return keptKeyFrameUpTo(footage, start);
  return withMediaFile(footage, recording, async (reader) => {
    for (const segment of segments.slice(-MAX_SEGMENTS_BACK).toReversed()) {
      const positionBytes = recording.baseOffsetBytes + segment.offsetBytes;
      const header = await readHeader(reader, segment, positionBytes);
      const found = lastKeyFrame(header, segment, run, atMs);
      if (!found) continue;
      const { offsetBytes, sizeBytes, ...picture } = found;
      return {
        recording: alone(recording),
        run,
        ordinal: segment.ordinal,
        ...picture,
        bytes: { position: positionBytes + offsetBytes, size: sizeBytes },
      };
    }
    throw notFound("There is no key frame near that time");
  });
}

/** A place is kept for a while, its recording's thousands of segments need not be. */
const alone = (recording: Recording): Recording => ({ ...recording, segments: [], outline: undefined });

/** The same in footage that is kept as it came: its segments are read whole. */
async function keptKeyFrameUpTo(
  footage: Footage,
  { recording, run, segments, atMs }: Start,
): Promise<PicturePlace> {
  for (const segment of segments.slice(-MOST_KEPT_BACK).toReversed()) {
    const keys = await keptKeyFrames(footage, { recording, run, segment });
    const shown = keys.map(({ shownTicks }) => segment.startMs + shownTicks / TICKS_PER_MS);
    const index = shown.findLastIndex((shownMs, each) => each === 0 || shownMs <= atMs);
    if (index < 0) continue;
    const { ordinal } = segment;
    const shownMs = Math.round(shown[index] ?? 0);
    return { recording: alone(recording), run, ordinal, sampleIndex: index, shownMs, bytes: { segment } };
  }
  throw notFound("There is no key frame near that time");
}

async function readHeader(
  reader: MediaReader,
  segment: Segment,
  positionBytes: number,
): Promise<ParsedSegment> {
  const header = new Uint8Array(segment.headerBytes);
  await reader.read(header, positionBytes);
  try {
    return parseSegmentHeader(header);
  } catch (error) {
    throw new NightjarError("unavailable", "This footage is damaged: its header can't be read", {
      cause: error,
    });
  }
}

type KeyFrame = { sampleIndex: number; offsetBytes: number; sizeBytes: number; shownMs: number };

/** The last key frame of a segment that is shown at `atMs` or before; its offset is counted from the `moof`. */
function lastKeyFrame(
  header: ParsedSegment,
  segment: Segment,
  run: RunRow,
  atMs: number,
): KeyFrame | undefined {
  const { samples } = header.video;
  const firstTicks = samples[0]?.compositionOffsetTicks ?? 0;
  let found: KeyFrame | undefined;
  let offsetBytes = header.headerBytes;
  let ticks = 0;
  for (const [
    sampleIndex,
    { sizeBytes, durationTicks, compositionOffsetTicks, isKey },
  ] of samples.entries()) {
    const shownTicks = ticks + compositionOffsetTicks - firstTicks;
    const shownMs = segment.startMs + ticksToMs(shownTicks, run.videoTimescale);
    // The first picture of a segment stands for it, also when its time was rounded to after the one asked for.
    if (isKey && (sampleIndex === 0 || shownMs <= atMs)) {
      found = { sampleIndex, offsetBytes, sizeBytes, shownMs };
    }
    offsetBytes += sizeBytes;
    ticks += durationTicks;
  }
  return found;
}

const spanText = ({ startMs, endMs }: Span, zone: string): string =>
  `${isoOf(startMs, zone)} to ${isoOf(endMs, zone)}`;

function nothingThen(footage: Footage, { id, zone }: FootageChannel, atMs: number): NightjarError {
  const { before, after } = nearestSpans(footage, id, { fromMs: atMs, toMs: atMs + 1 });
  return notFound(`Nothing was recorded on ${id} at ${isoOf(atMs, zone)}`, [
    ...(before ? [`Nearest footage before: ${spanText(before, zone)}`] : []),
    ...(after ? [`Nearest footage after: ${spanText(after, zone)}`] : []),
  ]);
}

/** The bytes of a picture with what a decoder needs. Throws `not-found` or `unavailable`. */
export function readPicture(
  footage: Footage,
  { recording, run, sampleIndex, bytes }: PicturePlace,
): Promise<CodedPicture> {
  if ("segment" in bytes)
    return keptPicture(footage, { recording, run, segment: bytes.segment }, sampleIndex);
  return withMediaFile(footage, recording, async (reader) => {
    const sample = new Uint8Array(bytes.size);
    await reader.read(sample, bytes.position);
    return { init: run.init, sample };
  });
}
