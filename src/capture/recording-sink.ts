import type { KeptParameters } from "../media/media-facts.ts";
import type { Fragment, RunParameters } from "../media/parameters.ts";
import type { RunEnd } from "../media/reasons.ts";
import { NightjarError } from "../platform/errors.ts";

/** Nothing can be stored at present: the storage is not there, or full. Carries which, and why. */
export class StorageMissing extends NightjarError {
  readonly end: RunEnd;

  constructor(end: RunEnd) {
    super("unavailable", end.detail === "" ? "the storage is not there" : end.detail);
    this.end = end;
  }
}

/** Where a run's samples go; implemented by the archive. */
export interface RunRecorder {
  /** Never blocks; what can't be taken any more is told to `onFailure`. */
  fragment(fragment: Fragment): void;
  /** Called exactly once; resolves when whole segments have been handed to the disk. */
  close(end: RunEnd): Promise<void>;
}

/** A segment of a source that is kept byte for byte. */
export type KeptSegment = {
  bytes: Uint8Array;
  /** Wall time of its first picture, whole ms UTC. */
  startMs: number;
  /** Length of its pictures in 90,000ths of a second; above 0. */
  durationTicks: number;
  /** Bytes of pictures that are not key frames, where that is known; else 0. */
  activityBytes: number;
};

/** Where the segments of a run go that is kept as it came; implemented by the archive. */
export interface KeptRunRecorder {
  /**
   * Segments follow one another without a hole on the source's clock; what does not, begins a new run. Resolves when
   * it is in the file, and its bytes are the source's again: one that waits for it holds one segment in memory. What
   * can't be taken any more is told to `onFailure`, and this resolves all the same.
   */
  segment(segment: KeptSegment): Promise<void>;
  /** Called exactly once; resolves when everything has been handed to the disk. */
  close(end: RunEnd): Promise<void>;
}

/** A segment that was stored before, for telling it from the others of a source's window. */
export type KeptMark = { crc32: number; sizeBytes: number; startMs: number; durationTicks: number };

export type KeptRunStart = {
  /** `ts` or `fmp4`. */
  parameters: KeptParameters;
  /**
   * Its first segment begins on the source's clock where the channel's newest stored one ended: with an equal init
   * it goes on with that timeline, without a discontinuity.
   */
  isContinuation: boolean;
  /**
   * Wall times come from the source's own clock (`EXT-X-PROGRAM-DATE-TIME`): they hold whatever this machine's clock
   * says, and are not dated anew when it is set. By default they follow this machine's clock.
   */
  isDatedBySource?: boolean;
};

export interface Archive {
  /**
   * Begins a run. `onFailure` is called at most once, when the run can't be recorded any further; `close` is
   * still called after it.
   * @throws StorageMissing
   */
  openRun(channelId: string, parameters: RunParameters, onFailure: (end: RunEnd) => void): RunRecorder;
  /** The same for footage that is kept byte for byte. */
  openKeptRun(channelId: string, start: KeptRunStart, onFailure: (end: RunEnd) => void): KeptRunRecorder;
  /**
   * The channel's newest segments that were kept byte for byte, oldest first, at most `count`; also those of before
   * this start. None when its newest footage is of another kind.
   */
  keptTail(channelId: string, count: number): Promise<readonly KeptMark[]>;
  /** A connection that came to no run: its reason belongs to the gap that lasts. */
  noteFailure(channelId: string, end: RunEnd): void;
}
