import { promisify } from "node:util";
import { gunzip, inflate } from "node:zlib";
import { FetchFailure } from "./fetch-failure.ts";
import { bodyBuffers } from "./lent-buffers.ts";

export type ByteRange = { offsetBytes: number; lengthBytes: number };

/** Header fields of an answer, by their names in small letters. */
export type Fields = Readonly<Record<string, string | string[] | undefined>>;

export const field = (fields: Fields, name: string): string | undefined => {
  const value = fields[name];
  return typeof value === "string" ? value : value?.join(", ");
};

/** So much is made ready at once; what only says that it is large, has to come first. */
const FIRST_BYTES = 2 * 1024 * 1024;
const SMALL_BYTES = 16 * 1024;
const GROWTH = 4;

const unpackers = { gzip: promisify(gunzip), "x-gzip": promisify(gunzip), deflate: promisify(inflate) };

/** The length that an answer states of its body, in bytes. */
function statedLength(fields: Fields): number | undefined {
  const text = field(fields, "content-length");
  return text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : undefined;
}

/** What part of the body is meant: all of it, or, where a server does not know ranges, a piece of the whole. */
function wantedPart(
  status: number,
  fields: Fields,
  range: ByteRange | undefined,
): { skip: number; take: number } {
  const all = { skip: 0, take: Number.POSITIVE_INFINITY };
  if (range === undefined) return all;
  if (status !== 206) return { skip: range.offsetBytes, take: range.lengthBytes };
  const [, first] = /^bytes (\d+)-/.exec(field(fields, "content-range") ?? "") ?? [];
  if (first !== undefined && Number(first) !== range.offsetBytes)
    throw new FetchFailure("broken", "it sent another range of bytes than was asked for");
  return all;
}

function unpackerOf(fields: Fields): (typeof unpackers)["gzip"] | undefined {
  const encoding = field(fields, "content-encoding")?.trim().toLowerCase() ?? "";
  if (encoding === "identity" || encoding === "") return undefined;
  if (encoding === "gzip" || encoding === "x-gzip" || encoding === "deflate") return unpackers[encoding];
  throw new FetchFailure("broken", `it sent an encoding that was not asked for (${encoding.slice(0, 20)})`);
}

export type BodyOptions = { maxBytes: number; range?: ByteRange | undefined };

/** The body of one answer, as it comes: copied once, into memory of its own, and never more of it than is allowed. */
export class Body {
  readonly #maxBytes: number;
  readonly #range: ByteRange | undefined;
  readonly #part: { skip: number; take: number };
  readonly #unpack: (typeof unpackers)["gzip"] | undefined;
  readonly #stated: number | undefined;
  #held: Uint8Array<ArrayBuffer>;
  #length = 0;
  /** Bytes that came, also those that are left out. */
  #readBytes = 0;

  /**
   * @throws FetchFailure for a body that is not wanted: too long, another range, another encoding
   */
  constructor(status: number, fields: Fields, { maxBytes, range }: BodyOptions) {
    this.#maxBytes = maxBytes;
    this.#range = range;
    this.#part = wantedPart(status, fields, range);
    this.#unpack = unpackerOf(fields);
    this.#stated = statedLength(fields);
    const { skip, take } = this.#part;
    if (skip + Math.min(take, this.#stated ?? 0) > maxBytes) throw this.#tooLarge();
    this.#held = bodyBuffers.borrow(Math.min(take, this.#stated ?? SMALL_BYTES, FIRST_BYTES));
  }

  /**
   * Takes bytes of it, which are the caller's again when this returns.
   * @returns how many of them are held
   * @throws FetchFailure when it gets too long
   */
  take(bytes: Uint8Array): number {
    const { skip, take } =
      this.#unpack === undefined ? this.#part : { skip: 0, take: Number.POSITIVE_INFINITY };
    const from = Math.max(0, skip - this.#readBytes);
    const part = bytes.subarray(from, Math.max(from, skip + take - this.#readBytes));
    this.#readBytes += bytes.length;
    if (this.#readBytes > this.#maxBytes + skip) throw this.#tooLarge();
    this.#makeRoom(part.length);
    this.#held.set(part, this.#length);
    this.#length += part.length;
    return part.length;
  }

  /** Nothing more of it is wanted. */
  get isEnough(): boolean {
    return this.#unpack === undefined && this.#readBytes >= this.#part.skip + this.#part.take;
  }

  /**
   * All of it, unpacked, once nothing more comes.
   * @throws FetchFailure, or an error of node:zlib
   */
  async whole(): Promise<Uint8Array> {
    let bytes: Uint8Array = this.#held.subarray(0, this.#length);
    if (this.#unpack !== undefined) bytes = await this.#unpacked(bytes, this.#unpack);
    const range = this.#range;
    if (range !== undefined && bytes.length !== range.lengthBytes)
      throw new FetchFailure("broken", `it sent ${bytes.length} bytes of a range of ${range.lengthBytes}`);
    return bytes;
  }

  /** It is not wanted any more. */
  drop(): void {
    bodyBuffers.giveBack(this.#held);
  }

  async #unpacked(packed: Uint8Array, unpack: (typeof unpackers)["gzip"]): Promise<Uint8Array> {
    const { skip, take } = this.#part;
    try {
      const bytes = await unpack(packed, { maxOutputLength: this.#maxBytes + skip });
      return bytes.subarray(skip, skip + take);
    } catch (error) {
      const isTooLarge = error instanceof RangeError || codeOf(error) === "ERR_BUFFER_TOO_LARGE";
      throw isTooLarge ? this.#tooLarge() : error;
    } finally {
      this.drop();
    }
  }

  #makeRoom(moreBytes: number): void {
    const neededBytes = this.#length + moreBytes;
    if (neededBytes <= this.#held.length) return;
    const grownBytes = Math.min(this.#held.length * GROWTH, this.#stated ?? this.#maxBytes);
    const larger = bodyBuffers.borrow(Math.max(neededBytes, grownBytes));
    larger.set(this.#held.subarray(0, this.#length));
    bodyBuffers.giveBack(this.#held);
    this.#held = larger;
  }

  #tooLarge(): FetchFailure {
    return new FetchFailure("broken", `it is larger than ${Math.floor(this.#maxBytes / 1e6)} MB`);
  }
}

const codeOf = (error: unknown): unknown =>
  typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
