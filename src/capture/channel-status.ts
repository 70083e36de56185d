import type { RunParameters } from "../media/parameters.ts";
import type { RunEnd } from "../media/reasons.ts";

/** How a channel's capture stands; all times in milliseconds UTC by this machine's clock. */
export type ChannelStatus = {
  state: "connecting" | "recording" | "waiting" | "stopped";
  /** Since when it has been in this state. */
  sinceMs: number;
  /** Arrival of the newest picture. */
  lastSampleMs?: number;
  /** Silence up to this is usual of the source: what comes in segments, comes seldom. */
  usualPauseMs?: number;
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

/** A file that was received and can't be a segment. */
export type QuarantinedFile = {
  /** Names it among the channel's; stands in addresses. */
  id: string;
  /** As the client, or the watched folder, called it: `2026-11-20/video_140000.ts`. */
  name: string;
  /** What is wrong with it, in a sentence for people. */
  reason: string;
  sizeBytes: number;
  arrivedMs: number;
};

/** A file of a watched folder that can't be a segment; it stays where it is. */
export type UnreadableFile = { name: string; reason: string; sinceMs: number };

/** How files of an upload or a watched folder arrive. Times in ms UTC. */
export type ArrivalStatus = {
  /** Arrival of the newest file, or the time of the newest file in a watched folder; absent before any. */
  lastArrivalMs?: number;
  /** Files of the last 24 hours that came after newer ones had been listed live. */
  lateFiles: number;
  /** Files that were received and are kept aside. */
  quarantinedFiles: number;
  /** Why nothing can be read or taken now: a folder that is not there, a storage that is missing. */
  trouble?: RunEnd & {
    sinceMs: number;
    /** The storage is at fault, and not the watched folder. */ isOfStorage?: boolean;
  };
  /** Of a watched folder: what could not be read, newest first, bounded. */
  unreadable: readonly UnreadableFile[];
  /** How many there are of those in all. */
  unreadableFiles: number;
  /** Of a watched folder: the first look through all of it is not over yet. */
  isLookingThrough?: boolean;
};

/** What is known of channels whose footage arrives as files. */
export interface Arrivals {
  /** `undefined` for channels of another kind, and for those that are switched off. */
  status(channel: string): ArrivalStatus | undefined;
}

/** The files that were received and can't be segments, for people to look at. */
export interface Quarantine {
  /** Newest first. */
  list(channel: string): Promise<readonly QuarantinedFile[]>;
  /** Absolute path of a file; `undefined` when it is not there any more. */
  path(channel: string, id: string): Promise<string | undefined>;
  /** Whether it was there. */
  remove(channel: string, id: string): Promise<boolean>;
}
