import type { Footage } from "../archive/footage.ts";
import { shiftDecodeTimes } from "../media/kept/fmp4-times.ts";
import { fmp4Facts } from "../media/kept/fmp4-facts.ts";
import { fmp4TrackSegment } from "../media/kept/fmp4-split.ts";
import { mp4SegmentLayout } from "../media/kept/mp4-file.ts";
import type { TrackBases } from "../media/fmp4/segment.ts";
import type { TrackKind } from "../media/parameters.ts";
import { isPartOfFile, segmentBytes } from "../media/segment-list.ts";
import { convertTicks } from "../media/ticks.ts";
import { notFound } from "../platform/errors.ts";
import type { SegmentForm } from "./addresses.ts";
import { withMediaFile } from "./media-file.ts";
import { mp4FileOf } from "./mp4-files.ts";
import { damagedHeader, type StoredSegment } from "./stored-segment.ts";

type Body = Uint8Array<ArrayBuffer>;

/** Sound may begin so long before the pictures of its file, and end so long after, in 90,000ths of a second. */
const MOST_EARLY_TICKS = 90_000;

const tracksOf = (form: SegmentForm): "both" | TrackKind =>
  form === "v.m4s" ? "video" : form === "a.m4s" ? "audio" : "both";

/** Bytes of the init that a form has in front. */
const initBytesOf = ({ run }: StoredSegment, form: SegmentForm): Uint8Array =>
  form === "i.m4s" ? run.init : new Uint8Array();

/** Whether a form is bytes of the disk as they are, behind an init or not: then the index knows its length. */
const isAsItCame = ({ run }: StoredSegment, form: SegmentForm): boolean =>
  run.format === "ts" || (run.format === "fmp4" && tracksOf(form) === "both");

/** Refuses MPEG-TS where MP4 is wanted, and the other way round. Throws `not-found` with the right address. */
export function checkForm({ recording, run, segment }: StoredSegment, form: SegmentForm): void {
  const isTs = run.format === "ts";
  if (isTs === (form === "ts")) return;
  const address = `/${recording.channel}/segment/${recording.id}-${segment.ordinal}.${isTs ? "ts" : "m4s"}`;
  throw notFound(isTs ? "This footage is MPEG-TS" : "This footage is MP4, not MPEG-TS", [
    `It is at ${address}`,
  ]);
}

/** The bytes of a segment as they came. Throws `not-found` or `unavailable`. */
export function storedBytes(footage: Footage, { recording, segment }: StoredSegment): Promise<Body> {
  const body = Buffer.allocUnsafeSlow(segmentBytes(segment));
  const position = segment.file ? segment.offsetBytes : recording.baseOffsetBytes + segment.offsetBytes;
  return withMediaFile(
    footage,
    recording,
    async (reader) => {
      await reader.read(body, position);
      return body;
    },
    segment,
  );
}

/** Media time at which a segment begins on its channel, in 90,000ths of a second. */
export const channelTicks = ({ recording, run, segment }: StoredSegment): number =>
  convertTicks(recording.baseTicks + segment.mediaTicks, run.videoTimescale, 90_000);

/**
 * fMP4 as it came, with its times moved so that its first picture is shown at `outTicks` (90,000ths of a second). Throws
 * `unavailable` for damaged bytes.
 */
export function movedFragments(
  { run }: StoredSegment,
  bytes: Uint8Array,
  track: "both" | TrackKind,
  outTicks: number,
): Body {
  try {
    const byTicks = outTicks - fmp4Facts(run.init, bytes).sourceTicks;
    const part = track === "both" ? bytes : fmp4TrackSegment(run.init, bytes, track);
    return shiftDecodeTimes(run.init, part, byTicks);
  } catch (error) {
    throw damagedHeader(error);
  }
}

/** A segment made out of a whole MP4 file: its header, and where in the file its bytes are. */
export async function madeLayout(
  footage: Footage,
  stored: StoredSegment,
  tracks: "both" | TrackKind,
  outTicks: number,
): Promise<ReturnType<typeof mp4SegmentLayout>> {
  const { run, segment } = stored;
  const file = await mp4FileOf(footage, stored);
  const { mediaTicks, durationTicks } = segment;
  const isAllOfFile = segment.file !== undefined && !isPartOfFile(segment);
  // In a file of its own it is all that there is, also sound from before the first picture; of a longer file a part.
  const startTicks = isAllOfFile ? 0 : mediaTicks;
  const fromTicks = startTicks - (isAllOfFile ? Math.min(outTicks, MOST_EARLY_TICKS) : 0);
  const toTicks = startTicks + durationTicks + (isAllOfFile ? MOST_EARLY_TICKS : 0);
  const baseTicks = outTicks - startTicks;
  const bases: TrackBases = {
    videoTicks: baseTicks,
    audioTicks: convertTicks(baseTicks, 90_000, run.audioTimescale ?? 90_000),
  };
  try {
    return mp4SegmentLayout(file, fromTicks, toTicks, tracks, bases);
  } catch (error) {
    throw damagedHeader(error);
  }
}

/** The same with its bytes. */
export async function madeSegment(
  footage: Footage,
  stored: StoredSegment,
  tracks: "both" | TrackKind,
  outTicks: number,
  front: Uint8Array = new Uint8Array(),
): Promise<Body> {
  const { header, ranges } = await madeLayout(footage, stored, tracks, outTicks);
  const payloadBytes = ranges.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0);
  const body = Buffer.allocUnsafeSlow(front.length + header.length + payloadBytes);
  body.set(front);
  body.set(header, front.length);
  const { recording, segment } = stored;
  return withMediaFile(
    footage,
    recording,
    async (reader) => {
      let at = front.length + header.length;
      for (const { offsetBytes, lengthBytes } of ranges) {
        await reader.read(body.subarray(at, at + lengthBytes), offsetBytes);
        at += lengthBytes;
      }
      return body;
    },
    segment,
  );
}

/** Bytes of the answer; nothing but what is needed for it is read. Throws as `keptBody`. */
export async function keptSizeBytes(
  footage: Footage,
  stored: StoredSegment,
  form: SegmentForm,
): Promise<number> {
  checkForm(stored, form);
  const { recording, segment } = stored;
  if (isAsItCame(stored, form)) {
    const sizeBytes = initBytesOf(stored, form).length + segmentBytes(segment);
    return withMediaFile(footage, recording, () => Promise.resolve(sizeBytes), segment);
  }
  if (stored.run.format === "fmp4") return (await keptBody(footage, stored, form)).length;
  const { header, ranges } = await madeLayout(footage, stored, tracksOf(form), channelTicks(stored));
  const payloadBytes = ranges.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0);
  return initBytesOf(stored, form).length + header.length + payloadBytes;
}

/**
 * A segment of footage that is kept as it came: MPEG-TS and fMP4 as they are; single tracks of fMP4 with the channel's
 * media times, as DASH names them; and of whole MP4 files a segment that is made now. Throws `not-found`, `unavailable`.
 */
export async function keptBody(footage: Footage, stored: StoredSegment, form: SegmentForm): Promise<Body> {
  checkForm(stored, form);
  const tracks = tracksOf(form);
  const front = initBytesOf(stored, form);
  if (stored.run.format === "mp4") return madeSegment(footage, stored, tracks, channelTicks(stored), front);
  const bytes = await storedBytes(footage, stored);
  if (isAsItCame(stored, form)) return front.length === 0 ? bytes : Buffer.concat([front, bytes]);
  return movedFragments(stored, bytes, tracks, channelTicks(stored));
}
