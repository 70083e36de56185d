import { VIDEO_TIMESCALE, type Fragment } from "../media/parameters.ts";

const RATE_WINDOW_MS = 10_000;
/** Longer segments make players wait; beyond this the user is told. */
const LONG_KEY_INTERVAL_MS = 4500;

/** Bit rate and key picture interval of a run, from its fragments. */
export class RunFigures {
  readonly #sizes: { arrivalMs: number; sizeBytes: number }[] = [];
  #lastKeyTicks: number | undefined;
  #keyIntervalMs: number | undefined;

  take(fragment: Fragment): void {
    this.#sizes.push({ arrivalMs: fragment.arrivalMs, sizeBytes: fragment.payload.length });
    while (fragment.arrivalMs - (this.#sizes[0]?.arrivalMs ?? 0) > RATE_WINDOW_MS) this.#sizes.shift();
    if (fragment.track !== "video") return;
    let ticks = fragment.decodeTicks;
    for (const sample of fragment.samples) {
      if (sample.isKey) this.#takeKey(ticks);
      ticks += sample.durationTicks;
    }
  }

  #takeKey(ticks: number): void {
    if (this.#lastKeyTicks !== undefined) {
      this.#keyIntervalMs = Math.round(((ticks - this.#lastKeyTicks) * 1000) / VIDEO_TIMESCALE);
    }
    this.#lastKeyTicks = ticks;
  }

  get keyIntervalMs(): number | undefined {
    return this.#keyIntervalMs;
  }

  /** Over the last ten seconds; `undefined` before there are two. */
  get bitrateBps(): number | undefined {
    const [first] = this.#sizes;
    const last = this.#sizes.at(-1);
    if (first === undefined || last === undefined || last.arrivalMs - first.arrivalMs < 2000)
      return undefined;
    // The first entry's bytes came before the time that is counted.
    const sizeBytes = this.#sizes.reduce((sum, entry) => sum + entry.sizeBytes, -first.sizeBytes);
    return Math.round((sizeBytes * 8000) / (last.arrivalMs - first.arrivalMs));
  }

  get advice(): string | undefined {
    if (this.#keyIntervalMs === undefined || this.#keyIntervalMs <= LONG_KEY_INTERVAL_MS) return undefined;
    const seconds = (this.#keyIntervalMs / 1000).toFixed(0);
    return `The camera sends a key frame every ${seconds} s; set its key frame (I-frame) interval to 1 or 2 s`;
  }
}
