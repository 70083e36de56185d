import { VIDEO_TIMESCALE } from "../media/parameters.ts";
import type { KeptSegment } from "./recording-sink.ts";

const RATE_WINDOW_TICKS = 20 * VIDEO_TIMESCALE;
/** Players of live pictures stay three segments behind; beyond this the user is told. */
const LONG_SEGMENT_TICKS = 12 * VIDEO_TIMESCALE;

/** Bit rate of footage that is kept as it comes, by its segments' own times. */
export class KeptFigures {
  readonly #recent: { durationTicks: number; sizeBytes: number }[] = [];
  #ticks = 0;

  take({ bytes, durationTicks }: KeptSegment): void {
    this.#recent.push({ durationTicks, sizeBytes: bytes.length });
    this.#ticks += durationTicks;
    while (
      this.#recent.length > 1 &&
      this.#ticks - (this.#recent[0]?.durationTicks ?? 0) > RATE_WINDOW_TICKS
    ) {
      this.#ticks -= this.#recent.shift()?.durationTicks ?? 0;
    }
  }

  /** Key pictures are not looked for inside of segments. */
  readonly keyIntervalMs = undefined;

  /** Over the last twenty seconds. */
  get bitrateBps(): number | undefined {
    if (this.#ticks === 0) return undefined;
    const sizeBytes = this.#recent.reduce((sum, segment) => sum + segment.sizeBytes, 0);
    return Math.round((sizeBytes * 8 * VIDEO_TIMESCALE) / this.#ticks);
  }

  get advice(): string | undefined {
    const longest = Math.max(0, ...this.#recent.map(({ durationTicks }) => durationTicks));
    if (longest <= LONG_SEGMENT_TICKS) return undefined;
    const seconds = Math.round(longest / VIDEO_TIMESCALE);
    return `The source sends segments of ${seconds} s; live pictures come ${3 * seconds} s late. Segments of 2 to 6 s are usual`;
  }
}
