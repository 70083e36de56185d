/** Numbers of a block are kept as distances from the block's smallest one. */
const BLOCK_BITS = 6;
const BLOCK_LENGTH = 2 ** BLOCK_BITS;
const MAX_DISTANCE = 2 ** 32 - 1;

/**
 * Many whole numbers that mostly grow, such as times and positions: four bytes each, none at all where every step is
 * the same, eight where neighbours lie too far apart for that.
 */
export class NumberList {
  readonly length: number;
  readonly #first: number;
  readonly #step: number;
  readonly #bases: Float64Array | undefined;
  readonly #rest: Uint32Array | Float64Array | undefined;

  constructor(values: Float64Array) {
    this.length = values.length;
    this.#first = values[0] ?? 0;
    this.#step = (values[1] ?? this.#first) - this.#first;
    if (values.every((value, index) => value === this.#first + index * this.#step)) return;
    const bases = new Float64Array(Math.ceil(values.length / BLOCK_LENGTH));
    const distances = new Uint32Array(values.length);
    for (let block = 0; block < bases.length; block++) {
      const start = block << BLOCK_BITS;
      const end = Math.min(start + BLOCK_LENGTH, values.length);
      let base = values[start] ?? 0;
      for (let index = start; index < end; index++) base = Math.min(base, values[index] ?? base);
      bases[block] = base;
      for (let index = start; index < end; index++) {
        const distance = (values[index] ?? base) - base;
        if (distance > MAX_DISTANCE) {
          this.#rest = values.slice();
          return;
        }
        distances[index] = distance;
      }
    }
    this.#bases = bases;
    this.#rest = distances;
  }

  get byteLength(): number {
    return (this.#bases?.byteLength ?? 0) + (this.#rest?.byteLength ?? 0);
  }

  at(index: number): number {
    if (this.#rest === undefined) return this.#first + index * this.#step;
    return (this.#bases?.[index >> BLOCK_BITS] ?? 0) + (this.#rest[index] ?? 0);
  }

  /** Of a list that grows: the index of the first number that is not below `value`; its length when all are. */
  indexFrom(value: number): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.at(middle) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
