import {
  Agent as HttpAgent,
  request as requestHttp,
  type IncomingMessage,
  type RequestOptions,
} from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import type { LookupFunction } from "node:net";
import { createGunzip, createInflate } from "node:zlib";
import { FetchFailure, fetchFailureOf } from "./fetch-failure.ts";

export type ByteRange = { offsetBytes: number; lengthBytes: number };

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

export type Answer = { status: number; headers: IncomingMessage["headers"]; bytes: Uint8Array };

/** At most so many connections to one host. */
const MAX_SOCKETS = 8;
const SUCCESS = [200, 206];

/**
 * One request and its answer, for one source. `lookup` turns names into the addresses that are connected to, so that what
 * was checked is what is used.
 */
export class Exchanger {
  readonly #http = new HttpAgent({ keepAlive: true, maxSockets: MAX_SOCKETS, maxFreeSockets: 2 });
  readonly #https = new HttpsAgent({ keepAlive: true, maxSockets: MAX_SOCKETS, maxFreeSockets: 2 });

  constructor(private readonly lookup: LookupFunction) {}

  /** Closes the connections that wait for another request. */
  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }

  /**
   * Asks once. Of answers other than success no body is read.
   * @throws FetchFailure
   */
  async ask(url: URL, options: ExchangeOptions): Promise<Answer> {
    const { limits, signal } = options;
    const stop = new AbortController();
    const fail = (failure: FetchFailure) => stop.abort(failure);
    const onCancel = () => fail(new FetchFailure("cancelled", "it was given up"));
    if (signal.aborted) onCancel();
    signal.addEventListener("abort", onCancel, { once: true });
    const late = () => fail(new FetchFailure("timeout", "it did not answer in time"));
    const slow = () => fail(new FetchFailure("timeout", "it sent too slowly"));
    const total = setTimeout(slow, limits.totalMs);
    const head = setTimeout(late, limits.headMs);
    try {
      const message = await this.#open(url, options, stop.signal);
      clearTimeout(head);
      const status = message.statusCode ?? 0;
      const { headers } = message;
      if (!SUCCESS.includes(status)) {
        message.destroy();
        return { status, headers, bytes: new Uint8Array() };
      }
      return { status, headers, bytes: await readBody(message, options, stop.signal, fail) };
    } catch (error) {
      throw stop.signal.aborted
        ? fetchFailureOf(stop.signal.reason, url.hostname)
        : fetchFailureOf(error, url.hostname);
    } finally {
      clearTimeout(head);
      clearTimeout(total);
      signal.removeEventListener("abort", onCancel);
    }
  }

  #open(url: URL, { headers, range }: ExchangeOptions, signal: AbortSignal): Promise<IncomingMessage> {
    const isTls = url.protocol === "https:";
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const give: RequestOptions = {
      hostname: url.hostname.replace(/^\[(.*)\]$/, "$1"),
      port: url.port === "" ? undefined : url.port,
      path: url.pathname + url.search,
      headers: { ...headers, ...rangeHeaders(range) },
      lookup: this.lookup,
      agent: isTls ? this.#https : this.#http,
    };
    const request = (isTls ? requestHttps : requestHttp)(give, resolve);
    const onAbort = () => {
      request.destroy();
      reject(signal.reason as FetchFailure);
    };
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    request.on("error", reject);
    request.end();
    return promise;
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

/** The length that an answer states of its body, in bytes. */
function statedLength(message: IncomingMessage): number | undefined {
  const text = message.headers["content-length"];
  return text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : undefined;
}

/** What part of the body is meant: all of it, or, where a server does not know ranges, a piece of the whole. */
function wantedPart(message: IncomingMessage, range: ByteRange | undefined): { skip: number; take: number } {
  const all = { skip: 0, take: Number.POSITIVE_INFINITY };
  if (range === undefined) return all;
  if (message.statusCode !== 206) return { skip: range.offsetBytes, take: range.lengthBytes };
  const [, first] = /^bytes (\d+)-/.exec(message.headers["content-range"] ?? "") ?? [];
  if (first !== undefined && Number(first) !== range.offsetBytes)
    throw new FetchFailure("broken", "it sent another range of bytes than was asked for");
  return all;
}

function decoded(message: IncomingMessage): AsyncIterable<Uint8Array> {
  const encoding = message.headers["content-encoding"]?.trim().toLowerCase() ?? "identity";
  if (encoding === "identity" || encoding === "") return message;
  if (encoding !== "gzip" && encoding !== "x-gzip" && encoding !== "deflate")
    throw new FetchFailure("broken", `it sent an encoding that was not asked for (${encoding.slice(0, 20)})`);
  const decoder = encoding === "deflate" ? createInflate() : createGunzip();
  message.on("error", (error) => decoder.destroy(error));
  message.on("aborted", () => decoder.destroy(new FetchFailure("offline", "it broke the connection off")));
  return message.pipe(decoder);
}

async function readBody(
  message: IncomingMessage,
  { limits, range, onBytes }: ExchangeOptions,
  signal: AbortSignal,
  fail: (failure: FetchFailure) => void,
): Promise<Uint8Array> {
  const tooLarge = () =>
    new FetchFailure("broken", `it is larger than ${Math.floor(limits.maxBytes / 1e6)} MB`);
  const onAbort = () => message.destroy(signal.reason as FetchFailure);
  signal.addEventListener("abort", onAbort, { once: true });
  let idle: ReturnType<typeof setTimeout> | undefined;
  const wake = () => {
    clearTimeout(idle);
    idle = setTimeout(() => fail(new FetchFailure("timeout", "it stopped sending")), limits.idleMs);
  };
  try {
    const { skip, take } = wantedPart(message, range);
    if (skip + Math.min(take, statedLength(message) ?? 0) > limits.maxBytes) throw tooLarge();
    const chunks: Uint8Array[] = [];
    let readBytes = 0;
    wake();
    for await (const chunk of decoded(message)) {
      wake();
      if (signal.aborted) throw signal.reason;
      const from = Math.max(0, skip - readBytes);
      const part = chunk.subarray(from, Math.max(from, skip + take - readBytes));
      readBytes += chunk.length;
      if (readBytes > limits.maxBytes + skip) throw tooLarge();
      if (part.length > 0) chunks.push(part);
      onBytes?.(part.length);
      if (readBytes >= skip + take) break;
    }
    const bytes = Buffer.concat(chunks);
    if (range !== undefined && bytes.length !== range.lengthBytes)
      throw new FetchFailure("broken", `it sent ${bytes.length} bytes of a range of ${range.lengthBytes}`);
    return bytes;
  } finally {
    clearTimeout(idle);
    signal.removeEventListener("abort", onAbort);
    if (!message.complete) message.destroy();
  }
}
