import type { Footage } from "../archive/footage.ts";
import { raiseOffsetsInPlace } from "../media/fmp4/raise-offsets.ts";
import { rebaseHeaderInPlace, parseSegmentHeader } from "../media/fmp4/segment.ts";
import { TS_CLOCK_TICKS } from "../media/media-facts.ts";
import { convertTicks } from "../media/ticks.ts";
import { tsFacts } from "../media/ts/ts-facts.ts";
import { channelTicks, madeSegment, movedFragments, storedBytes } from "../playback/kept-body.ts";
import { withMediaFile } from "../playback/media-file.ts";
import { damagedHeader, segmentBody, type StoredSegment } from "../playback/segment-body.ts";
import type { RunRow } from "../db/index/rows.ts";

/**
 * When the first picture of what ffmpeg reads is shown, in 90,000ths of a second: sound may begin before it, and no time
 * may be negative.
 */
export const LEAD_TICKS = 90_000;

/** ffmpeg takes times so near before the turn of the clock of MPEG-TS for times before zero, in 90,000ths of a second. */
const NEAR_TURN_TICKS = 60 * 90_000;

/**
 * When ffmpeg, told to copy times, shows the first picture of input that begins with a segment, in seconds. Throws
 * `not-found` or `unavailable`.
 */
export async function inputStartSeconds(footage: Footage, stored: StoredSegment): Promise<number> {
  if (stored.run.format !== "ts") return LEAD_TICKS / 90_000;
  const bytes = await storedBytes(footage, stored);
  try {
    const { sourceTicks } = tsFacts(bytes);
    const isBeforeTurn = sourceTicks >= TS_CLOCK_TICKS - NEAR_TURN_TICKS;
    return (isBeforeTurn ? sourceTicks - TS_CLOCK_TICKS : sourceTicks) / 90_000;
  } catch (error) {
    throw damagedHeader(error);
  }
}

/** A part of a segment that is kept in a recorded or live form of our own: its header says when it is shown. */
export function moveInPlace(header: Uint8Array, run: RunRow, byTicks: number): void {
  const audioTicks = convertTicks(byTicks, run.videoTimescale, run.audioTimescale ?? run.videoTimescale);
  try {
    rebaseHeaderInPlace(header, { videoTicks: byTicks, audioTicks });
  } catch (error) {
    throw damagedHeader(error);
  }
}

/**
 * A segment as ffmpeg reads it behind its init, with its first picture at `outTicks` (90,000ths of a second); MPEG-TS as it
 * came. Throws `not-found` or `unavailable`.
 */
export async function placedBytes(
  footage: Footage,
  stored: StoredSegment,
  outTicks: number,
): Promise<Uint8Array> {
  if (stored.run.format === "ts") return storedBytes(footage, stored);
  const bytes = await movedBytes(footage, stored, outTicks);
  try {
    raiseOffsetsInPlace(bytes);
  } catch (error) {
    throw damagedHeader(error);
  }
  return bytes;
}

/** A segment of MP4 with its first picture at `outTicks`. */
async function movedBytes(footage: Footage, stored: StoredSegment, outTicks: number): Promise<Uint8Array> {
  const { run, segment } = stored;
  if (run.format === "fmp4")
    return movedFragments(stored, await storedBytes(footage, stored), "both", outTicks);
  if (run.format === "mp4") return madeSegment(footage, stored, "both", outTicks);
  const body = await segmentBody(footage, stored, "m4s");
  moveInPlace(body.subarray(0, segment.headerBytes), run, outTicks - channelTicks(stored));
  return body;
}

/** Segments that a group of pictures may have been cut into: 20 s each. */
const MOST_BACK = 60;

/**
 * The segment itself, or the one before it in its recording from which on it can be decoded: a long group of pictures is cut
 * into several. Throws `not-found` or `unavailable`.
 */
export async function decodableFrom(footage: Footage, stored: StoredSegment): Promise<StoredSegment> {
  const { recording, run, segment } = stored;
  if (run.format !== "nightjar") return stored;
  const { segments } = recording;
  const at = segments.findIndex(({ ordinal }) => ordinal === segment.ordinal);
  return withMediaFile(footage, recording, async (reader) => {
    for (let index = at; index >= Math.max(0, at - MOST_BACK); index -= 1) {
      const found = segments[index];
      if (!found) break;
      const header = new Uint8Array(found.headerBytes);
      await reader.read(header, recording.baseOffsetBytes + found.offsetBytes);
      if (beginsWithKey(header)) return { recording, run, segment: found };
    }
    return stored;
  });
}

function beginsWithKey(header: Uint8Array): boolean {
  try {
    return parseSegmentHeader(header).video.samples[0]?.isKey === true;
  } catch (error) {
    throw damagedHeader(error);
  }
}
