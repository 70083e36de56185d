/** The pace of the last while counts; what is older counts less and less. */
const SMOOTHING_MS = 60_000;
/** Before that much time and that much progress, nothing can be told. */
const MIN_MS = 2000;
const MIN_SHARE = 0.005;
/** Progress is taken into account at most this often. */
const STEP_MS = 500;

/** How fast something goes on, and so how long it will last. Times are of a clock that stands still while it is held. */
export class Pace {
  #startMs: number | undefined;
  #startShare = 0;
  #lastMs = 0;
  #lastShare = 0;
  /** Share per millisecond, smoothed. */
  #rate: number | undefined;

  /** @param share how far it is, from 0 to 1; the first call says where it went on from */
  see(share: number, nowMs: number): void {
    if (this.#startMs === undefined || share < this.#lastShare) {
      this.#startMs = this.#lastMs = nowMs;
      this.#startShare = this.#lastShare = share;
      this.#rate = undefined;
      return;
    }
    const stepMs = nowMs - this.#lastMs;
    if (stepMs < STEP_MS || share === this.#lastShare) return;
    const rate = (share - this.#lastShare) / stepMs;
    // In the beginning it is the mean of all; later on an exponential one.
    const weight = Math.max(1 - Math.exp(-stepMs / SMOOTHING_MS), stepMs / (nowMs - this.#startMs));
    this.#rate = this.#rate === undefined ? rate : this.#rate + weight * (rate - this.#rate);
    this.#lastMs = nowMs;
    this.#lastShare = share;
  }

  /** Milliseconds until it is done; `undefined` while that can't be told. */
  leftMs(nowMs: number): number | undefined {
    if (this.#startMs === undefined || this.#rate === undefined || this.#rate <= 0) return undefined;
    if (this.#lastMs - this.#startMs < MIN_MS || this.#lastShare - this.#startShare < MIN_SHARE) {
      return undefined;
    }
    const leftMs = (1 - this.#lastShare) / this.#rate;
    // Between two reports time goes by all the same, but never to nothing.
    return Math.round(Math.max(leftMs - (nowMs - this.#lastMs), leftMs / 10));
  }
}
