import { z } from "zod";
import { notifyEvents } from "../config/notify.ts";

/** Something that a receiver is told; stored as JSON until it has been delivered. Times in ms UTC. */
export const noticeSchema = z.object({
  event: z.enum(notifyEvents),
  /** Id and name of the channel; absent for what concerns all. */
  channel: z.string().optional(),
  name: z.string().optional(),
  /** `offline`, `recording`, `failing` or `ok`. */
  state: z.string(),
  /** One of the reasons of gaps, or of what stops all recording. */
  reason: z.string(),
  detail: z.string(),
  sinceMs: z.number(),
  atMs: z.number(),
  /** One line for people, without the name. */
  text: z.string(),
});
export type Notice = z.infer<typeof noticeSchema>;

/** What stops all recording, or some of it silently. */
export type TroubleReason =
  "storage-missing" | "storage-full" | "database-unusable" | "ffmpeg-missing" | "disk-slow";

export type Trouble = { reason: TroubleReason; detail: string; sinceMs: number };

/** A channel at one instant. `unknown`: it has just been started; `off`: it is not meant to be recorded. */
export type ChannelSeen = {
  id: string;
  name: string;
  state: "recording" | "offline" | "unknown" | "off";
  reason: string;
  detail: string;
  sinceMs: number;
  /** One line for people. */
  words: string;
  /** Time zone of its days. */
  zone: string;
};

/** All that can be told of, at one instant. */
export type Observation = {
  nowMs: number;
  monotonicMs: number;
  troubles: readonly Trouble[];
  channels: readonly ChannelSeen[];
  /** The server's time zone. */
  zone: string;
};
