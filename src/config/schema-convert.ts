import { z } from "zod";
import { convertCodecs, type ConvertConfig, encoderKinds, presets } from "./convert.ts";
import { choice, duration, key } from "./schema-parts.ts";

const HOUR_MS = 3_600_000;
const after = duration(0, 36_500 * 24 * HOUR_MS);
/** What both encoders give without being asked: no difference is seen at a usual distance. */
const DEFAULT_CRF = { h265: 28, h264: 23 } as const;

const evenHeight = z
  .int()
  .min(64)
  .max(4320)
  .refine((height) => height % 2 === 0);

const convertSchema = z.strictObject({
  after: key(
    after.type.default(48 * HOUR_MS),
    after.wanted,
    "How long after its end, and after the last of its files arrived, a day is converted, `48h` by default.",
  ),
  codec: key(
    z.enum(convertCodecs).default("h265"),
    choice(convertCodecs),
    "What days become, `h265` by default: about half the size of `h264`, which more browsers play and which takes less work.",
  ),
  crf: key(
    z.int().min(0).max(51).optional(),
    "a whole number from 0 to 51",
    "Quality as x265 and x264 count it, by default 28 for `h265` and 23 for `h264`; less is better and larger.",
  ),
  preset: key(
    z.enum(presets).default("medium"),
    choice(presets),
    "How much time is spent to make the result smaller, `medium` by default.",
  ),
  height: key(
    evenHeight.optional(),
    "an even number of pixels from 64 to 4320",
    "Pictures that are higher are made this high; by default they keep their size.",
  ),
  fps: key(
    z.int().min(1).max(120).optional(),
    "a whole number from 1 to 120",
    "The most pictures kept of a second; by default all are.",
  ),
  encoder: key(
    z.enum(encoderKinds).default("auto"),
    choice(encoderKinds),
    "What encodes, `auto` by default: the first part of the machine made for it that works in a short try, else the processor (`software`).",
  ),
});

/** How old days of a channel are made smaller. */
export const convertKey = key(
  convertSchema.optional(),
  "after, codec, crf, preset, height, fps or encoder below it, or {} for the defaults",
  "Old days are replaced by smaller ones, verified before anything is deleted; not done by default.",
);

/** The checked group with what depends on its codec filled in. */
export const convertConfig = (checked: z.output<typeof convertSchema>): ConvertConfig => ({
  afterMs: checked.after,
  codec: checked.codec,
  crf: checked.crf ?? DEFAULT_CRF[checked.codec],
  preset: checked.preset,
  ...(checked.height === undefined ? {} : { height: checked.height }),
  ...(checked.fps === undefined ? {} : { fps: checked.fps }),
  encoder: checked.encoder,
});
