import type { Footage } from "../archive/footage.ts";
import { isAged } from "../db/index/rows.ts";
import { firstDecodeTicks } from "../media/kept/fmp4-times.ts";
import { fmp4Facts } from "../media/kept/fmp4-facts.ts";
import type { Mp4File } from "../media/kept/mp4-file.ts";
import { parseSegmentHeader } from "../media/fmp4/segment.ts";
import { convertTicks } from "../media/ticks.ts";
import { storedBytes } from "./kept-body.ts";
import { withMediaFile } from "./media-file.ts";
import { mp4FileOf } from "./mp4-files.ts";
import { damagedHeader, type StoredSegment } from "./stored-segment.ts";
import type { Stretch } from "./stretch.ts";

/** How long before its first picture a file's first sample is decoded. */
function leadIn({ video, audio }: Mp4File): number {
  const soundTicks = audio ? convertTicks(audio.decodeTicksAt(0), audio.timescale, 90_000) : 0;
  const pictureTicks = convertTicks(video.decodeTicksAt(0), video.timescale, 90_000);
  return Math.max(0, -Math.min(soundTicks, pictureTicks));
}

/**
 * The same of a part of a film. Films lay the sound of what they were made of end to end, so that of a segment may begin a
 * frame before its pictures.
 */
async function filmLeadTicks(footage: Footage, stored: StoredSegment): Promise<number> {
  const { recording, run, segment } = stored;
  const header = new Uint8Array(segment.headerBytes);
  await withMediaFile(footage, recording, (reader) =>
    reader.read(header, recording.baseOffsetBytes + segment.offsetBytes),
  );
  const { audio } = parsed(header);
  if (!audio || run.audioTimescale === null) return 0;
  const startTicks = convertTicks(segment.mediaTicks, run.videoTimescale, run.audioTimescale);
  const earlyTicks = startTicks - audio.decodeTicks;
  // One tick more, and upwards: times of the sound are rounded down wherever they are moved.
  return earlyTicks > 0 ? -convertTicks(-(earlyTicks + 1), run.audioTimescale, run.videoTimescale) : 0;
}

function parsed(header: Uint8Array) {
  try {
    return parseSegmentHeader(header);
  } catch (error) {
    throw damagedHeader(error);
  }
}

/**
 * When the first picture of footage that is kept as MP4, or of a film, is shown in a file of its own, in 90,000ths of a
 * second: what is decoded or heard before it needs times that are not negative. Throws `not-found` or `unavailable`.
 */
export async function leadTicksOf(footage: Footage, stretches: readonly Stretch[]): Promise<number> {
  const leading = stretches[0];
  if (!leading) return 0;
  const { recording, run } = leading;
  const [first] = leading.segments;
  if (!first) return 0;
  const stored = { recording, run, segment: first };
  if (run.format === "nightjar") return isAged(recording) ? filmLeadTicks(footage, stored) : 0;
  if (run.format === "mp4") return leadIn(await mp4FileOf(footage, stored));
  const bytes = await storedBytes(footage, stored);
  try {
    return Math.max(0, fmp4Facts(run.init, bytes).sourceTicks - firstDecodeTicks(run.init, bytes));
  } catch (error) {
    throw damagedHeader(error);
  }
}
