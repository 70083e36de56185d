import type { KeptSegment } from "../capture/recording-sink.ts";
import type { KeptParameters } from "../media/media-facts.ts";

/** What the first segments of a stream show that is kept as it comes. */
export type KeptFacts = {
  parameters: KeptParameters;
  /** Length of its longest segment, in ms. */
  segmentMs: number;
  bitrateBps: number;
  /** Silence up to this is usual of it, in ms. */
  usualPauseMs: number;
};

const TICKS_PER_MS = 90;
/** A list holds some segments from the start, so these come at once. */
const ENOUGH_SEGMENTS = 2;

/** Measures a stream by the segments of its window. */
export class KeptMeter {
  #start: { parameters: KeptParameters; usualPauseMs: number } | undefined;
  #segments = 0;
  #sizeBytes = 0;
  #ticks = 0;
  #longestTicks = 0;
  /** Bytes of the first segment. */
  first: Uint8Array | undefined;

  begin(parameters: KeptParameters, usualPauseMs: number): void {
    this.#start ??= { parameters, usualPauseMs };
  }

  take({ bytes, durationTicks }: KeptSegment): void {
    this.first ??= bytes;
    this.#segments += 1;
    this.#sizeBytes += bytes.length;
    this.#ticks += durationTicks;
    this.#longestTicks = Math.max(this.#longestTicks, durationTicks);
  }

  get isEnough(): boolean {
    return this.#segments >= ENOUGH_SEGMENTS;
  }

  /** `undefined` before the first segment. */
  get facts(): KeptFacts | undefined {
    if (this.#start === undefined || this.#segments === 0) return undefined;
    const lengthMs = this.#ticks / TICKS_PER_MS;
    return {
      ...this.#start,
      segmentMs: Math.round(this.#longestTicks / TICKS_PER_MS),
      bitrateBps: Math.round((this.#sizeBytes * 8000) / lengthMs),
    };
  }
}
