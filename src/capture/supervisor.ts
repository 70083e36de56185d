import type { RunParameters } from "../media/parameters.ts";
import { endWords, type RunEnd } from "../media/reasons.ts";
import type { Clock } from "../platform/clock.ts";
import { clockStepMs, readClock } from "../platform/clock-watch.ts";
import { errorText } from "../platform/errors.ts";
import { logOf } from "../platform/log.ts";
import { Backoff, STABLE_RUN_MS } from "./backoff.ts";
import type { ChannelStatus } from "./channel-status.ts";
import { KeptFigures } from "./kept-figures.ts";
import type { Archive } from "./recording-sink.ts";
import { RunFigures } from "./run-figures.ts";
import type { KeptSource, SourceEnd } from "./source.ts";
import { SupervisedRun } from "./supervised-run.ts";

const log = logOf("capture");

const WATCH_PERIOD_MS = 1000;
/** A tick this late means that this program stood still, not the source. */
const LATE_TICK_MS = 2 * WATCH_PERIOD_MS;
const STALL_MS = 15_000;
/** Sources give up by themselves much sooner; this is for those that fail to. */
const CONNECT_LIMIT_MS = 90_000;

export type SupervisorOptions = {
  channelId: string;
  source: KeptSource;
  archive: Archive;
  clock: Clock;
  /** A number from 0 to 1, below 1. */
  random?: () => number;
};

/** An outage for the log: from the first failure until recording has been stable again. */
type Outage = { sinceMonotonicMs: number; end: RunEnd };

/**
 * Keeps one channel recording: runs its source, watches it, and runs it again when it ended. Channels share
 * nothing, so none can slow another.
 */
export class ChannelSupervisor {
  readonly #stop = new AbortController();
  readonly #backoff: Backoff;
  #done: Promise<void> | undefined;
  #state: ChannelStatus["state"] = "stopped";
  #sinceMs: number;
  #end: RunEnd | undefined;
  #attempts = 0;
  #nextTryMs: number | undefined;
  #lastSampleMs: number | undefined;
  #silentSinceMs = 0;
  #parameters: RunParameters | undefined;
  #figures: RunFigures | KeptFigures = new RunFigures();
  #usualPauseMs: number | undefined;
  #outage: Outage | undefined;

  constructor(private readonly options: SupervisorOptions) {
    this.#backoff = new Backoff(options.random);
    this.#sinceMs = options.clock.nowMs();
  }

  get channelId(): string {
    return this.options.channelId;
  }

  /** Begins to record; returns at once. */
  start(): void {
    this.#done ??= this.#loop();
  }

  /** Resolves when the source is released and the run is closed. A stopped supervisor is not started again. */
  async stop(): Promise<void> {
    this.#stop.abort({ reason: "stopped", detail: "", retry: "later" } satisfies SourceEnd);
    await this.#done;
  }

  get status(): ChannelStatus {
    const { bitrateBps, keyIntervalMs, advice } = this.#figures;
    const usualPauseMs = this.#usualPauseMs;
    return withoutUndefined({
      state: this.#state,
      sinceMs: this.#sinceMs,
      lastSampleMs: this.#lastSampleMs,
      usualPauseMs,
      end: this.#end,
      attempts: this.#attempts,
      nextTryMs: this.#nextTryMs,
      parameters: this.#parameters,
      bitrateBps: this.#state === "recording" ? bitrateBps : undefined,
      keyIntervalMs,
      advice,
    });
  }

