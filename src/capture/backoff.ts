import type { Retry } from "./source.ts";

/** A run shorter than this did not prove that the source is well. */
export const STABLE_RUN_MS = 10_000;

const FIRST_MINUTE_MS = 60_000;
const RETRY_MS = { first: 1000, soon: 2000, most: 30_000 };
const NOW_MS = { first: 200, most: 4000 };
const RARELY_MS = { first: 60_000, most: 300_000 };

/** Spreads retries, so that cameras which failed together are not tried together. */
const SPREAD = 0.25;

/**
 * How long to wait before the next try. Within the first minute without a sample 1 to 2.5 s, then longer, up to
 * 30 s; `now` waits 0.2 s and more each time when such runs end quickly; `rarely` 1 to 5 minutes.
 */
export class Backoff {
  #failures = 0;
  #quickNow = 0;
  #rarely = 0;

  /** @param random a number from 0 to 1, below 1 */
  constructor(private readonly random: () => number = Math.random) {}

  /**
   * @param ended the run that ended: what it asks for, how long it recorded (0 when it never did), and the time
   *   since the last sample of any run, or since the start
   * @returns milliseconds
   */
  nextMs(ended: { retry: Retry; recordedMs: number; silentMs: number }): number {
    if (ended.recordedMs > 0) this.#failures = 0;
    const isQuick = ended.recordedMs < STABLE_RUN_MS;
    this.#quickNow = ended.retry === "now" && isQuick ? this.#quickNow + 1 : 0;
    this.#rarely = ended.retry === "rarely" ? this.#rarely + 1 : 0;
    switch (ended.retry) {
      case "now":
        return Math.min(NOW_MS.most, NOW_MS.first * 2 ** Math.max(0, this.#quickNow - 1));
      case "rarely":
        return Math.min(
          RARELY_MS.most,
          RARELY_MS.first * 2 ** (this.#rarely - 1) * (1 + SPREAD * this.random()),
        );
      case "later":
        return this.#later(ended.silentMs);
    }
  }

  #later(silentMs: number): number {
    this.#failures += 1;
    if (this.#failures === 1) return RETRY_MS.first * (1 + SPREAD * this.random());
    if (silentMs < FIRST_MINUTE_MS) return RETRY_MS.soon * (1 - SPREAD + 2 * SPREAD * this.random());
    const wantedMs = Math.min(RETRY_MS.most, silentMs / 8);
    return wantedMs * (1 - SPREAD * this.random());
  }
}
