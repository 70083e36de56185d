import { type Fragment, type RunParameters, VIDEO_TIMESCALE } from "../media/parameters.ts";

/** What a few seconds of a camera's stream show. */
export type StreamFigures = {
  /** Length of the pictures that came, in milliseconds. */
  durationMs: number;
  bitrateBps?: number;
  /** Pictures a second, as they came. */
  frameRate?: number;
  /** Lengths of the whole groups of pictures that came, in milliseconds. */
  keyIntervalsMs: readonly number[];
  /** Time since the last key frame, in milliseconds: a group of pictures is at least that long. */
  sinceKeyMs: number;
};

const msOf = (ticks: number): number => (ticks * 1000) / VIDEO_TIMESCALE;

/** Below this a bit rate is chance: the first key frame outweighs all. */
const LEAST_MEASURED_MS = 1500;

/** Measures a stream by its own times, so that what a camera sends ahead at the start does not count twice. */
export class StreamMeter {
  #sizeBytes = 0;
  #pictures = 0;
  #startTicks: number | undefined;
  #endTicks = 0;
  #keyTicks: number | undefined;
  readonly #intervalsMs: number[] = [];
  #firstKey: Uint8Array | undefined;

  take(fragment: Fragment): void {
    this.#sizeBytes += fragment.payload.length;
    if (fragment.track !== "video") return;
    let ticks = fragment.decodeTicks;
    let offsetBytes = 0;
    this.#startTicks ??= ticks;
    for (const sample of fragment.samples) {
      if (sample.isKey) {
        this.#firstKey ??= fragment.payload.slice(offsetBytes, offsetBytes + sample.sizeBytes);
        if (this.#keyTicks !== undefined) this.#intervalsMs.push(Math.round(msOf(ticks - this.#keyTicks)));
        this.#keyTicks = ticks;
      }
      ticks += sample.durationTicks;
      offsetBytes += sample.sizeBytes;
      this.#pictures += 1;
    }
    this.#endTicks = ticks;
  }

  get keyFrames(): number {
    return this.#keyTicks === undefined ? 0 : this.#intervalsMs.length + 1;
  }

  /** The first key frame: length-prefixed NAL units. */
  get firstKey(): Uint8Array | undefined {
    return this.#firstKey;
  }

  get figures(): StreamFigures {
    const durationMs = msOf(this.#endTicks - (this.#startTicks ?? 0));
    const isMeasured = durationMs >= LEAST_MEASURED_MS;
    return {
      durationMs,
      ...(isMeasured ? { bitrateBps: Math.round((this.#sizeBytes * 8000) / durationMs) } : {}),
      ...(isMeasured ? { frameRate: (this.#pictures * 1000) / durationMs } : {}),
      keyIntervalsMs: this.#intervalsMs,
      sinceKeyMs: msOf(this.#endTicks - (this.#keyTicks ?? this.#endTicks)),
    };
  }
}

/** The time between key frames in milliseconds: the longest that was seen. */
export const keyIntervalMs = ({ keyIntervalsMs, sinceKeyMs }: StreamFigures): number =>
  Math.max(sinceKeyMs, ...keyIntervalsMs);

/** What a camera's stream is: its parameters, and what was measured. */
export type StreamFacts = { parameters: RunParameters; figures: StreamFigures };