  async #loop(): Promise<void> {
    const { clock } = this.options;
    const stopSignal = this.#stop.signal;
    this.#silentSinceMs = clock.monotonicMs();
    while (!stopSignal.aborted) {
      this.#enter("connecting");
      this.#attempts += 1;
      const silentSinceMs = this.#silentSinceMs;
      const run = await this.#oneRun();
      if (stopSignal.aborted) break;
      const { end } = run;
      // While the disk takes nothing, what arrives is lost: the camera is not asked for it again and again.
      const isLost = end.reason.startsWith("disk-") && run.recordedMs < STABLE_RUN_MS;
      if (isLost) this.#silentSinceMs = silentSinceMs;
      const recordedMs = isLost ? 0 : run.recordedMs;
      const silentMs = clock.monotonicMs() - this.#silentSinceMs;
      const waitMs = this.#backoff.nextMs({ retry: end.retry, recordedMs, silentMs });
      this.#end = { reason: end.reason, detail: end.detail };
      this.#noteOutage(this.#end);
      this.#enter("waiting");
      this.#nextTryMs = clock.nowMs() + Math.round(waitMs);
      await clock.sleep(waitMs, stopSignal);
      this.#nextTryMs = undefined;
    }
    this.#enter("stopped");
  }

  /** One run of the source, watched, from the connection to the closed recording. */
  async #oneRun(): Promise<{ end: SourceEnd; recordedMs: number }> {
    const { archive, channelId, source, clock } = this.options;
    const abort = new AbortController();
    const onStop = () => abort.abort(this.#stop.signal.reason);
    this.#stop.signal.addEventListener("abort", onStop, { once: true });
    const run = new SupervisedRun(this.options, abort, {
      begun: (parameters) => {
        this.#parameters = parameters;
        this.#figures = new RunFigures();
        this.#usualPauseMs = undefined;
        this.#noteBegin();
      },
      arrived: (fragment) => {
        if (this.#figures instanceof RunFigures) this.#figures.take(fragment);
        if (fragment.track === "video") this.#noteArrival();
      },
      keptBegun: (parameters, usualPauseMs) => {
        this.#parameters = parameters;
        if (!(this.#figures instanceof KeptFigures)) this.#figures = new KeptFigures();
        this.#usualPauseMs = usualPauseMs;
        this.#noteBegin();
      },
      kept: (segment) => {
        if (this.#figures instanceof KeptFigures) this.#figures.take(segment);
        this.#noteArrival();
      },
      keptEnded: (end) => {
        this.#end = end;
      },
    });
    const over = new AbortController();
    const watching = this.#watch(run, abort, over.signal);
    let end: SourceEnd;
    try {
      end = await source.run(run, abort.signal);
    } catch (error) {
      end = { reason: "source-broken", detail: errorText(error), retry: "later" };
    }
    over.abort();
    await watching;
    this.#stop.signal.removeEventListener("abort", onStop);
    const recordedMs = run.beganAtMs === undefined ? 0 : clock.monotonicMs() - run.beganAtMs;
    await run.close(end);
    if (run.beganAtMs === undefined && !this.#stop.signal.aborted) {
      archive.noteFailure(channelId, { reason: end.reason, detail: end.detail });
    }
    return { end, recordedMs };
  }

  #noteBegin(): void {
    this.#attempts = 0;
    if (this.#state !== "recording") this.#enter("recording");
  }

  #noteArrival(): void {
    const { clock } = this.options;
    this.#lastSampleMs = clock.nowMs();
    this.#silentSinceMs = clock.monotonicMs();
  }

  /** Looks once a second for a source that stopped sending and for a wall clock that was set. */
  async #watch(run: SupervisedRun, abort: AbortController, over: AbortSignal): Promise<void> {
    const { clock } = this.options;
    const startMs = clock.monotonicMs();
    let before = readClock(clock);
    while (!over.aborted && !abort.signal.aborted) {
      await clock.sleep(WATCH_PERIOD_MS, over);
      const now = readClock(clock);
      const stepMs = clockStepMs(before, now);
      const isLate = now.monotonicMs - before.monotonicMs > LATE_TICK_MS;
      before = now;
      if (over.aborted) return;
      if (stepMs !== 0) {
        const detail = `this machine's clock was set by ${(stepMs / 1000).toFixed(1)} s`;
        abort.abort({ reason: "clock-stepped", detail, retry: "now" } satisfies SourceEnd);
      } else if (!isLate) {
        const end = stallOf(run, now.monotonicMs, startMs);
        if (end !== undefined) abort.abort(end);
      }
      this.#noteRecovery(run, now.monotonicMs);
    }
  }

  #noteOutage(end: RunEnd): void {
    if (this.#outage !== undefined) return;
    this.#outage = { sinceMonotonicMs: this.#silentSinceMs, end };
    log.warn("{channel}: not recording: {words}", {
      channel: this.options.channelId,
      words: endWords(end),
      reason: end.reason,
    });
  }

  #noteRecovery(run: SupervisedRun, monotonicMs: number): void {
    if (this.#outage === undefined || run.beganAtMs === undefined) return;
    if (monotonicMs - run.beganAtMs < STABLE_RUN_MS) return;
    const seconds = Math.round((run.beganAtMs - this.#outage.sinceMonotonicMs) / 1000);
    log.info("{channel}: recording again after {seconds} s", { channel: this.options.channelId, seconds });
    this.#outage = undefined;
  }

  #enter(state: ChannelStatus["state"]): void {
    this.#state = state;
    this.#sinceMs = this.options.clock.nowMs();
  }
}

function stallOf(run: SupervisedRun, monotonicMs: number, startMs: number): SourceEnd | undefined {
  if (run.lastPictureMs === undefined) {
    if (monotonicMs - startMs < CONNECT_LIMIT_MS) return undefined;
    return { reason: "source-offline", detail: "it did not answer in time", retry: "later" };
  }
  // A source of segments watches itself: it knows what it waits for.
  const stallMs = run.isKept ? CONNECT_LIMIT_MS : STALL_MS;
  if (monotonicMs - run.lastPictureMs < stallMs) return undefined;
  return { reason: "source-stalled", detail: `no picture for ${stallMs / 1000} s`, retry: "later" };
}

/** Optional values that are there; the types tell an absent value from an undefined one. */
function withoutUndefined(status: {
  [Key in keyof ChannelStatus]: ChannelStatus[Key] | undefined;
}): ChannelStatus {
  return Object.fromEntries(
    Object.entries(status).filter(([, value]) => value !== undefined),
  ) as ChannelStatus;
}
