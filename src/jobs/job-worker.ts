import type { JobChange, JobRow } from "../db/state/job-table.ts";
import type { Clock } from "../platform/clock.ts";
import { errorText, NightjarError } from "../platform/errors.ts";
import { logOf } from "../platform/log.ts";
import { waitsForItsTime } from "./due.ts";
import type { HeavyGate } from "./heavy-gate.ts";
import type { JobStore } from "./job-store.ts";
import { afterError } from "./outcome.ts";
import { FURTHER_SHARE } from "./retries.ts";
import { isHeldBy, RunningJob } from "./running-job.ts";
import { kindOf, storedJson, type AnyKind, type Kinds } from "./shown-job.ts";
import { timeWords } from "./time-words.ts";

const log = logOf("jobs");

/** How often is looked whether what waits may begin, and whether what is heavy may go on. */
const LOOK_MS = 1000;
/** With nothing to look after. */
const IDLE_MS = 60_000;
/** How long running jobs may take to end when the program stops; it ends within five seconds as a whole. */
const STOP_WAIT_MS = 3000;
/** A person waits no longer than that for files to be looked through. */
const READING_MS = 60_000;

export type JobWorkerDeps = {
  store: JobStore;
  clock: Clock;
  /** Time zone for what people read. */
  zone: () => string;
  gate: Pick<HeavyGate, "look" | "last">;
  kinds: Kinds;
  /** Whether the files of a channel are still being looked through after the start, so that footage is yet to be found. */
  isBeingRead: (channel: string) => boolean;
  /** A job has ended, and its row says so. */
  ended: (id: number) => void;
};

/** Begins what waits when it may begin, and looks after what runs. */
export class JobWorker {
  readonly #deps: JobWorkerDeps;
  readonly #queued = new Map<number, JobRow>();
  readonly #running = new Map<number, RunningJob>();
  readonly #ends = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  #wake = new AbortController();
  #done: Promise<void> = Promise.resolve();
  #startMs = 0;

  constructor(deps: JobWorkerDeps) {
    this.#deps = deps;
  }

  get queuedCount(): number {
    return this.#queued.size;
  }

  get runningCount(): number {
    return this.#running.size;
  }

  get isStopped(): boolean {
    return this.#stop.signal.aborted;
  }

  running(id: number): RunningJob | undefined {
    return this.#running.get(id);
  }

  /** Takes a queued job, to be begun as soon as it may. */
  enqueue(row: JobRow): void {
    this.#queued.set(row.id, row);
    this.#wake.abort();
  }

  /** Forgets a queued job. */
  remove(id: number): void {
    this.#queued.delete(id);
  }

  start(): void {
    this.#startMs = this.#deps.clock.monotonicMs();
    this.#done = this.#run();
  }

