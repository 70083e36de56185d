import type { Fragment, RunParameters } from "../media/parameters.ts";
import type { RunEnd } from "../media/reasons.ts";

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
