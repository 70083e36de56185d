import { NightjarError } from "../../platform/errors.ts";

/** A box (ISO 14496-12, 4.2) by its place in some bytes. */
export type Box = {
  /** Four characters, e.g. `moof`. */
  type: string;
  /** Position of its first byte. */
  start: number;
  /** Size and type, with a 64-bit size also that: 8 or 16. */
  headerBytes: number;
  /** Position behind its last byte. */
  end: number;
};

/** `sizeBytes` is undefined for a box of size 0, which reaches to the end of the file. */
export type BoxHeader = { type: string; headerBytes: number; sizeBytes: number | undefined };

const unprocessable = (message: string): NightjarError => new NightjarError("unprocessable", message);

/**
 * Reads the header of the box at `at`; `undefined` when not all of it is there yet.
 * @throws NightjarError `unprocessable` for a size that can't be, or a type that is not printable.
 */
export function boxHeaderAt(bytes: Uint8Array, at: number): BoxHeader | undefined {
  if (bytes.length - at < 8) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shortSize = view.getUint32(at);
  const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
  if (!/^[\x20-\x7e\xa9]{4}$/.test(type)) {
    const hex = Buffer.from(bytes.subarray(at, at + 8)).toString("hex");
    throw unprocessable(`Found bytes that are no MP4 box: ${hex}`);
  }
  if (shortSize === 0) return { type, headerBytes: 8, sizeBytes: undefined };
  if (shortSize !== 1) return checkedHeader(type, 8, shortSize);
  if (bytes.length - at < 16) return undefined;
  return checkedHeader(type, 16, view.getUint32(at + 8) * 2 ** 32 + view.getUint32(at + 12));
}

function checkedHeader(type: string, headerBytes: number, sizeBytes: number): BoxHeader {
  if (sizeBytes >= headerBytes && Number.isSafeInteger(sizeBytes)) return { type, headerBytes, sizeBytes };
  throw unprocessable(`The MP4 box ${type} says that it is ${sizeBytes} bytes long`);
}

/**
 * The boxes between two positions, which they must fill exactly.
 * @throws NightjarError `unprocessable` when one reaches over the end.
 */
export function boxesIn(bytes: Uint8Array, start = 0, end = bytes.length): Box[] {
  const boxes: Box[] = [];
  for (let at = start; at < end;) {
    const header = boxHeaderAt(bytes.subarray(0, end), at);
    const boxEnd = at + (header?.sizeBytes ?? end - at);
    if (header === undefined || boxEnd > end) {
      throw unprocessable(
        `The MP4 box ${header?.type ?? "header"} at byte ${at} reaches over the end at ${end}`,
      );
    }
    boxes.push({ type: header.type, start: at, headerBytes: header.headerBytes, end: boxEnd });
    at = boxEnd;
  }
  return boxes;
}

/** The boxes inside a box, behind `skipBytes` of its own fields. */
export const childrenOf = (bytes: Uint8Array, box: Box, skipBytes = 0): Box[] =>
  boxesIn(bytes, box.start + box.headerBytes + skipBytes, box.end);

/** The first box inside `box` of each type in turn; `undefined` when one of them is not there. */
export function findBox(bytes: Uint8Array, box: Box, ...path: string[]): Box | undefined {
  let found: Box | undefined = box;
  for (const type of path) {
    if (found === undefined) return undefined;
    found = childrenOf(bytes, found).find((child) => child.type === type);
  }
  return found;
}

/** The first of `boxes` of that type. @throws NightjarError `unprocessable` when there is none. */
export function requireBox(boxes: readonly Box[], type: string, inside: string): Box {
  const box = boxes.find((candidate) => candidate.type === type);
  if (box) return box;
  throw unprocessable(
    `No MP4 box ${type} in ${inside}; found: ${boxes.map((b) => b.type).join(", ") || "nothing"}`,
  );
}

