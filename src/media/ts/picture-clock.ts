import { usualInterval } from "../kept/usual-interval.ts";
import { TS_CLOCK_TICKS } from "../media-facts.ts";

/** The newest pictures of which the usual interval is taken. */
const WITNESSES = 256;
/**
 * A step of the decode times over this is no pause but another clock, in 90,000ths of a second: ffmpeg takes 10 s for it
 * (`dts_delta_threshold`). Backwards they never go, but for what lacks them.
 */
const MAX_FORWARD_TICKS = 10 * 90_000;
const MAX_BACKWARD_TICKS = 90_000;
const NO_INTERVAL = 3600;

/** The difference of two times modulo 2^33, from -2^32 on. */
export function clockDifference(ticks: number, fromTicks: number): number {
  const difference = (((ticks - fromTicks) % TS_CLOCK_TICKS) + TS_CLOCK_TICKS) % TS_CLOCK_TICKS;
  return difference < TS_CLOCK_TICKS / 2 ? difference : difference - TS_CLOCK_TICKS;
}

/** When the pictures of a transport stream are shown. All times in 90,000ths of a second. */
export class PictureClock {
  readonly #newest = new Float64Array(WITNESSES);
  #count = 0;
  #decodeTicks = 0;
  /** What is added after the source's clock was set. */
  #shiftTicks = 0;
  #firstTicks = Number.POSITIVE_INFINITY;
  #lastTicks = Number.NEGATIVE_INFINITY;

  get count(): number {
    return this.#count;
  }

  /** The earliest picture's presentation time, modulo 2^33. */
  get firstTicks(): number {
    return ((this.#firstTicks % TS_CLOCK_TICKS) + TS_CLOCK_TICKS) % TS_CLOCK_TICKS;
  }

  /** Takes the next picture in decode order, with its times modulo 2^33. */
  add(presentTicks: number, ownDecodeTicks: number | undefined): void {
    const decodeTicks = ownDecodeTicks ?? presentTicks;
    if (this.#count === 0) this.#decodeTicks = decodeTicks;
    const stepTicks = clockDifference(decodeTicks, this.#decodeTicks);
    if (stepTicks > MAX_FORWARD_TICKS || stepTicks < -MAX_BACKWARD_TICKS) {
      this.#shiftTicks += (this.intervalTicks ?? NO_INTERVAL) - stepTicks;
    }
    this.#decodeTicks += stepTicks;
    const shownTicks = this.#decodeTicks + clockDifference(presentTicks, decodeTicks) + this.#shiftTicks;
    this.#newest[this.#count % WITNESSES] = shownTicks;
    this.#count++;
    if (shownTicks < this.#firstTicks) this.#firstTicks = shownTicks;
    if (shownTicks > this.#lastTicks) this.#lastTicks = shownTicks;
  }

  /** From the first picture's beginning to the last one's: without the time that the last one stands. */
  get spanTicks(): number {
    return this.#count === 0 ? 0 : this.#lastTicks - this.#firstTicks;
  }

  /** The usual time from one picture to the next; `undefined` with fewer than two. */
  get intervalTicks(): number | undefined {
    return usualInterval(this.#newest.slice(0, Math.min(this.#count, WITNESSES)).sort());
  }
}
