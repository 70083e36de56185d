import type { Footage } from "../archive/footage.ts";
import { firstDecodeTicks } from "../media/kept/fmp4-times.ts";
import { fmp4Facts } from "../media/kept/fmp4-facts.ts";
import type { Mp4File } from "../media/kept/mp4-file.ts";
import { convertTicks } from "../media/ticks.ts";
import { storedBytes } from "./kept-body.ts";
import { mp4FileOf } from "./mp4-files.ts";
import { damagedHeader } from "./stored-segment.ts";
import type { Stretch } from "./sequence.ts";

/** How long before its first picture a file's first sample is decoded. */
function leadIn({ video, audio }: Mp4File): number {
  const soundTicks = audio ? convertTicks(audio.decodeTicksAt(0), audio.timescale, 90_000) : 0;
  const pictureTicks = convertTicks(video.decodeTicksAt(0), video.timescale, 90_000);
  return Math.max(0, -Math.min(soundTicks, pictureTicks));
}

/**
 * When the first picture of footage that is kept as MP4 is shown in a file of its own, in 90,000ths of a
 * second: what is decoded or heard before it needs times that are not negative. Throws `not-found` or `unavailable`.
 */
export async function leadTicksOf(footage: Footage, stretches: readonly Stretch[]): Promise<number> {
  const leading = stretches[0];
  if (!leading) return 0;
  const { recording, run, first } = leading;
  const stored = { recording, run, segment: first };
  if (run.format === "mp4") return leadIn(await mp4FileOf(footage, stored));
  const bytes = await storedBytes(footage, stored);
  try {
    return Math.max(0, fmp4Facts(run.init, bytes).sourceTicks - firstDecodeTicks(run.init, bytes));
  } catch (error) {
    throw damagedHeader(error);
  }
}
