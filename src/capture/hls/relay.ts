import { randomBytes } from "node:crypto";
import { FetchFailure } from "./fetch-failure.ts";
import type { ByteRange } from "./body.ts";
import type { HlsClient } from "./http-client.ts";
import { MAX_SEGMENT_BYTES } from "./loader.ts";

/** Addresses that are remembered: those of more than a day of segments of two lists. */
const MOST_ADDRESSES = 200_000;
const LIMITS = { maxBytes: MAX_SEGMENT_BYTES, headMs: 10_000, idleMs: 10_000, totalMs: 60_000 };
const BAD_GATEWAY = 502;

/** The end of an address's path, by which ffmpeg judges what it may open. */
const extensionOf = ({ pathname }: URL): string => /\.[a-z0-9]{1,5}$/i.exec(pathname)?.[0] ?? "";

function rangeOf(request: Request): ByteRange | undefined {
  const [, first, last] = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(request.headers.get("range") ?? "") ?? [];
  if (first === undefined || last === undefined || Number(last) < Number(first)) return undefined;
  return { offsetBytes: Number(first), lengthBytes: Number(last) - Number(first) + 1 };
}

/**
 * Fetches for ffmpeg what it plays of one source, with the source's headers, cookies and password, which go where they
 * belong and nowhere else, and only from where it may be fetched. ffmpeg sees loopback addresses alone, behind a secret.
 */
export class HlsRelay {
  readonly #client: Pick<HlsClient, "get">;
  readonly #secret = randomBytes(16).toString("hex");
  readonly #stop = new AbortController();
  readonly #server: Bun.Server<undefined>;
  readonly #numbers = new Map<string, number>();
  readonly #addresses = new Map<number, URL>();
  #count = 0;
  /** Why the newest request failed. */
  failure: FetchFailure | undefined;

  constructor(client: Pick<HlsClient, "get">) {
    this.#client = client;
    this.#server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      idleTimeout: 0,
      fetch: (request) => this.#answer(request),
    });
  }

  /** The address under which ffmpeg gets what lies at another. */
  addressOf(url: URL): string {
    let number = this.#numbers.get(url.href);
    if (number === undefined) {
      number = this.#count++;
      this.#numbers.set(url.href, number);
      this.#addresses.set(number, url);
      const surplus = number - MOST_ADDRESSES;
      const oldest = this.#addresses.get(surplus);
      if (oldest) this.#numbers.delete(oldest.href);
      this.#addresses.delete(surplus);
    }
    return `http://127.0.0.1:${this.#server.port}/${this.#secret}/${number}${extensionOf(url)}`;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#server.stop(true);
  }

  async #answer(request: Request): Promise<Response> {
    const [, secret, name = ""] = new URL(request.url).pathname.split("/");
    const url = secret === this.#secret ? this.#addresses.get(Number.parseInt(name, 10)) : undefined;
    if (!url) return new Response(null, { status: 404 });
    const range = rangeOf(request);
    const signal = AbortSignal.any([request.signal, this.#stop.signal]);
    try {
      const got = await this.#client.get(url, { limits: LIMITS, signal, range });
      this.failure = undefined;
      const text = range === undefined ? playlistText(got.bytes) : undefined;
      if (text !== undefined) return new Response(this.#rewritten(text, got.url));
      const body = new Uint8Array(got.bytes);
      if (range === undefined) return new Response(body);
      const { offsetBytes, lengthBytes } = range;
      const headers = { "content-range": `bytes ${offsetBytes}-${offsetBytes + lengthBytes - 1}/*` };
      return new Response(body, { status: 206, headers });
    } catch (error) {
      if (!(error instanceof FetchFailure)) throw error;
      if (error.kind !== "cancelled") this.failure = error;
      return new Response(null, { status: error.status ?? BAD_GATEWAY });
    }
  }

  /** A playlist whose addresses are those of this. */
  #rewritten(text: string, base: URL): string {
    const mapped = (uri: string): string =>
      URL.canParse(uri, base) && !uri.startsWith("data:") ? this.addressOf(new URL(uri, base)) : uri;
    return text
      .split(/\r?\n/)
      .map((line) => {
        if (line.startsWith("#"))
          return line.replaceAll(/URI="([^"]*)"/g, (_, uri) => `URI="${mapped(uri)}"`);
        return line.trim() === "" ? "" : mapped(line.trim());
      })
      .join("\n");
  }
}

function playlistText(bytes: Uint8Array): string | undefined {
  const front = Buffer.from(bytes.subarray(0, 10))
    .toString("utf8")
    .replace(/^\uFEFF/, "");
  if (!front.startsWith("#EXTM3U")) return undefined;
  return new TextDecoder().decode(bytes);
}
