import { z } from "zod";

/** What a clip is encoded with; `copy` leaves pictures and sound as they are, and begins with the key frame before. */
export const clipCodecs = ["h264", "h265", "copy"] as const;
export type ClipCodec = (typeof clipCodecs)[number];

const DAY_MS = 86_400_000;
/** Longest clip. */
export const MOST_CLIP_DAYS = 31;
export const LEAST_CLIP_MS = 100;

/** A clip that somebody asked for. Times in ms UTC. */
export const clipRequest = z
  .strictObject({
    channel: z.string().min(1).max(64),
    startMs: z.int().min(0),
    endMs: z.int().min(0),
    codec: z.enum(clipCodecs),
    /** Height of the pictures in pixels; without it as they are. */
    heightPixels: z
      .int()
      .min(64)
      .max(4320)
      .refine((height) => height % 2 === 0, { message: "an even number of pixels" })
      .optional(),
    /** Whether the wall time of each picture is written into it. */
    hasClock: z.boolean(),
  })
  .refine(({ startMs, endMs }) => endMs - startMs >= LEAST_CLIP_MS, {
    message: "the end is not after the start",
  })
  .refine(({ startMs, endMs }) => endMs - startMs <= MOST_CLIP_DAYS * DAY_MS, {
    message: `a clip is ${MOST_CLIP_DAYS} days long at most`,
  })
  .refine(
    ({ codec, hasClock, heightPixels }) => codec !== "copy" || (!hasClock && heightPixels === undefined),
    {
      message: "without encoding anew, neither a clock nor another size can be had",
    },
  );

export type ClipRequest = z.output<typeof clipRequest>;
