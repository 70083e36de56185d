import { NightjarError } from "../../platform/errors.ts";

/** A day of sound at 48 kHz, or of pictures, 60 a second, is about half of it. */
const MAX_SAMPLES = 10_000_000;
/** No picture is larger; a segment must not be over 1 GB. */
const MAX_SAMPLE_BYTES = 64 * 1024 * 1024;

/** The samples of a track as a file gives them, in decode order, a column for each of their properties. */
export class SampleColumns {
  count = 0;
  /** Positions in the file. */
  offsets: Float64Array;
  sizes: Uint32Array;
  /** In the track's own ticks. */
  decodeTicks: Float64Array;
  compositionTicks: Int32Array;
  /** 1 where decoding can begin. */
  keys: Uint8Array;
  /** Some presentation time differs from its decode time. */
  hasComposition = false;
  /** Decode time behind the last sample. */
  endTicks = 0;
  readonly #maxSamples: number;

  /**
   * @param maxSamples most samples that the file can hold, each being a byte at least
   * @param capacity for how many of them room is made at first
   */
  constructor(maxSamples: number, capacity: number) {
    this.#maxSamples = Math.min(maxSamples, MAX_SAMPLES);
    if (capacity > this.#maxSamples) throw tooMany(capacity, this.#maxSamples);
    this.offsets = new Float64Array(capacity);
    this.sizes = new Uint32Array(capacity);
    this.decodeTicks = new Float64Array(capacity);
    this.compositionTicks = new Int32Array(capacity);
    this.keys = new Uint8Array(capacity);
  }

  /** Appends a sample at `endTicks` and moves that on. Throws `unprocessable` beyond what is believed. */
  add(
    offsetBytes: number,
    sizeBytes: number,
    durationTicks: number,
    compositionTicks: number,
    isKey: boolean,
  ): void {
    if (this.count === this.sizes.length) this.#grow();
    const index = this.count++;
    this.offsets[index] = offsetBytes;
    this.sizes[index] = checkedSize(sizeBytes);
    this.decodeTicks[index] = this.endTicks;
    this.compositionTicks[index] = compositionTicks;
    this.keys[index] = isKey ? 1 : 0;
    this.hasComposition ||= compositionTicks !== 0;
    this.endTicks += durationTicks;
  }

  #grow(): void {
    if (this.count >= this.#maxSamples) throw tooMany(this.count + 1, this.#maxSamples);
    const length = Math.min(this.#maxSamples, Math.max(1024, this.count * 2));
    const grown = <Column extends { set(values: Column): void }>(column: Column, larger: Column): Column => {
      larger.set(column);
      return larger;
    };
    this.offsets = grown(this.offsets, new Float64Array(length));
    this.sizes = grown(this.sizes, new Uint32Array(length));
    this.decodeTicks = grown(this.decodeTicks, new Float64Array(length));
    this.compositionTicks = grown(this.compositionTicks, new Int32Array(length));
    this.keys = grown(this.keys, new Uint8Array(length));
  }
}

export function checkedSize(sizeBytes: number): number {
  if (sizeBytes <= MAX_SAMPLE_BYTES) return sizeBytes;
  throw new NightjarError(
    "unprocessable",
    `This MP4 has a sample of ${sizeBytes} bytes; wanted: at most ${MAX_SAMPLE_BYTES}`,
  );
}

const tooMany = (count: number, maxSamples: number): NightjarError =>
  new NightjarError(
    "unprocessable",
    `This MP4 says ${count} samples in a track; wanted: at most ${maxSamples}`,
  );
