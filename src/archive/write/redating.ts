import type { RunRow } from "../../db/index/rows.ts";
import { MIN_STEP_MS } from "../../platform/clock-watch.ts";
import type { ChannelWriter } from "./channel-writer.ts";
import { clockOriginMs, redate, redateDeltaMs, setClockOriginMs, type ClockPair } from "./redate.ts";
import type { OpenRun } from "./open-run.ts";
import type { WriteContext } from "./write-context.ts";

/** A forward step by more than this is believed only when the kernel calls its clock synchronised, as with ages. */
const MAX_UNVOUCHED_STEP_MS = 30 * 24 * 3_600_000;
/** A clock that shows less was never set. */
const EARLIEST_TRUE_MS = Date.UTC(2024, 0, 1);

/** Whether an unsynchronised clock that says that a run is later than it was dated can be believed. */
const isPlausible = (run: RunRow, deltaMs: number): boolean =>
  deltaMs <= MAX_UNVOUCHED_STEP_MS || run.startMs < EARLIEST_TRUE_MS;

type Writing = {
  runs: ReadonlySet<OpenRun<unknown>>;
  channels: ReadonlyMap<string, ChannelWriter>;
  flush(): Promise<void>;
};

/**
 * Dates unsure runs of this boot anew as soon as the clock was set, or the kernel calls it synchronised. What the
 * clock said at first is kept in the index, so that a step is also seen when this program did not run then.
 */
export class Redating {
  readonly #context: WriteContext;
  readonly #writing: Writing;
  #current: Promise<void> | undefined;
  #hasUnsure = true;

  constructor(context: WriteContext, writing: Writing) {
    this.#context = context;
    this.#writing = writing;
  }

  /** An unsure run was stored: it is dated anew when its time comes. */
  noteUnsure(): void {
    this.#hasUnsure = true;
  }

  /** Looks at the clock; resolves when what had to be dated anew is. One look at a time: a second caller joins it. */
  check(): Promise<void> {
    this.#current ??= this.#look().finally(() => {
      this.#current = undefined;
    });
    return this.#current;
  }

  async #look(): Promise<void> {
    const { clock, index } = this.#context;
    if (clock.bootId === "unknown") return;
    const now = { nowMs: clock.nowMs(), bootMs: clock.bootMs() };
    const originMs = now.nowMs - now.bootMs;
    const isSynchronised = clock.synchronised() === true;
    const knownMs = clockOriginMs(index, clock.bootId);
    const wasSet = knownMs !== undefined && Math.abs(originMs - knownMs) > MIN_STEP_MS;
    // A run that was shifted to follow older footage differs from the clock, too: that alone says nothing.
    if (this.#hasUnsure && (wasSet || isSynchronised)) await this.#redate(now, isSynchronised);
    if (wasSet || knownMs === undefined) setClockOriginMs(index, clock.bootId, originMs);
  }

  async #redate(now: ClockPair, isSynchronised: boolean): Promise<void> {
    const { clock, index, open } = this.#context;
    const { runs, channels } = this.#writing;
    const isOff = (run: RunRow) => Math.abs(redateDeltaMs(run, now)) > MIN_STEP_MS;
    const wrong = [...runs].filter((run) => run.row?.unsure === true && isOff(run.row));
    for (const run of wrong)
      run.fail({ reason: "clock-stepped", detail: "this machine's clock was set" }, true);
    await Promise.all(wrong.map((run) => run.over));
    // Runs that the supervisors ended for the same step are finished as well, but perhaps not closed.
    if (open.size > 0) await this.#writing.flush();
    const unsure = index.unsureRuns(clock.bootId);
    const isBusy = (run: RunRow) =>
      [...open].some((writer) => writer.row.run === run.id) ||
      [...runs].some((writer) => writer.id === run.id);
    const isTold = (run: RunRow) =>
      isSynchronised || (isOff(run) && isPlausible(run, redateDeltaMs(run, now)));
    const ready = unsure.filter((run) => !isBusy(run) && isTold(run));
    const plan = ready.map((run) => ({ id: run.id, deltaMs: redateDeltaMs(run, now) }));
    await redate(this.#context, plan);
    for (const { id, deltaMs } of plan) for (const channel of channels.values()) channel.redated(id, deltaMs);
    this.#hasUnsure = unsure.length > plan.length || [...runs].some((run) => run.isUnsure);
  }
}
