import type { JobRow, JobTable } from "../db/state/job-table.ts";
import type { Clock } from "../platform/clock.ts";
import { errorText, NightjarError, notFound } from "../platform/errors.ts";
import { logOf } from "../platform/log.ts";
import { schemaProblems } from "../platform/schema-words.ts";
import { EndWaiters } from "./end-waiters.ts";
import type { HeavyGate } from "./heavy-gate.ts";
import type { Job, JobKind, JobKindName, Jobs, JobState, NewJob } from "./job-kind.ts";
import { JobStore } from "./job-store.ts";
import { JobWorker } from "./job-worker.ts";
import { Cancelled } from "./outcome.ts";
import { MOST_ATTEMPTS } from "./retries.ts";
import { hasEnded, shownJob, type AnyKind } from "./shown-job.ts";

const log = logOf("jobs");

/** How long an end is waited for when a job is cancelled, before the answer says that it is still under way. */
const CANCEL_WAIT_MS = 10_000;
const DEFAULT_LIMIT = 100;
const DAY_MS = 86_400_000;
/** Ended jobs are kept for that long, and no more than that many. */
const KEEP_ENDED_MS = 28 * DAY_MS;
const KEEP_ENDED = 2000;

export type JobQueueDeps = {
  table: JobTable;
  clock: Clock;
  /** Time zone for what people read. */
  zone: () => string;
  /** Says when heavy work has to wait. */
  gate: Pick<HeavyGate, "look" | "last">;
  /** Whether files of a channel are still being looked through after the start; its jobs wait for that. */
  isBeingRead?: (channel: string) => boolean;
};

/**
 * The queue: rows in a database, and what of them runs at the moment. Only one may be open for a database. A change of a
 * job's state is stored before anything follows from it; how far it is, is stored with its checkpoints only.
 */
export class JobQueue implements Jobs {
  readonly #table: JobTable;
  readonly #clock: Clock;
  readonly #store: JobStore;
  readonly #worker: JobWorker;
  readonly #kinds = new Map<JobKindName, AnyKind>();
  readonly #waiters = new EndWaiters();

  constructor({ table, clock, zone, gate, isBeingRead = () => false }: JobQueueDeps) {
    this.#table = table;
    this.#clock = clock;
    this.#store = new JobStore(table, clock);
    const ended = (id: number) => this.#waiters.tell(id);
    const kinds = this.#kinds;
    this.#worker = new JobWorker({ store: this.#store, clock, zone, gate, kinds, isBeingRead, ended });
  }

  register<Payload>(kind: JobKind<Payload>): void {
    if (this.#kinds.has(kind.name)) throw new NightjarError("internal", `${kind.name} is registered twice`);
    // What it is called with has passed its own check.
    this.#kinds.set(kind.name, kind as unknown as AnyKind);
  }

  /** Takes up what was left, and begins to work. */
  start(): void {
    for (const row of this.#table.inState("running")) this.#takeUpInterrupted(row);
    const waiting = this.#table.inState("queued");
    for (const row of waiting) this.#worker.enqueue(row);
    this.dropOld();
    if (waiting.length > 0) log.info("{count} jobs wait", { count: waiting.length });
    this.#worker.start();
  }

  /** Ends what runs, to go on with at the next start; resolves within three seconds. */
  async stop(): Promise<void> {
    await this.#worker.stop();
    this.#waiters.tellAll();
  }

  add({ kind: name, payload, channel, workKey, who, notBeforeMs }: NewJob): Job {
    const kind = this.#kinds.get(name);
    if (!kind)
      throw new NightjarError("bad-request", `There are no jobs of the kind ${JSON.stringify(name)}`);
    const checked = kind.payload.safeParse(payload);
    if (!checked.success) {
      const [first = "not understood", ...others] = schemaProblems(
        kind.payload,
        payload,
        "What is asked for",
      );
      throw new NightjarError("bad-request", `This can't be done: ${first}`, { details: others });
    }
    const same = workKey === undefined ? undefined : this.#withKey(workKey);
    if (same) return this.#shown(same);
    const nowMs = this.#clock.nowMs();
    const row = this.#table.add({
      kind: name,
      channel: channel ?? null,
      workKey: workKey ?? null,
      payload: JSON.stringify(checked.data),
      state: "queued",
      progress: 0,
      note: "",
      checkpoint: null,
      result: null,
      attempt: 0,
      error: null,
      who,
      createdMs: nowMs,
      notBeforeMs: notBeforeMs ?? nowMs,
      startedMs: null,
      endedMs: null,
    });
    this.#worker.enqueue(row);
    return this.#shown(row);
  }

