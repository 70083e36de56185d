import { FetchFailure } from "./fetch-failure.ts";

/** The line in front of a chunk, with extensions that nobody reads. */
const MAX_LINE_BYTES = 1024;
/** Fields behind the last chunk; nobody reads them either. */
const MAX_TRAILER_BYTES = 16 * 1024;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
/** Twelve digits are 256 TB. */
const SIZE_LINE = /^([\da-f]{1,12})[ \t]*(?:;.*)?\r?$/i;

/** Takes the chunks out of a body (RFC 9112 7.1), however it is cut. */
export class ChunkedReader {
  #state: "size" | "data" | "data-end" | "trailer" | "done" = "size";
  #line = "";
  #leftBytes = 0;
  #trailerBytes = 0;

  /** All of it, with what follows the last chunk, was read. */
  get isDone(): boolean {
    return this.#state === "done";
  }

  /**
   * Reads on.
   * @param data takes what is in the chunks, and says whether more is wanted
   * @returns how many of the bytes belong to the body; fewer than there are when it is done or nothing more is wanted
   * @throws FetchFailure for what are no chunks
   */
  push(bytes: Uint8Array, data: (part: Uint8Array) => boolean): number {
    let at = 0;
    while (at < bytes.length && this.#state !== "done") {
      if (this.#state !== "data") {
        at = this.#takeLine(bytes, at);
        continue;
      }
      const part = bytes.subarray(at, at + this.#leftBytes);
      at += part.length;
      this.#leftBytes -= part.length;
      if (this.#leftBytes === 0) this.#state = "data-end";
      if (!data(part)) break;
    }
    return at;
  }

  #takeLine(bytes: Uint8Array, from: number): number {
    const end = bytes.indexOf(LINE_FEED, from);
    const to = end < 0 ? bytes.length : end;
    if (this.#line.length + to - from > MAX_LINE_BYTES) throw notUnderstood();
    this.#line += Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString("latin1");
    if (end < 0) return to;
    const line = this.#line;
    this.#line = "";
    this.#endLine(line);
    return end + 1;
  }

  #endLine(line: string): void {
    const isEmpty = line === "" || (line.length === 1 && line.charCodeAt(0) === CARRIAGE_RETURN);
    if (this.#state === "size") {
      const [, size] = SIZE_LINE.exec(line) ?? [];
      if (size === undefined) throw notUnderstood();
      this.#leftBytes = Number.parseInt(size, 16);
      this.#state = this.#leftBytes === 0 ? "trailer" : "data";
    } else if (this.#state === "data-end") {
      if (!isEmpty) throw notUnderstood();
      this.#state = "size";
    } else {
      this.#trailerBytes += line.length;
      if (this.#trailerBytes > MAX_TRAILER_BYTES) throw notUnderstood();
      if (isEmpty) this.#state = "done";
    }
  }
}

const notUnderstood = (): FetchFailure => new FetchFailure("broken", "its answer could not be understood");
