import { ChunkedReader } from "./chunked.ts";
import { FetchFailure } from "./fetch-failure.ts";
import { type Head, headEnd, MAX_HEAD_BYTES, readHead } from "./plain-head.ts";
import type { Receiver } from "./transport.ts";

const NOTHING = new Uint8Array();

/** Reads one answer of HTTP/1 out of the bytes of a connection, however they are cut, and hands it to a receiver. */
export class PlainAnswer {
  readonly #receiver: Receiver;
  #head: Head | undefined;
  /** What came of a head that is not whole yet. */
  #begun: Uint8Array | undefined;
  #begunBytes = 0;
  /** Of all heads. */
  #headBytes = 0;
  #chunks: ChunkedReader | undefined;
  /** Of a body that says its length. */
  #leftBytes = 0;
  #state: "head" | "body" | "whole" | "cut" = "head";

  constructor(receiver: Receiver) {
    this.#receiver = receiver;
  }

  /** Nothing of it came yet. */
  get isUntouched(): boolean {
    return this.#headBytes === 0;
  }

  /** Nothing more is read of it. */
  get isOver(): boolean {
    return this.#state === "whole" || this.#state === "cut";
  }

  /** It was read to its end, and another may follow on the same connection. */
  get isKept(): boolean {
    return this.#state === "whole" && this.#head?.isKept === true;
  }

  /**
   * Takes what came; it is the sender's again afterwards.
   * @throws what the receiver throws, or FetchFailure for what is no answer
   */
  push(bytes: Uint8Array): void {
    const rest = this.#state === "head" ? this.#takeHead(bytes) : bytes;
    if (rest.length === 0) return;
    const usedBytes = this.#state === "body" ? this.#takeBody(rest) : 0;
    // Nobody asked for what comes behind an answer: the connection is of no use any more.
    if (usedBytes < rest.length) this.#state = "cut";
  }

  /**
   * The other side sends no more.
   * @throws FetchFailure when it is not whole
   */
  end(): void {
    if (this.#state === "body" && this.#head?.framing.kind === "until-close") this.#state = "whole";
    if (!this.isOver) throw new FetchFailure("offline", "it broke the connection off");
  }

  /** @returns what follows the head */
  #takeHead(bytes: Uint8Array): Uint8Array {
    let rest = bytes;
    while (this.#state === "head" && rest.length > 0) {
      const beforeBytes = this.#begunBytes;
      const all = this.#joined(rest);
      // The empty line may lie across what came before.
      const end = headEnd(all, Math.max(0, beforeBytes - 2));
      this.#headBytes += (end < 0 ? all.length : end) - beforeBytes;
      if (this.#headBytes > MAX_HEAD_BYTES || (end < 0 && all.length < beforeBytes + rest.length))
        throw new FetchFailure("broken", "its answer could not be understood");
      if (end < 0) {
        this.#begin(all);
        return NOTHING;
      }
      const head = readHead(all.subarray(0, end));
      rest = rest.subarray(end - beforeBytes);
      this.#begunBytes = 0;
      // Answers that say that another is still to come (RFC 9110 15.2) are passed over.
      if (head.status >= 200) this.#beginBody(head);
    }
    return rest;
  }

  /** What came of the head with more behind it, as much as a head may have. */
  #joined(more: Uint8Array): Uint8Array {
    if (this.#begun === undefined || this.#begunBytes === 0) return more;
    const part = more.subarray(0, this.#begun.length - this.#begunBytes);
    this.#begun.set(part, this.#begunBytes);
    return this.#begun.subarray(0, this.#begunBytes + part.length);
  }

  /** Keeps what came of a head: the bytes that it came in are the sender's. */
  #begin(all: Uint8Array): void {
    if (this.#begun === undefined || all.buffer !== this.#begun.buffer) {
      this.#begun ??= new Uint8Array(MAX_HEAD_BYTES);
      this.#begun.set(all);
    }
    this.#begunBytes = all.length;
  }

  #beginBody(head: Head): void {
    this.#head = head;
    const { framing } = head;
    if (framing.kind === "length") this.#leftBytes = framing.lengthBytes;
    if (framing.kind === "chunked") this.#chunks = new ChunkedReader();
    const isWanted = this.#receiver.head(head.status, head.fields);
    if (framing.kind === "length" && framing.lengthBytes === 0) this.#state = "whole";
    else this.#state = isWanted ? "body" : "cut";
  }

  /** @returns how many of the bytes belong to the body */
  #takeBody(bytes: Uint8Array): number {
    if (this.#chunks !== undefined) {
      const usedBytes = this.#chunks.push(bytes, (part) => this.#hand(part));
      if (this.#chunks.isDone) this.#state = "whole";
      return usedBytes;
    }
    if (this.#head?.framing.kind === "until-close") {
      this.#hand(bytes);
      return bytes.length;
    }
    const part = bytes.subarray(0, this.#leftBytes);
    this.#leftBytes -= part.length;
    this.#hand(part);
    if (this.#leftBytes === 0) this.#state = "whole";
    return part.length;
  }

  #hand(part: Uint8Array): boolean {
    const isWanted = this.#receiver.data(part);
    if (!isWanted) this.#state = "cut";
    return isWanted;
  }
}
