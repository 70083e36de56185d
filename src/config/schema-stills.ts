import { z } from "zod";
import { key } from "./schema-parts.ts";

const decoders = "a whole number from 1 to 16";

/** Pictures out of the footage. */
export const stillsKey = key(
  z
    .strictObject({
      decoders: key(
        z.int().min(1).max(16).default(1),
        decoders,
        "How many pictures are decoded at once, `1` by default; more are made sooner, and take more of the processor from everything else.",
      ),
    })
    .prefault({}),
  "decoders below it",
  "Pictures out of the footage, each decoded by an ffmpeg of its own.",
);
