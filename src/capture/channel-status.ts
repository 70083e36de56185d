import type { RunParameters } from "../media/parameters.ts";
import type { RunEnd } from "../media/reasons.ts";

/** How a channel's capture stands; all times in milliseconds UTC by this machine's clock. */
export type ChannelStatus = {
  state: "connecting" | "recording" | "waiting" | "stopped";
  /** Since when it has been in this state. */
  sinceMs: number;
  /** Arrival of the newest picture. */
  lastSampleMs?: number;
  /** Why it is not recording, or why the run before this one ended. */
  end?: RunEnd;
  /** Connections tried since it last recorded. */
  attempts: number;
  nextTryMs?: number;
  /** Of the present run, or of the last one. */
  parameters?: RunParameters;
  bitrateBps?: number;
  /** Time between key pictures. */
  keyIntervalMs?: number;
  /** What the user could change at the camera. */
  advice?: string;
};
