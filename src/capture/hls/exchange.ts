import { Body, type ByteRange, type Fields } from "./body.ts";
import { FetchFailure, fetchFailureOf } from "./fetch-failure.ts";
import { PlainTransport } from "./plain-transport.ts";
import { TlsTransport } from "./tls-transport.ts";
import type { AddressesOf } from "./transport.ts";

export type Limits = {
  /** More than this is not read, after decompression. */
  maxBytes: number;
  /** From the request to the head of its answer. */
  headMs: number;
  /** Without a single byte. */
  idleMs: number;
  totalMs: number;
};

export type ExchangeOptions = {
  headers: Record<string, string>;
  limits: Limits;
  signal: AbortSignal;
  range?: ByteRange | undefined;
  /** Bytes that came and are held. */
  onBytes?: ((count: number) => void) | undefined;
};

export type Answer = { status: number; fields: Fields; bytes: Uint8Array };

const SUCCESS = [200, 206];

/** One request and its answer, for one source. What `addressesOf` says is connected to, so that what was checked is used. */
export class Exchanger {
  readonly #plain: PlainTransport;
  readonly #tls: TlsTransport;

  constructor(addressesOf: AddressesOf) {
    this.#plain = new PlainTransport(addressesOf);
    this.#tls = new TlsTransport(addressesOf);
  }

  /** Closes the connections that wait for another request. */
  close(): void {
    this.#plain.close();
    this.#tls.close();
  }

  /**
   * Asks once. Of answers other than success no body is read.
   * @throws FetchFailure
   */
  async ask(url: URL, options: ExchangeOptions): Promise<Answer> {
    const { limits, signal, range, onBytes } = options;
    const stop = new AbortController();
    const fail = (failure: FetchFailure) => stop.abort(failure);
    const onCancel = () => fail(new FetchFailure("cancelled", "it was given up"));
    if (signal.aborted) onCancel();
    signal.addEventListener("abort", onCancel, { once: true });
    const late = () => fail(new FetchFailure("timeout", "it did not answer in time"));
    const slow = () => fail(new FetchFailure("timeout", "it sent too slowly"));
    const silent = () => fail(new FetchFailure("timeout", "it stopped sending"));
    const total = setTimeout(slow, limits.totalMs);
    const head = setTimeout(late, limits.headMs);
    let idle: ReturnType<typeof setTimeout> | undefined;
    let body: Body | undefined;
    const answer: Answer = { status: 0, fields: {}, bytes: new Uint8Array() };
    try {
      const headers = { ...options.headers, ...rangeHeaders(range) };
      const receiver = {
        head: (status: number, fields: Fields): boolean => {
          clearTimeout(head);
          Object.assign(answer, { status, fields });
          if (!SUCCESS.includes(status)) return false;
          body = new Body(status, fields, { maxBytes: limits.maxBytes, range });
          idle = setTimeout(silent, limits.idleMs);
          return true;
        },
        data: (bytes: Uint8Array): boolean => {
          idle?.refresh();
          const count = body?.take(bytes) ?? 0;
          onBytes?.(count);
          return body?.isEnough !== true;
        },
      };
      const transport = url.protocol === "https:" ? this.#tls : this.#plain;
      await transport.ask({ url, headers }, receiver, stop.signal);
      clearTimeout(idle);
      if (body !== undefined) answer.bytes = await body.whole();
      return answer;
    } catch (error) {
      body?.drop();
      throw fetchFailureOf(stop.signal.aborted ? stop.signal.reason : error, url.hostname);
    } finally {
      clearTimeout(head);
      clearTimeout(total);
      clearTimeout(idle);
      signal.removeEventListener("abort", onCancel);
    }
  }
}

/** A range is one of the bytes as they lie there, so nothing may be compressed. */
const rangeHeaders = (range: ByteRange | undefined): Record<string, string> =>
  range === undefined
    ? { "accept-encoding": "gzip, deflate" }
    : {
        "accept-encoding": "identity",
        range: `bytes=${range.offsetBytes}-${range.offsetBytes + range.lengthBytes - 1}`,
      };
