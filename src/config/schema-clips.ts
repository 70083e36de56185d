import { z } from "zod";
import type { KeepConfig } from "./config.ts";
import { key, size } from "./schema-parts.ts";

const HOUR_MS = 3_600_000;
const sizeOf = size(1e6, 1e15);

const clipKeep = z
  .strictObject({
    days: key(
      z.int().min(0).max(36_500).optional(),
      "a whole number of days from 0 to 36500",
      "Keeps those of today and of that many calendar days before it; no limit by default where another one is given.",
    ),
    hours: key(
      z.int().min(1).max(876_000).optional(),
      "a whole number of hours from 1 to 876000",
      "Keeps those of that many hours, counted back from now; no limit by default.",
    ),
    size: key(
      sizeOf.type.optional(),
      sizeOf.wanted,
      "Keeps at most that many bytes of each channel; no limit by default.",
    ),
  })
  .refine((keep) => Object.keys(keep).length > 0, { message: "days, hours or size below it" });

/** How long films of a kind stay; `words` says it, with the default. */
export const clipKeepKey = (words: string) => key(clipKeep.optional(), "days, hours or size below it", words);

/** The checked group as the rest of the program reads it. */
export const clipKeepConfig = (keep: z.output<typeof clipKeep>): KeepConfig => ({
  ...(keep.days === undefined ? {} : { days: keep.days }),
  ...(keep.hours === undefined ? {} : { maxAgeMs: keep.hours * HOUR_MS }),
  ...(keep.size === undefined ? {} : { maxBytes: keep.size }),
});
