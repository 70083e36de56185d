/** Largest correction of a running run's wall time: half a millisecond a second. */
const MAX_SLEW = 500e-6;
/** The smallest delay of this many last periods is what the wall time follows; a period is one segment. */
const WINDOW_PERIODS = 30;

/**
 * Wall time of one run's pictures, by the server's clock. Samples arrive late, never early: the smallest
 * (arrival − media time) seen is the best estimate of when the run's first picture was taken. The estimate is
 * frozen when the first segment is stored; later it only follows the clock by at most 500 ppm of media time.
 */
export class MediaClock {
  /** Smallest arrival − media time of the current period, and of each of the last periods, in ms UTC. */
  #currentMs = Number.POSITIVE_INFINITY;
  readonly #periodsMs: number[] = [];
  /** Wall time of the run's zero; `undefined` until frozen. */
  #zeroMs: number | undefined;
  #shiftMs = 0;
  #followedMs = 0;

  /**
   * Pictures up to `mediaEndMs` (since the run's first one) had arrived at wall time `arrivalMs`.
   */
  observe(mediaEndMs: number, arrivalMs: number): void {
    this.#currentMs = Math.min(this.#currentMs, arrivalMs - mediaEndMs);
  }

  /** By how much the wall clock was moved on to follow older footage, in ms. */
  get shiftMs(): number {
    return this.#shiftMs;
  }

  /**
   * Fixes the wall time of the run's zero. Nothing is dated before `notBeforeMs`: the clock of an unsure run is
   * shifted to follow the channel's newest footage.
   */
  freeze(notBeforeMs: number | undefined): void {
    if (this.#zeroMs !== undefined) return;
    this.#zeroMs = this.#currentMs;
    if (notBeforeMs !== undefined) this.#shiftMs = Math.max(0, notBeforeMs - this.#zeroMs);
    this.#zeroMs += this.#shiftMs;
  }

  /**
   * Wall time in ms UTC at which the picture at `mediaMs` is shown. Called once for each segment, in order: each
   * call may correct what follows it by 500 ppm of the media time since the last one.
   */
  segmentStartMs(mediaMs: number): number {
    if (this.#zeroMs === undefined) throw new Error("the clock was asked before it was frozen");
    if (Number.isFinite(this.#currentMs)) {
      this.#periodsMs.push(this.#currentMs);
      if (this.#periodsMs.length > WINDOW_PERIODS) this.#periodsMs.shift();
      this.#currentMs = Number.POSITIVE_INFINITY;
    }
    const most = Math.max(0, mediaMs - this.#followedMs) * MAX_SLEW;
    const wanted = Math.min(...this.#periodsMs) + this.#shiftMs - this.#zeroMs;
    if (Number.isFinite(wanted)) this.#zeroMs += Math.min(most, Math.max(-most, wanted));
    this.#followedMs = mediaMs;
    return Math.round(this.#zeroMs + mediaMs);
  }
}
