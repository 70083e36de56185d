import { parseInit, runParametersOf } from "../media/fmp4/init.ts";
import { attempt } from "../media/bits.ts";
import type { Fragment, RunParameters } from "../media/parameters.ts";
import type { RunEnd } from "../media/reasons.ts";
import type { Clock } from "../platform/clock.ts";
import { errorText } from "../platform/errors.ts";
import { logOf } from "../platform/log.ts";
import {
  StorageMissing,
  type Archive,
  type KeptMark,
  type KeptRunRecorder,
  type KeptRunStart,
  type KeptSegment,
  type RunRecorder,
} from "./recording-sink.ts";
import type { KeptSink, RunSink, SourceEnd } from "./source.ts";

const log = logOf("capture");

export type RunEvents = {
  begun: (parameters: RunParameters) => void;
  arrived: (fragment: Fragment) => void;
  /** Parameters are absent where the init says them in a form that cameras don't use. */
  keptBegun: (parameters: RunParameters | undefined, usualPauseMs: number) => void;
  kept: (segment: KeptSegment) => void;
  /** A run ended, and the connection goes on. */
  keptEnded: (end: RunEnd) => void;
};

type Place = { channelId: string; archive: Archive; clock: Clock };

/** Stands between a source and the archive for the time of one connection; failures of the archive end it. */
export class SupervisedRun implements RunSink, KeptSink {
  #recorder: RunRecorder | undefined;
  #kept: KeptRunRecorder | undefined;
  #hasFailed = false;
  /** Its footage is kept as it comes. */
  isKept = false;
  /** Monotonic times. */
  beganAtMs: number | undefined;
  lastPictureMs: number | undefined;

  constructor(
    private readonly place: Place,
    private readonly abort: AbortController,
    private readonly events: RunEvents,
  ) {}

  begin(parameters: RunParameters): void {
    const { archive, channelId } = this.place;
    this.#recorder = this.#open((onFailure) => archive.openRun(channelId, parameters, onFailure));
    if (this.#recorder === undefined) return;
    this.#noteBegin();
    this.events.begun(parameters);
  }

  fragment(fragment: Fragment): void {
    if (this.#recorder === undefined || this.#hasFailed) return;
    if (fragment.track === "video") this.lastPictureMs = this.place.clock.monotonicMs();
    try {
      this.#recorder.fragment(fragment);
    } catch (error) {
      this.#fail({ reason: "disk-error", detail: errorText(error) });
      return;
    }
    this.events.arrived(fragment);
  }

  keptTail(count: number): Promise<readonly KeptMark[]> {
    return this.place.archive.keptTail(this.place.channelId, count);
  }

  beginKept(start: KeptRunStart, usualPauseMs: number): void {
    const { archive, channelId } = this.place;
    this.#kept = this.#open((onFailure) => archive.openKeptRun(channelId, start, onFailure));
    if (this.#kept === undefined) return;
    this.isKept = true;
    this.#noteBegin();
    const parameters = attempt(() => runParametersOf(parseInit(start.parameters.init)));
    this.events.keptBegun(parameters, usualPauseMs);
  }

  async keep(segment: KeptSegment): Promise<void> {
    if (this.#kept === undefined || this.#hasFailed) return;
    try {
      await this.#kept.segment(segment);
    } catch (error) {
      this.#fail({ reason: "disk-error", detail: errorText(error) });
      return;
    }
    this.lastPictureMs = this.place.clock.monotonicMs();
    this.events.kept(segment);
  }

  async endKept(end: RunEnd): Promise<void> {
    const recorder = this.#kept;
    if (recorder === undefined) return;
    this.#kept = undefined;
    await this.#closing(recorder, end);
    this.events.keptEnded(end);
  }

  /** Ends what is open. */
  async close({ reason, detail }: RunEnd): Promise<void> {
    const recorder = this.#recorder ?? this.#kept;
    if (recorder !== undefined) await this.#closing(recorder, { reason, detail });
  }

  async #closing(recorder: RunRecorder | KeptRunRecorder, end: RunEnd): Promise<void> {
    try {
      await recorder.close(end);
    } catch (error) {
      const { channelId: channel } = this.place;
      log.error("{channel}: the run could not be closed: {text}", { channel, text: errorText(error) });
    }
  }

  #open<R>(open: (onFailure: (end: RunEnd) => void) => R): R | undefined {
    if (this.#hasFailed) return undefined;
    try {
      return open((end) => this.#fail(end));
    } catch (error) {
      const isAway = error instanceof StorageMissing;
      this.#fail(isAway ? error.end : { reason: "disk-error", detail: errorText(error) });
      return undefined;
    }
  }

  #noteBegin(): void {
    const nowMs = this.place.clock.monotonicMs();
    this.beganAtMs ??= nowMs;
    this.lastPictureMs = nowMs;
  }

  #fail(end: RunEnd): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    const retry = end.reason === "disk-slow" ? "now" : "later";
    this.abort.abort({ ...end, retry } satisfies SourceEnd);
  }
}
