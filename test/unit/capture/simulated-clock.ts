import type { Clock } from "../../../src/platform/clock.ts";

type Sleeper = { wakeMs: number; wake: () => void };

/** A clock that moves only when told to, and whose wall time can be set wrong. */
export class SimulatedClock implements Clock {
  readonly bootId = "simulated";
  #monotonicMs = 0;
  #offsetMs = Date.UTC(2026, 0, 1);
  #sleepers: Sleeper[] = [];

  nowMs(): number {
    return this.#offsetMs + this.#monotonicMs;
  }
  monotonicMs(): number {
    return this.#monotonicMs;
  }
  bootMs(): number {
    return this.#monotonicMs;
  }
  synchronised(): boolean {
    return true;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const wake = () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      const sleeper = { wakeMs: this.#monotonicMs + ms, wake };
      this.#sleepers.push(sleeper);
      signal?.addEventListener("abort", wake, { once: true });
    });
  }

  /** Sets the wall clock; monotonic time goes on. */
  stepWall(ms: number): void {
    this.#offsetMs += ms;
  }

  /** Lets time pass, waking all who sleep in their order; what they do in between is done before time goes on. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#monotonicMs + ms;
    for (;;) {
      await settle();
      const next = this.#sleepers.toSorted((a, b) => a.wakeMs - b.wakeMs)[0];
      if (next === undefined || next.wakeMs > endMs) break;
      this.#monotonicMs = Math.max(this.#monotonicMs, next.wakeMs);
      next.wake();
    }
    this.#monotonicMs = endMs;
    await settle();
  }

  /** The whole program stands still: time passes, and only then do the sleepers wake. */
  async freeze(ms: number): Promise<void> {
    await settle();
    this.#monotonicMs += ms;
    for (const { wake } of this.#sleepers.filter(({ wakeMs }) => wakeMs <= this.#monotonicMs)) wake();
    await settle();
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn += 1) await Promise.resolve();
}
