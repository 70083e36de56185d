import type { FootageFormat } from "../../media/footage-format.ts";
import type { EndReason } from "../../media/reasons.ts";
import type { Segment } from "../../media/segment-list.ts";
import type { SegmentOutline } from "../../media/segment-outline.ts";

/** A run as the index holds it. Times in ms UTC; see schema.ts for each field. */
export type RunRow = {
  id: string;
  channel: string;
  timeline: number;
  init: Uint8Array;
  format: FootageFormat;
  videoCodec: string;
  audioCodec: string | null;
  width: number;
  height: number;
  frameRate: number | null;
  videoTimescale: number;
  audioTimescale: number | null;
  startMs: number;
  endMs: number | null;
  endReason: EndReason | null;
  endDetail: string | null;
  bootId: string;
  realtimeMs: number;
  boottimeMs: number;
  unsure: boolean;
};

export type RecordingState = "open" | "closed" | "garbage";

/** A recording without its segments: all that lists, retention and coverage need. */
export type RecordingRow = {
  id: string;
  channel: string;
  root: string;
  path: string;
  run: string;
  baseOffsetBytes: number;
  startMs: number;
  endMs: number;
  firstMediaSequence: number;
  discontinuitySequence: number;
  baseTicks: number;
  zone: string;
  sizeBytes: number;
  segmentCount: number;
  state: RecordingState;
  garbageMs: number | null;
  version: number;
};

/** The extension of recordings whose segments are files of their own. */
export const FILES_EXTENSION = ".files";

/**
 * Whether a recording's segments are files of their own (uploads, watched folders). Nothing lies at its path then: the
 * names of its journal and lock file are made from it.
 */
export const hasOwnFiles = ({ path }: Pick<RecordingRow, "path">): boolean => path.endsWith(FILES_EXTENSION);

const FILM_NAME = /(?:^|\/)video(?:-[1-9]\d{0,3})?\.mp4$/;

/**
 * Whether a recording is part of an aged day: of a film that several rows share, each with its own offset. It is one unit
 * for retention and locks.
 */
export const isAged = ({ path }: Pick<RecordingRow, "path">): boolean => FILM_NAME.test(path);

/** Whether an aged recording was made from files: their runs have no boot, as nobody captured them. */
export const isFilmOfFiles = (
  row: Pick<RecordingRow, "path">,
  run: Pick<RunRow, "bootId"> | undefined,
): boolean => isAged(row) && run?.bootId === "";

/**
 * When a recording begins and ends, ms UTC, its run, and the bytes of its file. Of a recording whose segments are files:
 * a span of it without a hole, and the bytes of that; nothing but its segments tells where something is missing.
 */
export type Extent = Pick<RecordingRow, "run" | "startMs" | "endMs" | "sizeBytes"> & {
  /** Its segments are files of their own. */
  hasFiles?: boolean;
};

/**
 * A recording and its segments in order. Of closed ones the segments are read when they are first asked for; the
 * outline, where there is one, is had for less.
 */
export type Recording = RecordingRow & {
  readonly segments: readonly Segment[];
  readonly outline?: SegmentOutline | undefined;
};

export type GapRow = {
  channel: string;
  startMs: number;
  endMs: number;
  reason: EndReason;
  detail: string;
  /** The recording that ended it. */
  recording: string;
};

export type CounterRow = {
  channel: string;
  nextMediaSequence: number;
  discontinuitySequence: number;
  timeline: number;
  /** In 90,000ths of a second. */
  nextTicks: number;
  newestEndMs: number;
};

/** A segment file that growing lists have named, and the numbers that it got there. */
export type ListedRow = {
  channel: string;
  recording: string;
  ordinal: number;
  startMs: number;
  mediaSequence: number;
  discontinuitySequence: number;
  /** Lists begin with this number or a later one: what came before it has had other numbers. */
  firstSequence: number;
};

export type LockRow = {
  recording: string;
  channel: string;
  startMs: number;
  endMs: number;
  who: string;
  why: string;
  sinceMs: number;
};

export type RootRow = { id: string; path: string; adoptedMs: number };
