import type { GapRow, RunRow } from "../../db/index/rows.ts";
import type { RunEnd } from "../../media/reasons.ts";
import type { Segment } from "../../media/segment-list.ts";

/** Highest duration of a journal's entries, in seconds: its target duration is written before the first of them. */
export const JOURNAL_TARGET_SECONDS = 20;

/** The run of a recording as its journal tells it, so that the journal alone can bring the run's row back. */
export type JournalRun = Omit<RunRow, "channel" | "endMs" | "endReason" | "endDetail">;

/** A span that was not recorded and that this recording ended. Times in ms UTC. */
export type JournalGap = Omit<GapRow, "channel" | "recording">;

/** What is known when a recording is born. Everything that `reindex` needs beside the entries. */
export type JournalHead = {
  recording: string;
  channel: string;
  /** Id of the storage root on which it was born. */
  root: string;
  /** Name of the media file, in the journal's own folder. Where segments are files, no file has it. */
  file: string;
  /** Position of the first segment's first byte in the media file; the init lies before it. */
  baseOffsetBytes: number;
  firstMediaSequence: number;
  discontinuitySequence: number;
  /** Channel-wide media time of the file's zero, each in ticks of its own track's timescale. */
  baseTicks: { video: number; audio?: number };
  /** The time zone that named the folder. */
  zone: string;
  /** Ids of the recordings that this one replaces. */
  replaces: string[];
  gaps: JournalGap[];
  run: JournalRun;
};

/** One segment, as it was written: times before any re-dating, and the CRC-32 of its bytes. */
export type JournalEntry = Segment & {
  crc32: number;
  /** Of a segment with a file of its own: its first picture on the source's clock, in 90,000ths of a second. */
  sourceTicks?: number;
};

export type ParsedEntry = JournalEntry & {
  /** Position in the journal's text right after the entry, in bytes: where a journal can be cut. */
  endsAtBytes: number;
};

/** A journal as it lies on disk. Torn and damaged parts are left out and named in `problems`. */
export type Journal = {
  head: JournalHead;
  /** Entries whose text is intact, in the order of the file. */
  entries: ParsedEntry[];
  /** How many of `entries`, from the first on, were durable together with their bytes. */
  synced: number;
  /** By how much all wall times are later than written; `undefined` when the recording was never re-dated. */
  redatedMs: number | undefined;
  /** By how much its first gap begins later than written: the footage before it may have been re-dated as well. */
  gapsRedatedMs: number;
  /** How the run ended, if it ended with this recording. */
  end: RunEnd | undefined;
  /** Closed: no entry follows. */
  isComplete: boolean;
  /** Where segments are files of their own: the number that the next one gets, and how often the recording changed. */
  files: { nextOrdinal: number; version: number } | undefined;
  /** `#NJ:` lines of a kind that this version does not know, as they stand. */
  unknown: string[];
  problems: string[];
};
