import { NightjarError } from "../platform/errors.ts";

/** Removes the emulation prevention bytes of a NAL unit: `00 00 03` becomes `00 00` (ITU-T H.264, 7.4.1). */
export function withoutEmulationPrevention(nal: Uint8Array): Uint8Array {
  const plain = new Uint8Array(nal.length);
  let length = 0;
  let zeros = 0;
  for (const byte of nal) {
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    zeros = byte === 0 ? zeros + 1 : 0;
    plain[length++] = byte;
  }
  return plain.subarray(0, length);
}

/**
 * Reads bits, the most significant first. Every read is bounds-checked.
 * @throws NightjarError `unprocessable` when the bytes end too early; the message names what was read
 */
export class BitReader {
  readonly #bytes: Uint8Array;
  readonly #what: string;
  #at = 0;

  /** @param what names the thing that is read, for messages */
  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = bytes;
    this.#what = what;
  }

  get remainingBits(): number {
    return this.#bytes.length * 8 - this.#at;
  }

  flag(): boolean {
    return this.bits(1) === 1;
  }

  /** An unsigned number of at most 32 bits. */
  bits(count: number): number {
    if (count > this.remainingBits) throw this.bad("ends too early");
    let value = 0;
    let left = count;
    while (left > 0) {
      const inByte = this.#at & 7;
      const taken = Math.min(left, 8 - inByte);
      const byte = this.#bytes[this.#at >> 3] ?? 0;
      value = value * 2 ** taken + ((byte >> (8 - inByte - taken)) & (2 ** taken - 1));
      this.#at += taken;
      left -= taken;
    }
    return value;
  }

  skip(count: number): void {
    if (count > this.remainingBits) throw this.bad("ends too early");
    this.#at += count;
  }

  /** `ue(v)`: an unsigned Exp-Golomb number below 2^32 (ITU-T H.264, 9.1). */
  ue(): number {
    let zeros = 0;
    while (!this.flag()) {
      zeros++;
      if (zeros > 32) throw this.bad("holds a number over 32 bits");
    }
    return 2 ** zeros - 1 + this.bits(zeros);
  }

  /** `se(v)`: a signed Exp-Golomb number (ITU-T H.264, 9.1.1). */
  se(): number {
    const code = this.ue();
    return code % 2 === 1 ? (code + 1) / 2 : -code / 2;
  }

  /** `ue(v)` that must not be over `max`; `name` is the field's name, for the message. */
  ueUpTo(max: number, name: string): number {
    const value = this.ue();
    if (value <= max) return value;
    throw this.bad(`says ${name} ${value}; wanted: at most ${max}`);
  }

  bad(found: string): NightjarError {
    return new NightjarError("unprocessable", `${this.#what} ${found}`);
  }
}

/** Largest picture side that is believed: level 6.2 of H.264 and H.265 stays below. */
const MAX_SIDE = 16_384;

/** Size of the picture after cropping. @throws NightjarError `unprocessable` when it can't be. */
export function checkedSize(what: string, width: number, height: number): { width: number; height: number } {
  if (width > 0 && height > 0 && width <= MAX_SIDE && height <= MAX_SIDE) return { width, height };
  const wanted = `wanted: 1 to ${MAX_SIDE} each`;
  throw new NightjarError("unprocessable", `${what} says a picture of ${width}x${height}; ${wanted}`);
}

/** Pictures a second, where the numbers make sense; else undefined. */
export function believableRate(pictures: number, seconds: number): number | undefined {
  const rate = pictures / seconds;
  return Number.isFinite(rate) && rate >= 0.01 && rate <= 1000 ? rate : undefined;
}

/** Tries to read something optional; what ends too early or is garbage counts as not there. */
export function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof NightjarError && error.kind === "unprocessable") return undefined;
    throw error;
  }
}

export const hexByte = (value: number): string => value.toString(16).padStart(2, "0");