  get(id: number): Job | undefined {
    const row = this.#store.row(id);
    return row && this.#shown(row);
  }

  list(filter: Parameters<Jobs["list"]>[0] = {}): Job[] {
    const rows = this.#table.list({ limit: DEFAULT_LIMIT, ...filter });
    return rows.map((row) => this.#shown(this.#store.current(row)));
  }

  count(filter: Parameters<Jobs["count"]>[0] = {}): number {
    return this.#table.count(filter);
  }

  /** How many wait and how many run. */
  counts(): { queued: number; running: number } {
    return { queued: this.#worker.queuedCount, running: this.#worker.runningCount };
  }

  async ended(id: number, signal?: AbortSignal): Promise<Job> {
    const row = this.#known(id);
    if (hasEnded(row) || signal?.aborted || this.#worker.isStopped) return this.#shown(row);
    await this.#waiters.wait(id, signal);
    return this.#shown(this.#store.row(id) ?? row);
  }

  async cancel(id: number): Promise<Job> {
    const row = this.#known(id);
    if (hasEnded(row))
      throw new NightjarError("conflict", `Job ${id} has ended already: it ${endWords(row)}`);
    const running = this.#worker.running(id);
    if (!running) {
      this.#worker.remove(id);
      this.#store.change(id, { state: "cancelled", note: "", error: null, endedMs: this.#clock.nowMs() });
      this.#waiters.tell(id);
      return this.#shown(this.#known(id));
    }
    running.abort(new Cancelled());
    const enough = new AbortController();
    const late = this.#clock.sleep(CANCEL_WAIT_MS, enough.signal).then(() => enough.abort());
    const job = await this.ended(id, enough.signal);
    enough.abort();
    await late;
    return job;
  }

  retry(id: number): Job {
    const row = this.#known(id);
    if (row.state !== "failed" && row.state !== "cancelled") {
      throw new NightjarError(
        "conflict",
        `Job ${id} ${endWords(row)}; only what failed or was cancelled is begun anew`,
      );
    }
    const same = row.workKey === null ? undefined : this.#withKey(row.workKey);
    if (same) throw new NightjarError("conflict", `The same is being done already, as job ${same.id}`);
    this.#store.change(id, {
      state: "queued",
      note: "",
      error: null,
      attempt: 0,
      notBeforeMs: row.createdMs,
      endedMs: null,
    });
    const queued = this.#known(id);
    this.#worker.enqueue(queued);
    return this.#shown(queued);
  }

  /** Forgets what ended some weeks ago. */
  dropOld(): void {
    try {
      this.#table.dropEnded(this.#clock.nowMs() - KEEP_ENDED_MS, KEEP_ENDED);
    } catch (error) {
      log.error("Old jobs can't be dropped: {error}", { error: errorText(error) });
    }
  }

  /** What ran when the program was killed. Some jobs may be what kills it: they are not begun for ever. */
  #takeUpInterrupted({ id, kind, attempt }: JobRow): void {
    log.warn("Job {id} ({kind}) was interrupted", { id, kind });
    if (attempt < MOST_ATTEMPTS) return this.#store.change(id, { state: "queued", note: "" });
    const error = `Nightjar was ended ${attempt} times in its course; it is not begun again by itself`;
    this.#store.change(id, { state: "failed", note: "", error, endedMs: this.#clock.nowMs() });
  }

  /** The one with this key that waits or runs. */
  #withKey(workKey: string): JobRow | undefined {
    const row = this.#table.withKey(workKey);
    const current = row && this.#store.current(row);
    return current && !hasEnded(current) ? current : undefined;
  }

  #known(id: number): JobRow {
    const row = this.#store.row(id);
    if (!row) throw notFound(`There is no job ${id}`, ["Jobs that ended some weeks ago are forgotten"]);
    return row;
  }

  #shown(row: JobRow): Job {
    const running = this.#worker.running(row.id);
    const wait = row.state === "queued" && !running ? this.#worker.waits(row) : undefined;
    return shownJob(row, { kinds: this.#kinds, running, wait });
  }
}

const stateWords: Record<JobState, string> = {
  queued: "waits",
  running: "runs",
  done: "is done",
  failed: "failed",
  cancelled: "was cancelled",
};

const endWords = ({ state }: JobRow): string => stateWords[state as JobState] ?? state;
