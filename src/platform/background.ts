import { AsyncLocalStorage } from "node:async_hooks";
import { readdirSync, writeFileSync } from "node:fs";
import { libc } from "./libc.ts";

/** What can be held and let go again. */
export type Pausable = { pause(): void; resume(): void; readonly exited: Promise<unknown> };

const current = new AsyncLocalStorage<BackgroundGroup>();

/**
 * Background processes that are held and let go together: all that are started, with `isBackground`, by work that runs
 * within `run`, however deep inside of it. So work need not say of each of its processes whose it is.
 */
export class BackgroundGroup {
  readonly #processes = new Set<Pausable>();
  #isPaused = false;

  /** Runs work whose background processes belong to this group. */
  run<T>(work: () => T): T {
    return current.run(this, work);
  }

  /** The group of the work that is calling; `undefined` outside of any. */
  static get current(): BackgroundGroup | undefined {
    return current.getStore();
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** How many of its processes run, or are held. */
  get size(): number {
    return this.#processes.size;
  }

  /** Adds a process until it ends; in a group that is held, it is held at once. */
  add(process: Pausable): void {
    this.#processes.add(process);
    void process.exited.then(() => this.#processes.delete(process));
    if (this.#isPaused) process.pause();
  }

  /** Holds all its processes, and those that it gets from now on. */
  pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    for (const process of this.#processes) process.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    for (const process of this.#processes) process.resume();
  }
}

/** The weakest claim on the processor (setpriority(2)). */
const LOWEST_NICE = 19;
/** sys/resource.h */
const PRIO_PROCESS = 0;
/** Number of the system call ioprio_set(2), for which C libraries have no function. */
const SYS_IOPRIO_SET = process.arch === "arm64" ? 30 : 251;
/** linux/ioprio.h */
const IOPRIO_WHO_PROCESS = 1;
const IOPRIO_CLASS_IDLE = 3 << 13;
/** When memory runs out the kernel ends these first, from -1000 to 1000; the service itself has -200 (proc(5)). */
const OOM_SCORE = "500";
/** Passes over the threads of a process; two are enough but for one that starts threads all the time. */
const MAX_PASSES = 20;

let priorities: ReturnType<typeof loadPriorities> | undefined;

const loadPriorities = () =>
  libc({
    setpriority: { args: ["int", "int", "int"], returns: "int" },
    syscall: { args: ["i64", "i64", "i64", "i64"], returns: "i64" },
  });

function threadsOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    return [];
  }
}

/**
 * Gives a process the lowest claim on processor, disk and memory. The first two are properties of each thread, inherited from the one
 * that starts it: so threads are looked for until a pass finds no new one; from then on there is none to inherit more.
 * Done right after the start, that is before a program comes to start threads. Needs neither `nice` nor `ionice`.
 */
export function yieldToOthers(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, OOM_SCORE);
  } catch {
    // It has ended already, or a container forbids it.
  }
  priorities ??= loadPriorities();
  if (priorities === undefined) return;
  const done = new Set<number>();
  for (let pass = 0; pass < MAX_PASSES; pass += 1) {
    const fresh = threadsOf(pid).filter((thread) => !done.has(thread));
    if (fresh.length === 0) return;
    for (const thread of fresh) {
      priorities.setpriority(PRIO_PROCESS, thread, LOWEST_NICE);
      priorities.syscall(SYS_IOPRIO_SET, IOPRIO_WHO_PROCESS, thread, IOPRIO_CLASS_IDLE);
      done.add(thread);
    }
  }
}
