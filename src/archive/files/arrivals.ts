import type { Clock } from "../../platform/clock.ts";

type Arrival = { atMs: number; startMs: number; wasThere: boolean };

/**
 * How far lists that grow may go: up to the newest file that has been there for `settle` and is in its journal. What
 * comes later and begins before it is late, and never listed there, also after a start that knows the journals alone.
 */
export class Arrivals {
  readonly #clock: Pick<Clock, "nowMs" | "monotonicMs">;
  readonly #settleMs: () => number;
  /** Files that came less than `settle` ago, in the order of their coming (monotonic ms). */
  readonly #fresh: Arrival[] = [];
  #settledMs: number | undefined;
  /** Files that came before are in their journals; monotonic ms. */
  #storedMs = -Infinity;

  constructor(clock: Pick<Clock, "nowMs" | "monotonicMs">, settleMs: () => number) {
    this.#clock = clock;
    this.#settleMs = settleMs;
  }

  /** Files that came before `monotonicMs` are in their journals. */
  stored(monotonicMs: number): void {
    this.#storedMs = Math.max(this.#storedMs, monotonicMs);
  }

  /** A file came now. */
  arrived(startMs: number): void {
    this.#fresh.push({ atMs: this.#clock.monotonicMs(), startMs, wasThere: false });
  }

  /**
   * Files that were there when this program started. They can't have come before they were written, so at least as much
   * counts as settled as before.
   */
  wereThere(files: readonly { startMs: number; mtimeMs: number }[]): void {
    const [nowMs, monotonicMs] = [this.#clock.nowMs(), this.#clock.monotonicMs()];
    for (const { startMs, mtimeMs } of files) {
      const atMs = mtimeMs <= nowMs ? monotonicMs - (nowMs - mtimeMs) : -Infinity;
      this.#fresh.push({ atMs, startMs, wasThere: true });
    }
    this.#fresh.sort((a, b) => a.atMs - b.atMs);
  }

  /** Start of the newest settled file, ms UTC; 0 before one is, `undefined` before any came. */
  get settledMs(): number | undefined {
    const dueMs = this.#clock.monotonicMs() - this.#settleMs();
    const isDue = (arrival: Arrival | undefined): boolean =>
      arrival !== undefined && arrival.atMs <= dueMs && (arrival.wasThere || arrival.atMs < this.#storedMs);
    let due = 0;
    for (; isDue(this.#fresh[due]); due++)
      this.#settledMs = Math.max(this.#settledMs ?? 0, this.#fresh[due]!.startMs);
    this.#fresh.splice(0, due);
    return this.#settledMs ?? (this.#fresh.length > 0 ? 0 : undefined);
  }

  /** How long it takes until the next file is settled, in ms; `undefined` when none is waited for. */
  get settlesInMs(): number | undefined {
    if (this.settledMs === undefined) return undefined;
    const next = this.#fresh[0];
    return next && Math.max(0, next.atMs + this.#settleMs() - this.#clock.monotonicMs());
  }

  /** Whether a file that comes now and begins then comes after newer ones may have been listed. */
  isLate(startMs: number): boolean {
    return startMs <= (this.settledMs ?? -Infinity);
  }
}
