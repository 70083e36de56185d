import { z } from "zod";
import { clipKeepConfig, clipKeepKey } from "./schema-clips.ts";
import { key } from "./schema-parts.ts";
import type { MomentsConfig } from "./moments.ts";

const USUAL_DAYS = 30;

/** Moments of all channels. */
export const momentsKey = key(
  z
    .strictObject({
      keep: clipKeepKey("How long moments stay, `days: 30` by default; the footage may go before or after."),
      height: key(
        z
          .int()
          .min(64)
          .max(4320)
          .refine((height) => height % 2 === 0)
          .optional(),
        "an even number of pixels from 64 to 4320",
        "The most that the MP4 is high, by default as the camera's pictures are.",
      ),
    })
    .prefault({}),
  "keep or height below it",
  "Short films, as MP4 and GIF, of what has just happened.",
);

/** The checked group as the rest of the program reads it. */
export const momentsConfig = ({ keep, height }: z.output<typeof momentsKey>): MomentsConfig => ({
  keep: keep === undefined ? { days: USUAL_DAYS } : clipKeepConfig(keep),
  ...(height === undefined ? {} : { maxHeight: height }),
});
