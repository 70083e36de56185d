import { createCipheriv } from "node:crypto";
import type { HlsClip } from "./hls-clip.ts";

export type Asked = { path: string; headers: Headers };
export type Handler = (request: Request, url: URL) => Response | Promise<Response> | undefined;

/** An HTTP server on loopback that answers as a test says; what nobody answers is a 404. */
export class HlsOrigin implements AsyncDisposable {
  readonly asked: Asked[] = [];
  readonly #handlers = new Map<string, Handler>();
  #server: Bun.Server<undefined> | undefined;
  #port = 0;

  static start(host = "127.0.0.1"): HlsOrigin {
    const origin = new HlsOrigin(host);
    origin.open();
    return origin;
  }

  private constructor(private readonly host: string) {}

  get url(): string {
    return `http://${this.host}:${this.#port}`;
  }

  get port(): number {
    return this.#port;
  }

  /** Listens, on the same port as before. */
  open(): void {
    this.#server = Bun.serve({
      hostname: this.host,
      port: this.#port,
      idleTimeout: 0,
      fetch: async (request) => {
        const url = new URL(request.url);
        this.asked.push({ path: url.pathname + url.search, headers: request.headers });
        for (const [front, handler] of this.#handlers) {
          if (!url.pathname.startsWith(front)) continue;
          const answer = await handler(request, url);
          if (answer) return answer;
        }
        return new Response("no such thing", { status: 404 });
      },
    });
    this.#port = this.#server.port ?? 0;
  }

  /** Breaks all connections off, and refuses others. */
  async close(): Promise<void> {
    await this.#server?.stop(true);
  }

  /** Answers what begins with a path; handlers that were set first come first. */
  on(front: string, handler: Handler): void {
    this.#handlers.set(front, handler);
  }

  /** Lets the handler of a path answer before all others. */
  first(front: string): void {
    const handler = this.#handlers.get(front);
    if (handler === undefined) return;
    const others = [...this.#handlers].filter(([other]) => other !== front);
    this.#handlers.clear();
    for (const [name, each] of [[front, handler] as const, ...others]) this.#handlers.set(name, each);
  }

  /** How often a path was asked for. */
  count(path: string): number {
    return this.asked.filter((asked) => asked.path === path).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** An answer that never comes. */
export const never = (): Promise<Response> => new Promise(() => {});

/** A body that never ends. */
export function endless(): Response {
  const piece = new Uint8Array(64 * 1024);
  return new Response(
    new ReadableStream({
      async pull(controller) {
        controller.enqueue(piece);
        await Bun.sleep(0);
      },
    }),
  );
}

export type LiveOptions = {
  clip: HlsClip;
  /** Where the stream is at its beginning, in segments of the clip. */
  from?: number;
  /** Number of the first segment. */
  firstNumber?: number;
  /** Segments in the list. */
  window?: number;
  /** So many ms of wall time are a second of the clip. */
  msPerSecond?: number;
  /** Wall time of the first segment, told as EXT-X-PROGRAM-DATE-TIME. */
  datedMs?: number;
  /** 16 bytes; with `iv` an explicit one is told, else it is the number. */
  key?: Uint8Array<ArrayBuffer>;
  hasIv?: boolean;
  /** All segments lie in one file. */
  isOneFile?: boolean;
  /** Clip segments that are listed as EXT-X-GAP. */
  gaps?: readonly number[];
  /** In front of each address. */
  base?: string;
  /** Behind each address. */
  query?: () => string;
};

/** Plays a clip as a live stream: its list slides as time goes by. Addresses end with the segment's place in the clip. */
export class LiveStream {
  readonly #options: LiveOptions;
  #startMs = performance.now();
  #stopMs: number | undefined;
  isEnded = false;

  constructor(options: LiveOptions) {
    this.#options = options;
  }

  /** Begins now, with `count` segments listed at once. */
  begin(count = 1): void {
    this.#startMs = performance.now() - count * this.#segmentMs;
  }

  /** The list changes no more. */
  freeze(): void {
    this.#stopMs ??= performance.now();
  }

  /** What is sent for a segment of the clip before it is encrypted. */
  bytesOf(place: number): Uint8Array<ArrayBuffer> {
    const segment = this.#options.clip.segments[place];
    if (segment === undefined) throw new RangeError(`the clip has no segment ${place}`);
    return segment.bytes;
  }

  get #ending(): string {
    return this.#options.clip.init ? "m4s" : "ts";
  }

  get #segmentMs(): number {
    const { clip, msPerSecond = 1000 } = this.#options;
    return (clip.segments[0]?.seconds ?? 1) * msPerSecond;
  }

  /** Places in the clip that are listed now. */
  get listed(): number[] {
    const { clip, from = 0, window = 6 } = this.#options;
    const elapsedMs = (this.#stopMs ?? performance.now()) - this.#startMs;
    const end = Math.min(clip.segments.length, from + Math.floor(elapsedMs / this.#segmentMs));
    const places = Array.from({ length: Math.max(0, end - from) }, (_, index) => from + index);
    return places.slice(-window);
  }

  list(): string {
    const {
      clip,
      from = 0,
      firstNumber = 0,
      datedMs,
      key,
      hasIv = false,
      isOneFile,
      gaps = [],
    } = this.#options;
    const { base = "", query = () => "" } = this.#options;
    const { listed } = this;
    const first = listed[0] ?? from;
    const lines = [
      "#EXTM3U",
      "#EXT-X-VERSION:7",
      `#EXT-X-TARGETDURATION:${Math.ceil(Math.max(...clip.segments.map(({ seconds }) => seconds)))}`,
      `#EXT-X-MEDIA-SEQUENCE:${firstNumber + first - from}`,
    ];
    const suffix = query();
    if (clip.init) lines.push(`#EXT-X-MAP:URI="${base}init.mp4${suffix}"`);
    for (const place of listed) {
      const number = firstNumber + place - from;
      const iv = hasIv ? `,IV=0x${ivText(number + 7)}` : "";
      if (key) lines.push(`#EXT-X-KEY:METHOD=AES-128,URI="${base}key"${iv}`);
      if (datedMs !== undefined) {
        const before = clip.segments.slice(from, place).reduce((sum, { seconds }) => sum + seconds, 0);
        lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(datedMs + before * 1000).toISOString()}`);
      }
      if (gaps.includes(place)) lines.push("#EXT-X-GAP");
      lines.push(`#EXTINF:${clip.segments[place]?.seconds.toFixed(6)},`);
      if (isOneFile === true) {
        const offset = clip.segments.slice(0, place).reduce((sum, { bytes }) => sum + bytes.length, 0);
        lines.push(
          `#EXT-X-BYTERANGE:${this.bytesOf(place).length}@${offset}`,
          `${base}all.${this.#ending}${suffix}`,
        );
      } else lines.push(`${base}s${number}-${place}.${this.#ending}${suffix}`);
    }
    if (this.isEnded) lines.push("#EXT-X-ENDLIST");
    return `${lines.join("\n")}\n`;
  }

  /** Answers `live.m3u8` and all that it names. */
  readonly handler: Handler = (request, url) => {
    const { clip, key, hasIv = false } = this.#options;
    const name = url.pathname.slice(url.pathname.lastIndexOf("/") + 1);
    if (name === "live.m3u8") return new Response(this.list());
    if (name === "init.mp4" && clip.init) return new Response(clip.init);
    if (name === "key" && key) return new Response(key);
    if (name === `all.${this.#ending}`)
      return ranged(request, Buffer.concat(clip.segments.map(({ bytes }) => bytes)));
    const [, number, place] = /^s(\d+)-(\d+)\.\w+$/.exec(name) ?? [];
    if (number === undefined || !this.listed.includes(Number(place))) return undefined;
    const bytes = this.bytesOf(Number(place));
    if (!key) return new Response(bytes);
    const cipher = createCipheriv(
      "aes-128-cbc",
      key,
      Buffer.from(ivText(Number(number) + (hasIv ? 7 : 0)), "hex"),
    );
    return new Response(Buffer.concat([cipher.update(bytes), cipher.final()]));
  };
}

const ivText = (number: number): string => number.toString(16).padStart(32, "0");

function ranged(request: Request, bytes: Buffer<ArrayBuffer>): Response {
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.get("range") ?? "") ?? [];
  if (from === undefined) return new Response(bytes);
  const part = bytes.subarray(Number(from), Number(to) + 1);
  return new Response(part, {
    status: 206,
    headers: { "content-range": `bytes ${from}-${to}/${bytes.length}` },
  });
}
