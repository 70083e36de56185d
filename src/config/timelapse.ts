import type { KeepConfig } from "./config.ts";
import type { DailySpan } from "../platform/daily-span.ts";

/** How the timelapses of a channel's days are made. */
export type TimelapseConfig = {
  /** Length of the film of a whole day, in milliseconds. */
  readonly lengthMs: number;
  /** Pictures a second. */
  readonly fps: number;
  /** Height of the picture; lower ones keep theirs. */
  readonly heightPixels: number;
  /** The time of day that is left out, in the channel's zone. */
  readonly skip?: DailySpan;
  /** How long they stay. */
  readonly keep: KeepConfig;
};
