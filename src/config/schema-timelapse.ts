import { z } from "zod";
import { parseDailySpan } from "../platform/daily-span.ts";
import { clipKeepConfig, clipKeepKey } from "./schema-clips.ts";
import { duration, key, parsed } from "./schema-parts.ts";
import type { TimelapseConfig } from "./timelapse.ts";

const length = duration(5000, 600_000);

const evenHeight = z
  .int()
  .min(64)
  .max(2160)
  .refine((height) => height % 2 === 0);

const DEFAULTS: TimelapseConfig = { lengthMs: 60_000, fps: 25, heightPixels: 720, keep: { days: 365 } };

const timelapseSchema = z.strictObject({
  length: key(length.type.optional(), length.wanted, "Length of the film of a whole day, `60s` by default."),
  fps: key(
    z.int().min(5).max(60).optional(),
    "a whole number from 5 to 60",
    "Pictures a second, `25` by default.",
  ),
  height: key(
    evenHeight.optional(),
    "an even number of pixels from 64 to 2160",
    "Height of the picture, `720` by default; lower pictures keep theirs.",
  ),
  skip: key(
    parsed(parseDailySpan).optional(),
    "two times such as 22:00-05:00",
    "The time of day, in the channel's zone, that is left out, so that the rest has more of the film; none by default.",
  ),
  keep: clipKeepKey("How long timelapses stay, `days: 365` by default; the footage may go long before."),
});

/** Timelapses of all channels that get them. */
export const timelapseKey = key(
  timelapseSchema.prefault({}),
  "length, fps, height, skip or keep below it",
  "Each day of a camera becomes one short film, made of its key frames alone.",
);

/** The same of one channel. */
export const channelTimelapseKey = key(
  z.union([z.boolean(), timelapseSchema]).optional(),
  "true, false, or length, fps, height, skip or keep below it",
  "Whether each day becomes a timelapse, and what is otherwise than in `timelapse`; by default cameras get one, other channels none.",
);

/** A checked group over the settings that hold where it says nothing. */
export const timelapseConfig = (
  { length, fps, height, skip, keep }: z.output<typeof timelapseSchema>,
  base: TimelapseConfig = DEFAULTS,
): TimelapseConfig => ({
  lengthMs: length ?? base.lengthMs,
  fps: fps ?? base.fps,
  heightPixels: height ?? base.heightPixels,
  ...(skip === undefined ? (base.skip === undefined ? {} : { skip: base.skip }) : { skip }),
  keep: keep === undefined ? base.keep : clipKeepConfig(keep),
});

/** What holds for a channel: `undefined` where it gets none by itself. */
export function channelTimelapse(
  given: z.output<typeof channelTimelapseKey>,
  base: TimelapseConfig,
  isCamera: boolean,
): TimelapseConfig | undefined {
  if (given === undefined) return isCamera ? base : undefined;
  if (typeof given === "boolean") return given ? base : undefined;
  return timelapseConfig(given, base);
}
