import { BackgroundGroup } from "../platform/background.ts";
import type { Clock } from "../platform/clock.ts";
import type { JobKindName, JobRun } from "./job-kind.ts";
import { Pace } from "./pace.ts";

/** Why work has to wait. */
export type Holding = {
  /** `window`: heavy work alone; `recording`: everything that nobody waits for. */
  cause: "window" | "recording";
  /** In words. */
  why: string;
  /** Whether its processes are held, too. */
  holdsProcesses: boolean;
};

/** Whether that holds a job: heavy work always, light work of the clock while recording falls behind. */
export const isHeldBy = (
  { isHeavy, who }: { isHeavy: boolean; who: string },
  holding: Holding | undefined,
): boolean => holding !== undefined && (isHeavy || (who === "" && holding.cause === "recording"));

export type RunningJobDeps = {
  id: number;
  kind: JobKindName;
  attempt: number;
  isHeavy: boolean;
  /** Who asked for it; empty for a schedule. */
  who: string;
  share: number;
  checkpoint: unknown;
  /** Whether it was begun before. */
  isAgain: boolean;
  clock: Clock;
  /** Stores a checkpoint, and how far it is with it. Throws when that fails. */
  store: (checkpoint: unknown, run: RunningJob) => void;
};

/** A job that runs: what its kind is told, what it tells, and what holds it. */
export class RunningJob implements JobRun {
  readonly id: number;
  readonly kind: JobKindName;
  readonly attempt: number;
  readonly isHeavy: boolean;
  readonly who: string;
  readonly checkpoint: unknown;
  readonly isAgain: boolean;
  readonly group = new BackgroundGroup();
  readonly #deps: RunningJobDeps;
  readonly #abort = new AbortController();
  readonly #pace = new Pace();
  #share: number;
  #note = "";
  #holding: Holding | undefined;
  #released = Promise.withResolvers<void>();
  /** Monotonic time at which it was held, and how long it had been before. */
  #heldSinceMs: number | undefined;
  #formerHeldMs = 0;

  constructor(deps: RunningJobDeps) {
    this.#deps = deps;
    this.id = deps.id;
    this.kind = deps.kind;
    this.attempt = deps.attempt;
    this.isHeavy = deps.isHeavy;
    this.who = deps.who;
    this.checkpoint = deps.checkpoint;
    this.isAgain = deps.isAgain;
    this.#share = deps.share;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get share(): number {
    return this.#share;
  }

  /** What is being done, or what is waited for. */
  get note(): string {
    return this.#holding?.why ?? this.#note;
  }

  /** What is being done, whether or not it is held. */
  get doing(): string {
    return this.#note;
  }

  get leftMs(): number | undefined {
    return this.#holding ? undefined : this.#pace.leftMs(this.#workedMs());
  }

  save(checkpoint: unknown): void {
    this.signal.throwIfAborted();
    this.#deps.store(checkpoint, this);
  }

  progress(share: number, note?: string): void {
    if (note !== undefined) this.#note = note;
    if (!Number.isFinite(share)) return;
    this.#share = Math.min(1, Math.max(0, share));
    this.#pace.see(this.#share, this.#workedMs());
  }

  async mayGoOn(): Promise<void> {
    this.signal.throwIfAborted();
    while (this.#holding) {
      await Promise.race([this.#released.promise, aborted(this.signal)]);
      this.signal.throwIfAborted();
    }
  }

  /** Holds it, or lets it go on with `undefined`. */
  hold(holding: Holding | undefined): void {
    const nowMs = this.#deps.clock.monotonicMs();
    if (holding && this.#heldSinceMs === undefined) this.#heldSinceMs = nowMs;
    if (!holding && this.#heldSinceMs !== undefined) {
      this.#formerHeldMs += nowMs - this.#heldSinceMs;
      this.#heldSinceMs = undefined;
    }
    this.#holding = holding;
    if (holding?.holdsProcesses) this.group.pause();
    else this.group.resume();
    if (!holding) {
      this.#released.resolve();
      this.#released = Promise.withResolvers();
    }
  }

  /** Ends it; the reason is what `mayGoOn` and `save` throw from then on. */
  abort(reason: Error): void {
    this.#abort.abort(reason);
  }

  #workedMs(): number {
    const nowMs = this.#deps.clock.monotonicMs();
    const heldMs = this.#heldSinceMs === undefined ? 0 : nowMs - this.#heldSinceMs;
    return nowMs - this.#formerHeldMs - heldMs;
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