/** Reads the fields of a box, big endian and bounds-checked. */
export class FieldReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #what: string;
  readonly #end: number;
  #at: number;

  constructor(bytes: Uint8Array, box: Box) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#what = box.type;
    this.#at = box.start + box.headerBytes;
    this.#end = box.end;
  }

  /** Position of the next field. */
  get position(): number {
    return this.#at;
  }

  get remainingBytes(): number {
    return this.#end - this.#at;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2));
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4));
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4));
  }

  u24(): number {
    return this.u8() * 0x10000 + this.u16();
  }

  /** @throws NightjarError `unprocessable` over 2^53 - 1. */
  u64(): number {
    const value = this.u32() * 2 ** 32 + this.u32();
    if (Number.isSafeInteger(value)) return value;
    throw unprocessable(`The MP4 box ${this.#what} holds a number over 2^53 - 1`);
  }

  /** A signed 64-bit number. @throws NightjarError `unprocessable` beyond 2^53 - 1. */
  i64(): number {
    const value = this.i32() * 2 ** 32 + this.u32();
    if (Number.isSafeInteger(value)) return value;
    throw unprocessable(`The MP4 box ${this.#what} holds a number beyond 2^53 - 1`);
  }

  /** Version and flags of a full box (ISO 14496-12, 4.2.2). */
  versionAndFlags(): { version: number; flags: number } {
    return { version: this.u8(), flags: this.u24() };
  }

  /** A view, not a copy. */
  raw(lengthBytes: number): Uint8Array {
    const at = this.#take(lengthBytes);
    return this.#bytes.subarray(at, at + lengthBytes);
  }

  skip(lengthBytes: number): void {
    this.#take(lengthBytes);
  }

  #take(lengthBytes: number): number {
    const at = this.#at;
    if (lengthBytes > this.#end - at) throw unprocessable(`The MP4 box ${this.#what} ends inside of a field`);
    this.#at = at + lengthBytes;
    return at;
  }
}

/** Writes boxes one inside the other; their sizes are filled in when each is done. */
export class BoxWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;

  constructor(capacityBytes = 1024) {
    this.#bytes = new Uint8Array(capacityBytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Position of the next byte. */
  get position(): number {
    return this.#length;
  }

  box(type: string, writeBody: () => void): this {
    const start = this.#length;
    this.u32(0).ascii(type);
    writeBody();
    this.#view.setUint32(start, this.#length - start);
    return this;
  }

  /** A box with version and flags (ISO 14496-12, 4.2.2). */
  fullBox(type: string, version: number, flags: number, writeBody: () => void): this {
    return this.box(type, () => {
      this.u32(version * 2 ** 24 + flags);
      writeBody();
    });
  }

  u8(value: number): this {
    const at = this.#reserve(1);
    this.#view.setUint8(at, value);
    return this;
  }

  u16(value: number): this {
    const at = this.#reserve(2);
    this.#view.setUint16(at, value);
    return this;
  }

  u32(value: number): this {
    const at = this.#reserve(4);
    this.#view.setUint32(at, value);
    return this;
  }

  i32(value: number): this {
    const at = this.#reserve(4);
    this.#view.setInt32(at, value);
    return this;
  }

  u64(value: number): this {
    return this.u32(Math.floor(value / 2 ** 32)).u32(value % 2 ** 32);
  }

  ascii(text: string): this {
    for (let index = 0; index < text.length; index++) this.u8(text.charCodeAt(index));
    return this;
  }

  zeros(lengthBytes: number): this {
    this.#reserve(lengthBytes);
    return this;
  }

  raw(bytes: Uint8Array): this {
    const at = this.#reserve(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  /** Overwrites four bytes that were written before. */
  patchI32(at: number, value: number): void {
    this.#view.setInt32(at, value);
  }

  /** A copy of all that was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  /** Makes room, which may replace the buffer and its view; returns where it begins. */
  #reserve(lengthBytes: number): number {
    const at = this.#length;
    this.#length += lengthBytes;
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, at));
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return at;
  }
}
