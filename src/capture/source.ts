import type { Fragment, RunParameters } from "../media/parameters.ts";
import type { RunEnd } from "../media/reasons.ts";
import type { KeptMark, KeptRunStart, KeptSegment } from "./recording-sink.ts";

/** Whether a new try makes sense: at once, after a pause that grows, or only now and then. */
export type Retry = "now" | "later" | "rarely";

export type SourceEnd = RunEnd & { retry: Retry };

/** What a source gives its samples to. */
export interface RunSink {
  /** Codec parameters of the run: once, before any fragment. */
  begin(parameters: RunParameters): void;
  /**
   * One fragment, in decode order within its track. Must not be called before `begin`.
   * Never blocks; a sink that can't take more ends the run through the source's signal.
   */
  fragment(fragment: Fragment): void;
}

/**
 * Turns one connection into one run. It connects, calls `begin` once, then `fragment` for ever, and resolves
 * with the one reason why it ended; it never rejects and never retries, supervision stands outside. When the
 * signal is aborted it releases the connection and every process of its own, and resolves; if the signal's
 * reason is a `SourceEnd`, that is the end it resolves with. What it can't keep, it ends as `source-unsupported`.
 */
export interface Source {
  /** What is connected to, for people: without user name and password. */
  readonly description: string;
  run(sink: RunSink, signal: AbortSignal): Promise<SourceEnd>;
}

/** What a source gives its segments to that are kept byte for byte. */
export interface KeptSink {
  /** The channel's newest segments of this kind, oldest first, at most `count`; see `Archive.keptTail`. */
  keptTail(count: number): Promise<readonly KeptMark[]>;
  /**
   * Begins a run; there must be none open.
   * @param usualPauseMs silence up to this is usual of the source
   */
  beginKept(start: KeptRunStart, usualPauseMs: number): void;
  /** A segment of the open run. A source waits for it before it gives the next one. */
  keep(segment: KeptSegment): Promise<void>;
  /** Ends the open run, so that another can begin within the same connection. Without one it does nothing. */
  endKept(end: RunEnd): Promise<void>;
}

/**
 * A source whose footage is kept as it comes, in one run or in several after one another; it may also turn out to be one
 * that is recorded like a camera, and then calls `begin` and `fragment`. All else is as with `Source`: a `Source` is one
 * of these that never keeps anything.
 */
export interface KeptSource {
  readonly description: string;
  run(sink: RunSink & KeptSink, signal: AbortSignal): Promise<SourceEnd>;
}
