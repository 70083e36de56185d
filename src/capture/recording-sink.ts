import type { Fragment, RunParameters } from "../media/parameters.ts";
import type { RunEnd } from "../media/reasons.ts";

/** Where a run's samples go; implemented by the archive. */
export interface RunRecorder {
  /** Never blocks; what can't be taken any more is told to `onFailure`. */
  fragment(fragment: Fragment): void;
  /** Called exactly once; resolves when whole segments have been handed to the disk. */
  close(end: RunEnd): Promise<void>;
}

export interface Archive {
  /**
   * Begins a run. `onFailure` is called at most once, when the run can't be recorded any further; `close` is
   * still called after it.
   * @throws NightjarError `unavailable` when the storage is missing.
   */
  openRun(channelId: string, parameters: RunParameters, onFailure: (end: RunEnd) => void): RunRecorder;
  /** A connection that came to no run: its reason belongs to the gap that lasts. */
  noteFailure(channelId: string, end: RunEnd): void;
}
