import type { Recording, RunRow } from "../../db/index/rows.ts";
import type { JournalEntry } from "../journal/journal-types.ts";

/** Names a day of footage: what was born in the folder of a date. */
export type FolderDay = {
  channel: string;
  /** Id of the storage root. */
  root: string;
  /** `YYYY-MM-DD`, the folder's name. */
  date: string;
};

/** All that an aged day can be made from. */
export type AgeingSource = FolderDay & {
  /** Absolute path of the date's folder: work files lie in it, below `.ageing`. */
  folder: string;
  zone: string;
  /** Closed recordings that were born in the folder and are not aged, in the order of their start. */
  recordings: readonly Recording[];
  /** The run of each of them, by its id. */
  runs: ReadonlyMap<string, RunRow>;
  /** Recordings that were left out because they are locked, or can't be read at the moment. */
  leftOutIds: readonly string[];
};

/** Up to an hour of an aged day: what becomes one recording. */
export type AgedPart = {
  /** The recordings that it takes the place of; each is named by the part that holds its first segment. */
  replaces: readonly string[];
  /** Channel-wide media time of the file's zero for this part, in ticks of the video's timescale. */
  baseTicks: number;
  /**
   * Its segments. `offsetBytes` counts from the part's first segment; `mediaTicks` are those of the file, which begin at 0
   * with the file's first picture and go on through all parts; `startMs` and `durationTicks` are as the footage was
   * recorded; ordinals begin at 0 in each part.
   */
  entries: readonly JournalEntry[];
  /** Position of its first segment's first byte in the file. */
  baseOffsetBytes: number;
  /** The run that its first recording belonged to: timeline, boot and clocks are taken from there. */
  run: string;
};

/** A finished, synced and verified film of a day, still under another name in the day's folder. */
export type AgedFile = {
  /** Absolute. */
  path: string;
  sizeBytes: number;
  /** SHA-512 of the whole file, hex, computed from what was read back from the disk. */
  sha512: string;
  /** `ftyp` and `moov` at its front; a fragmented MP4 as our writer writes them (format `nightjar`). */
  init: Uint8Array;
  /** In order of time. */
  parts: readonly AgedPart[];
};

/** Why a day is kept as it is. */
export type Kept = {
  why: string;
  /** The settings that led to it, as text; absent where no others would make a difference. */
  settings?: string | undefined;
};

/** How the archive takes an aged day. */
export interface AgedDays {
  /**
   * Days of a channel whose footage is not aged yet, oldest first: of each folder, when its footage ends, ms UTC.
   * @param settings how they would be made smaller, as text: a day that is kept as it is by others is among them
   */
  days(
    channel: string,
    settings: string,
  ): readonly (FolderDay & { endMs: number; arrivedMs: number; sizeBytes: number })[];
  /**
   * What is there to be aged now; `undefined` when nothing is. Throws `unavailable` when the storage is not there, or a
   * clock that is yet to be set right may date it anew.
   */
  source(day: FolderDay, settings: string): Promise<AgeingSource | undefined>;
  /** Whether the storage with a day is there, looked at now: what is missing on one that has gone is not lost. */
  isStorageThere(day: FolderDay): Promise<boolean>;
  /** Throws as `replace` would by now: work that goes on is for nothing then. */
  checkSame(source: AgeingSource): Promise<void>;
  /**
   * Puts the films in the place of what they were made from: names, journal and checksum file durable, then one
   * transaction. The originals stay readable for an hour. Nothing has changed when it throws: `conflict` when an original
   * was changed, locked, deleted or added in the meantime.
   */
  replace(source: AgeingSource, files: readonly AgedFile[]): Promise<void>;
  /** Marks the day as kept as it is: it is not offered again unless footage is added to it, or the settings change. */
  keepAsIs(day: FolderDay, kept: Kept): Promise<void>;
}
