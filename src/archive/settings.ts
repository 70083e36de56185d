import type { KeepLimits } from "../db/state/state-database.ts";
import type { WantedFileMax } from "./write/roll.ts";

/** What the archive has to know about a channel that is or was configured. */
export type ArchiveChannel = {
  id: string;
  /** For people. */
  name: string;
  /** Time zone of its days. */
  zone: string;
  keep: KeepLimits;
  /** Former ids, whose footage is shown as this channel's. */
  was: readonly string[];
  /** No longer configured. */
  isRetired: boolean;
  /** False when the user wants no sound: then a run without sound is not given silence to match an older init. */
  hasSound: boolean;
  /** Where its footage arrives as files: how long lists that grow wait for older ones, in ms; a minute by default. */
  settleMs?: number;
};

export type ArchiveSettings = {
  /** Configured channels and retired ones; may change while running. */
  channels(): readonly ArchiveChannel[];
  /** Time between two rounds of syncing. */
  flushMs: number;
  /** Segments are whole GOPs of at least this length. */
  segmentTargetMs: number;
  /** The most that one file holds, where the user said so. */
  fileMax: WantedFileMax;
  /** Only beyond one of these a segment is cut between samples. */
  segmentMaxMs: number;
  segmentMaxBytes: number;
  /** The most that locked footage may take, in bytes of a root; without it there is no limit. */
  lockedMaxBytes?(rootId: string): Promise<number>;
};