  /** Ends what runs, to be gone on with at the next start; resolves within three seconds, also when it does not end. */
  async stop(): Promise<void> {
    const { store, clock } = this.#deps;
    this.#stop.abort();
    await this.#done;
    for (const [id, job] of this.#running) {
      // Being stopped is not the job's fault.
      const attempt = Math.max(0, (store.row(id)?.attempt ?? 1) - 1);
      store.change(id, { state: "queued", note: "", attempt });
      job.abort(new NightjarError("unavailable", "Nightjar is being stopped"));
    }
    const enough = new AbortController();
    await Promise.race([Promise.all(this.#ends), clock.sleep(STOP_WAIT_MS, enough.signal)]);
    enough.abort();
    if (this.#running.size > 0) log.warn("{count} jobs did not end in time", { count: this.#running.size });
    this.#running.clear();
  }

  /** Why a queued job does not begin now, in words; `undefined` when it may. */
  waits(row: JobRow): string | undefined {
    const { clock, gate, kinds, zone } = this.#deps;
    const nowMs = clock.nowMs();
    const kind = kindOf(row, kinds);
    if (!kind) return "Waits for a version of Nightjar that knows this kind of work";
    if (waitsForItsTime(row, nowMs)) {
      const verb = row.error === null ? "Begins at" : "Is tried again at";
      return `${verb} ${timeWords(row.notBeforeMs, nowMs, zone())}`;
    }
    if (this.#isEarly(row)) return "Waits until the files of the channel have been looked through";
    const running = [...this.#running.values()];
    if (kind.isHeavy && running.some(({ isHeavy }) => isHeavy))
      return "Waits for its turn: one job of heavy work at a time";
    const ofKind = running.filter((other) => other.kind === kind.name).length;
    if (ofKind >= Math.max(1, kind.atOnce)) return "Waits for its turn";
    const { last } = gate;
    return isHeldBy({ isHeavy: kind.isHeavy, who: row.who }, last) ? last?.why : undefined;
  }

  /** Whether a job might find only a part of its channel's footage now. */
  #isEarly({ channel, who }: JobRow): boolean {
    const { clock, isBeingRead } = this.#deps;
    if (channel === null || !isBeingRead(channel)) return false;
    return who === "" || clock.monotonicMs() - this.#startMs < READING_MS;
  }

  async #run(): Promise<void> {
    const { clock, store } = this.#deps;
    const { signal } = this.#stop;
    let lateMs = 0;
    while (!signal.aborted) {
      this.#wake = new AbortController();
      try {
        this.#look(lateMs);
      } catch (error) {
        log.error("The jobs can't be looked after: {error}", { error: errorText(error) });
      }
      const isBusy = this.#queued.size > 0 || this.#running.size > 0 || store.isLate;
      const waitMs = isBusy ? LOOK_MS : IDLE_MS;
      const sinceMs = clock.monotonicMs();
      await clock.sleep(waitMs, AbortSignal.any([this.#wake.signal, signal]));
      lateMs = Math.max(0, clock.monotonicMs() - sinceMs - waitMs);
    }
  }

  #look(lateMs: number): void {
    const { clock, gate, kinds, store } = this.#deps;
    store.catchUp();
    const holding = gate.look(lateMs);
    for (const job of this.#running.values()) job.hold(isHeldBy(job, holding) ? holding : undefined);
    const nowMs = clock.nowMs();
    const due = [...this.#queued.values()].filter((row) => !waitsForItsTime(row, nowMs));
    // What a person asked for comes before what a schedule did; otherwise in the order in which they were asked for.
    due.sort((a, b) => Number(a.who === "") - Number(b.who === "") || a.id - b.id);
    for (const row of due) {
      const kind = kindOf(row, kinds);
      if (kind && this.waits(row) === undefined) this.#begin(row, kind);
    }
  }

  #begin(row: JobRow, kind: AnyKind): void {
    const { clock, store } = this.#deps;
    const { id } = row;
    const attempt = row.attempt + 1;
    const startedMs = clock.nowMs();
    if (!store.tryChange(id, { state: "running", note: "", error: null, attempt, startedMs })) return;
    this.#queued.delete(id);
    const job = new RunningJob({
      id,
      kind: kind.name,
      attempt,
      isHeavy: kind.isHeavy,
      who: row.who,
      share: row.progress,
      checkpoint: storedJson(row.checkpoint),
      isAgain: row.startedMs !== null,
      clock,
      store: (checkpoint, run) => this.#save(checkpoint, run),
    });
    this.#running.set(id, job);
    log.info("Job {id} begins: {kind}, attempt {attempt}", { id, kind: row.kind, attempt });
    const end = this.#work(row, kind, job).finally(() => this.#ends.delete(end));
    this.#ends.add(end);
  }

  async #work(row: JobRow, kind: AnyKind, job: RunningJob): Promise<void> {
    const { clock, store, ended } = this.#deps;
    const { id } = job;
    let change: JobChange;
    try {
      const payload = kind.payload.safeParse(storedJson(row.payload));
      if (!payload.success) throw unreadable();
      const result = JSON.stringify((await job.group.run(async () => kind.run(payload.data, job))) ?? null);
      change = {
        state: "done",
        progress: 1,
        note: job.doing,
        result,
        checkpoint: null,
        endedMs: clock.nowMs(),
      };
      log.info("Job {id} is done: {kind}", { id, kind: kind.name });
    } catch (error) {
      // What was stopped waits for the next start already.
      if (this.isStopped) return void this.#running.delete(id);
      change = afterError(error, {
        job,
        attempt: store.row(id)?.attempt ?? job.attempt,
        nowMs: clock.nowMs(),
      });
      if (change.error) log.warn("Job {id} failed: {reason}", { id, reason: change.error });
      else log.info("Job {id} was cancelled", { id });
    }
    // Nothing that it left behind stays held. A job that was given up at the stop says nothing any more.
    job.group.resume();
    if (!this.#running.delete(id)) return;
    store.change(id, change);
    const next = change.state === "queued" ? store.row(id) : undefined;
    if (next) this.enqueue(next);
    else ended(id);
    this.#wake.abort();
  }

  #save(checkpoint: unknown, { id, share, doing }: RunningJob): void {
    const { store } = this.#deps;
    const row = store.row(id);
    // Attempts are counted from where it got to.
    const isFurther = row !== undefined && share >= row.progress + FURTHER_SHARE;
    const change: JobChange = { checkpoint: JSON.stringify(checkpoint), progress: share, note: doing };
    if (!store.tryChange(id, isFurther ? { ...change, attempt: 1 } : change)) {
      throw new NightjarError(
        "unavailable",
        "How far the job is can't be stored: the database takes nothing",
      );
    }
  }
}

const unreadable = (): NightjarError =>
  new NightjarError("unprocessable", "What is to be done was written by another version and can't be read");
