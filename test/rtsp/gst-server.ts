import { resolve } from "node:path";
import { z } from "zod";
import { cleanEnvironment } from "../support/processes.ts";
import { within } from "../support/wait.ts";
import { makeGstClip, type GstClip, type GstClipOptions } from "./gst-clips.ts";

const script = resolve(import.meta.dir, "gst-server.py");
// Debian's own interpreter: the GObject bindings belong to it.
const PYTHON = "/usr/bin/python3";
const START_TIMEOUT_MS = 20_000;

/** Cameras that most tests want, by the last part of their address. */
export const STANDARD_MOUNTS = {
  "h264-aac": { aac: "tone" },
  h264: {},
  h265: { codec: "h265" },
  "h264-alaw": { alaw: true },
  bframes: { aac: "tone", bFrames: 2 },
  gop10: { aac: "tone", gopSeconds: 10 },
  sync: { picture: "flash", aac: "beep", gopSeconds: 1 },
  clock: "clock",
} as const satisfies Record<string, GstClipOptions | "clock">;

export type StandardMount = keyof typeof STANDARD_MOUNTS;

export type GstServerOptions = {
  /** The cameras: a standard one by its name, or what to encode, or the live clock. */
  mounts: readonly StandardMount[] | Record<string, GstClipOptions | "clock">;
  /** Port to listen on; without it a free one. */
  port?: number;
  auth?: { user: string; password: string };
  /** PEM file with certificate and key: connections are encrypted. Goes with `auth`. */
  tls?: string;
};

const counts = z.record(
  z.string(),
  z.object({ plays: z.number(), pictures: z.number(), sounds: z.number() }),
);
/** Per mount: how often its media was started, pictures and sound packets sent. */
export type GstCounts = z.infer<typeof counts>;

/** GStreamer's RTSP server as a process of its own. All clients of a mount get the same stream. */
export class GstServer implements AsyncDisposable {
  readonly #child: Bun.Subprocess<"pipe", "pipe", "pipe">;
  readonly #answers: AsyncIterator<string>;
  #errors = "";
  #asking: Promise<unknown> = Promise.resolve();

  private constructor(
    config: object,
    /** The clips behind the mounts; a live one has none. */
    readonly clips: Readonly<Record<string, GstClip>>,
    readonly auth: { user: string; password: string } | undefined,
    readonly isEncrypted: boolean,
  ) {
    this.#child = Bun.spawn([PYTHON, script, JSON.stringify(config)], {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "pipe",
      env: cleanEnvironment(),
    });
    this.#answers = linesOf(this.#child.stdout);
    void (async () => {
      for await (const line of { [Symbol.asyncIterator]: () => linesOf(this.#child.stderr) }) {
        this.#errors = `${this.#errors}${line}\n`.slice(-4000);
      }
    })();
  }

  /** Encodes what is not encoded yet, and starts the server. */
  static async start(options: GstServerOptions): Promise<GstServer> {
    const wanted: [string, GstClipOptions | "clock"][] = isNames(options.mounts)
      ? options.mounts.map((name) => [name, STANDARD_MOUNTS[name]])
      : Object.entries(options.mounts);
    const clips: Record<string, GstClip> = {};
    const mounts: Record<string, object> = {};
    for (const [name, clipOptions] of wanted) {
      if (clipOptions === "clock") {
        mounts[name] = { codec: "h264", clip: null };
      } else {
        const clip = await makeGstClip(clipOptions);
        clips[name] = clip;
        mounts[name] = clip;
      }
    }
    const config = { port: options.port ?? 0, mounts, ...options.auth, tls: options.tls };
    const server = new GstServer(config, clips, options.auth, options.tls !== undefined);
    try {
      const ready = await server.#nextAnswer(START_TIMEOUT_MS);
      server.#port = z.object({ port: z.number() }).parse(ready).port;
      return server;
    } catch (error) {
      server.#child.kill("SIGKILL");
      throw error;
    }
  }

  #port = 0;

  get port(): number {
    return this.#port;
  }

  /** Address of a camera, with user and password where the server wants them. */
  url(mount: string): string {
    const login = this.auth === undefined ? "" : `${this.auth.user}:${this.auth.password}@`;
    return `${this.isEncrypted ? "rtsps" : "rtsp"}://${login}127.0.0.1:${this.#port}/${mount}`;
  }

  /** What was sent so far. */
  async counts(): Promise<GstCounts> {
    return counts.parse(await this.#ask({ cmd: "counts" }));
  }

  /** Drops this share of a camera's picture packets from now on. */
  async lose(mount: string, percent: number): Promise<void> {
    await this.#ask({ cmd: "loss", mount, percent });
  }

  /** Closes all connections; clients may come back at once. */
  async disconnectAll(): Promise<void> {
    await this.#ask({ cmd: "disconnect" });
  }

  /** Stands still, as behind a network that hangs, until `resume`. */
  pause(): void {
    this.#child.kill("SIGSTOP");
  }

  resume(): void {
    this.#child.kill("SIGCONT");
  }

  /** Ends the server; its port can be listened on again when this returns. */
  async stop(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #ask(command: object): Promise<unknown> {
    const ask = async () => {
      void this.#child.stdin.write(`${JSON.stringify(command)}\n`);
      await this.#child.stdin.flush();
      return this.#nextAnswer(5000);
    };
    const answer = this.#asking.then(ask, ask);
    this.#asking = answer.catch(() => {});
    return answer;
  }

  async #nextAnswer(timeoutMs: number): Promise<unknown> {
    const next = await within("an answer of the RTSP server", timeoutMs, this.#answers.next());
    if (next.done) throw new Error(`The RTSP server ended: ${this.#errors}`);
    return JSON.parse(next.value);
  }
}

const isNames = (mounts: GstServerOptions["mounts"]): mounts is readonly StandardMount[] =>
  Array.isArray(mounts);

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
}
