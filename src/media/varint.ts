import { NightjarError } from "../platform/errors.ts";

/** Bits that zigzag leaves for the magnitude: twice the value has to stay a safe integer. */
const MAX_SIGNED = (Number.MAX_SAFE_INTEGER - 1) / 2;
/** 2^53 - 1 needs eight groups of seven bits. */
const MAX_VARINT_BYTES = 8;
/** Up to here the operators of 32-bit integers can be used. */
const MAX_INT32 = 0x7fff_ffff;
/** So many are put together with the fast operators of 32-bit integers. */
const SHIFTED_BITS = 28;

/**
 * Writes unsigned LEB128 numbers (little endian groups of seven bits, the top bit says that more follow),
 * zigzag signed numbers and length-prefixed UTF-8 text, one after the other.
 */
export class ByteWriter {
  #bytes: Uint8Array;
  #length = 0;

  constructor(capacityBytes = 256) {
    this.#bytes = new Uint8Array(Math.max(capacityBytes, 16));
  }

  get lengthBytes(): number {
    return this.#length;
  }

  /** An integer from 0 to 2^53 - 1. */
  unsigned(value: number): this {
    if (!Number.isSafeInteger(value) || value < 0) throw notStorable(value, "0 to 2^53 - 1");
    this.#reserve(MAX_VARINT_BYTES);
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length++] = rest;
    return this;
  }

  /** An integer from -2^52 + 1 to 2^52 - 1; small magnitudes are short, whatever their sign. */
  signed(value: number): this {
    if (!Number.isSafeInteger(value) || Math.abs(value) > MAX_SIGNED) {
      throw notStorable(value, "-2^52 + 1 to 2^52 - 1");
    }
    return this.unsigned(value < 0 ? -2 * value - 1 : 2 * value);
  }

  /** Its length in bytes as an unsigned number, then its UTF-8 bytes. */
  text(value: string): this {
    const utf8 = new TextEncoder().encode(value);
    this.unsigned(utf8.length);
    return this.raw(utf8);
  }

  /** Bytes as they are, without a length. */
  raw(bytes: Uint8Array): this {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  /** A copy of all that was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

/**
 * Reads what a `ByteWriter` wrote. Every read is bounds-checked.
 * @throws NightjarError `unprocessable` when the bytes end too early or a number is over 2^53 - 1.
 */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get remainingBytes(): number {
    return this.#bytes.length - this.#at;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  unsigned(): number {
    // Nearly all numbers are of one byte, and a day's list has some hundred thousand of them.
    const byte = this.#bytes[this.#at];
    if (byte === undefined || byte >= 0x80) return this.#longer();
    this.#at += 1;
    return byte;
  }

  #longer(): number {
    const bytes = this.#bytes;
    const start = this.#at;
    let at = start;
    let value = 0;
    for (let shift = 0; shift < SHIFTED_BITS; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined) throw endedEarly(start, "a number");
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.#at = at;
        return value;
      }
    }
    for (let scale = 2 ** SHIFTED_BITS; at < start + MAX_VARINT_BYTES; scale *= 0x80) {
      const byte = bytes[at++];
      if (byte === undefined) throw endedEarly(start, "a number");
      value += (byte & 0x7f) * scale;
      if (value > Number.MAX_SAFE_INTEGER) break;
      if (byte < 0x80) {
        this.#at = at;
        return value;
      }
    }
    throw new NightjarError("unprocessable", `The number at byte ${start} is over 2^53 - 1`);
  }

  signed(): number {
    const folded = this.unsigned();
    if (folded <= MAX_INT32) return (folded >>> 1) ^ -(folded & 1);
    return folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2;
  }

  text(): string {
    const start = this.#at;
    const bytes = this.raw(this.unsigned());
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch (error) {
      throw new NightjarError("unprocessable", `The text at byte ${start} is not UTF-8`, { cause: error });
    }
  }

  /** A view of the next bytes, not a copy. */
  raw(lengthBytes: number): Uint8Array {
    if (lengthBytes > this.remainingBytes) throw endedEarly(this.#at, `${lengthBytes} bytes`);
    this.#at += lengthBytes;
    return this.#bytes.subarray(this.#at - lengthBytes, this.#at);
  }
}

const notStorable = (value: number, wanted: string): NightjarError =>
  new NightjarError("internal", `${value} can't be stored; wanted: an integer from ${wanted}`);

const endedEarly = (at: number, what: string): NightjarError =>
  new NightjarError("unprocessable", `The bytes end at or after ${at}, inside of ${what}`);
