import { z } from "zod";
import { parseDailySpan } from "../platform/daily-span.ts";
import { key, parsed } from "./schema-parts.ts";

/** Work that is done beside recording. */
export const jobsKey = key(
  z
    .strictObject({
      window: key(
        parsed(parseDailySpan).optional(),
        "two times such as 22:00-06:00",
        "The time of day, in the server's zone, in which heavy work is done, such as making old days smaller; at any time by default. What is short, or asked for by somebody who waits, is done at once.",
      ),
    })
    .prefault({}),
  "window below it",
  "Work that is done with footage beside recording, with what recording leaves of the machine.",
);
