import { cpus } from "node:os";
import { Worker } from "node:worker_threads";

/** A program that waited so long for a processor, in milliseconds, can't play or record in time. */
const TOO_LATE_MS = 100;
/** Where the processors had no more than this share of the time to themselves, there was too little for somebody. */
const LEAST_IDLE_SHARE = 0.05;

/** What all processors have done since the machine's start, in milliseconds. */
function processorTimes(): { idleMs: number; allMs: number } {
  const all = cpus().map(({ times }) => times);
  const idleMs = all.reduce((sum, { idle }) => sum + idle, 0);
  return {
    idleMs,
    allMs: idleMs + all.reduce((sum, { user, nice, sys, irq }) => sum + user + nice + sys + irq, 0),
  };
}

/**
 * How much the machine had to do since this was made: how late a timer came on a thread of its own, which the work of the
 * test itself does not hold up, and how much of the time the processors were idle.
 */
export class MachineLoad implements Disposable {
  readonly #worstLateMs = new Float64Array(new SharedArrayBuffer(8));
  readonly #before = processorTimes();
  readonly #worker = new Worker(new URL("lateness-worker.ts", import.meta.url), {
    workerData: this.#worstLateMs.buffer,
  });

  /** In words, when it was too much for what has to be done in time. */
  get overload(): string | undefined {
    const { idleMs, allMs } = processorTimes();
    const lateMs = Math.round(this.#worstLateMs[0] ?? 0);
    const idleShare = (idleMs - this.#before.idleMs) / Math.max(1, allMs - this.#before.allMs);
    if (lateMs <= TOO_LATE_MS && idleShare >= LEAST_IDLE_SHARE) return undefined;
    const idle = `${(idleShare * 100).toFixed(1)} % idle`;
    return `the machine was overloaded: a timer came ${lateMs} ms late, the processors were ${idle}`;
  }

  [Symbol.dispose](): void {
    void this.#worker.terminate();
  }
}

/**
 * Does what hangs on time, e.g. plays. When it fails and the machine was measured to be overloaded meanwhile, it says so and
 * does it once more, which counts; on a machine that had time for it, a failure is one.
 */
export async function inTime<T>(what: string, action: () => Promise<T>): Promise<T> {
  {
    using load = new MachineLoad();
    try {
      return await action();
    } catch (error) {
      const { overload } = load;
      if (overload === undefined) throw error;
      console.warn(`${what}: tried once more, for ${overload}. It had failed:`, error);
    }
  }
  return action();
}
