import { NightjarError } from "../platform/errors.ts";
import type { StreamProcess } from "../platform/process.ts";

/** A process that takes and gives nothing for so long hangs, in milliseconds; on a slow machine an hour's head takes a while. */
export const STALL_MS = 180_000;
const PERIOD_MS = 1000;

/** Ends processes that make no progress. Time for which they are held does not count. */
export class Watchdog {
  readonly #stallMs: number;
  readonly #processes: readonly StreamProcess[];
  readonly #timer: ReturnType<typeof setInterval>;
  #lastMs = performance.now();
  #pausedMs = 0;
  #waits = 0;
  #hasBitten = false;

  constructor(processes: readonly StreamProcess[], stallMs: number) {
    this.#processes = processes;
    this.#stallMs = stallMs;
    this.#timer = setInterval(() => this.#look(), Math.min(PERIOD_MS, stallMs / 4));
  }

  /** There was progress. */
  touch(): void {
    this.#lastMs = performance.now();
    this.#pausedMs = this.#heldMs();
  }

  /** Waits for something else than the processes. */
  async without<T>(work: () => Promise<T>): Promise<T> {
    this.#waits += 1;
    try {
      return await work();
    } finally {
      this.#waits -= 1;
      this.touch();
    }
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Throws `unavailable` when it had to end them. */
  check(): void {
    if (!this.#hasBitten) return;
    const seconds = Math.round(this.#stallMs / 1000);
    throw new NightjarError("unavailable", `ffmpeg made no progress for ${seconds} s and was ended`);
  }

  #heldMs(): number {
    return this.#processes.reduce((most, process) => Math.max(most, process.pausedMs()), 0);
  }

  #look(): void {
    const idleMs = performance.now() - this.#lastMs - (this.#heldMs() - this.#pausedMs);
    if (this.#waits > 0 || idleMs < this.#stallMs) return;
    this.#hasBitten = true;
    for (const process of this.#processes) void process.stop();
  }
}
