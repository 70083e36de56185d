import type { GapRow, Recording, RunRow } from "../db/index/rows.ts";
import type { Segment } from "../media/segment-list.ts";
import type { RunEnd } from "../media/reasons.ts";
import type { StorageAway } from "./roots/root.ts";

/** A channel whose footage can be played: configured, or retired with footage left. */
export type FootageChannel = {
  id: string;
  /** For people. */
  name: string;
  /** Time zone of its days. */
  zone: string;
  /** No longer configured. */
  isRetired: boolean;
};

/**
 * The read side of the archive: everything that playback, pages and jobs know about footage. Recordings that
 * are being written are part of all answers with the segments that are whole; those come from memory.
 */
export interface Footage {
  channels(): readonly FootageChannel[];
  /** A channel by its id or a former id (`was:`), compared without case; `undefined` when there is none. */
  channel(id: string): FootageChannel | undefined;
  /**
   * Recordings of a channel that overlap `[fromMs, toMs)` (ms UTC), closed or being written, each with at least
   * one segment, ordered by start and then by media sequence number.
   */
  recordings(channel: string, fromMs: number, toMs: number): Recording[];
  /** The newest recordings, in order, that together hold at least `durationMs` of pictures where there are so many. */
  newest(channel: string, durationMs: number): Recording[];
  /** Recordings of a channel whose place an aged day has taken, as long as they are readable; in no order. */
  agedAway?(channel: string): Recording[];
  /** One recording by id: closed, being written, or garbage that is still readable. */
  recording(id: string): Recording | undefined;
  /** A segment that another took the place of less than an hour ago, and its recording with it alone. */
  replaced?(recording: string, ordinal: number): { recording: Recording; segment: Segment } | undefined;
  run(id: string): RunRow | undefined;
  /** Gaps that overlap `[fromMs, toMs)`, in order, each followed by footage. */
  gaps(channel: string, fromMs: number, toMs: number): GapRow[];
  /** Why nothing is being recorded now, since when (ms UTC); `undefined` while footage arrives or before any. */
  outage(channel: string): (RunEnd & { sinceMs: number }) | undefined;
  /** What is told while a storage is not there whose footage may not be known. */
  storageAway?(): StorageAway | undefined;
  /**
   * Absolute path of a recording's media file, or of the segment's own where segments are files; `undefined` while its
   * storage is not there.
   */
  mediaPath(recording: Recording, segment?: Segment): string | undefined;
}
