import { z } from "zod";
import { choice, key } from "./schema-parts.ts";

const zones = ["channel", "utc"] as const;

/** The addresses of HLS PVR: `/streamer/…` and `/metadata`. */
export const streamerKey = key(
  z
    .strictObject({
      naive_times: key(
        z.enum(zones).default("channel"),
        choice(zones),
        "What times without an offset mean at `/streamer/…` and `/metadata`: local time of the `channel` by default, or `utc` as HLS PVR took them.",
      ),
    })
    .prefault({}),
  "naive_times below it",
  "The addresses that users of HLS PVR know.",
);
