import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { stringify } from "yaml";
import { freePort } from "./ports.ts";
import {
  cleanEnvironment,
  finished,
  processesMarked,
  type Finished,
  type RunningProcess,
} from "./processes.ts";
import { waitFor, within } from "./wait.ts";

/** The executable under test: `NIGHTJAR_BIN`, or the one that the build made. */
export const nightjarBinary: string =
  process.env["NIGHTJAR_BIN"] ?? resolve(import.meta.dir, "../../dist/nightjar");

const MARK = "TEST_NIGHTJAR_ID";
/** How long the executable may take to answer after its start. */
const START_TIMEOUT_MS = 15_000;
/** A graceful stop must be done by then, in milliseconds. */
export const STOP_LIMIT_MS = 5000;

/** A configuration as it stands in the YAML file; the harness gives `listen`, `data`, and `auth: none` where they are absent. */
export type TestConfig = Record<string, unknown> & { channels?: Record<string, unknown> };

export type NightjarOptions = {
  /** Folder for the configuration, `data` and the footage. */
  folder: string;
  config: TestConfig;
  env?: Record<string, string>;
  /** Words before the executable, e.g. an emulator. */
  launcher?: readonly string[];
  binary?: string;
  /** What counts as started: an answer of any status (default), or 200 from `/health`. */
  until?: "answering" | "healthy";
  startTimeoutMs?: number;
};

/** Writes `nightjar.yaml` into the folder, with a free port if `listen` is not given; returns path and port. */
export async function writeConfig(
  folder: string,
  config: TestConfig,
): Promise<{ file: string; listen: string }> {
  const listen = typeof config["listen"] === "string" ? config["listen"] : `127.0.0.1:${await freePort()}`;
  await mkdir(folder, { recursive: true });
  const file = join(folder, "nightjar.yaml");
  await Bun.write(file, stringify({ data: "./data", auth: "none", ...config, listen }));
  return { file, listen };
}

/** Runs a command of the executable to its end, with the folder's configuration if there is one. */
export async function nightjarCommand(
  args: readonly string[],
  {
    folder,
    timeoutMs = 30_000,
    env,
    input,
  }: { folder?: string; timeoutMs?: number; env?: Record<string, string>; input?: string } = {},
): Promise<Finished> {
  const file = folder === undefined ? undefined : join(folder, "nightjar.yaml");
  const config = file !== undefined && existsSync(file) ? ["--config", file] : [];
  const argv = [nightjarBinary, ...args, ...config];
  return finished(argv, {
    timeoutMs,
    env: cleanEnvironment(env),
    ...(folder === undefined ? {} : { cwd: folder }),
    ...(input === undefined ? {} : { input }),
  });
}

/** A running executable. Dispose of it to be sure that nothing of it is left. */
export class Nightjar implements AsyncDisposable {
  /** All lines of standard output and standard error, in the order in which they came. */
  readonly lines: string[] = [];
  readonly url: string;
  readonly exited: Promise<number>;
  #child: Bun.Subprocess<"ignore", "pipe", "pipe">;
  #id = crypto.randomUUID();

  private constructor(
    argv: readonly string[],
    readonly folder: string,
    listen: string,
    env: Record<string, string>,
  ) {
    this.url = `http://${listen}`;
    this.#child = Bun.spawn([...argv], {
      cwd: folder,
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      env: cleanEnvironment({ ...env, [MARK]: this.#id }),
    });
    this.exited = this.#child.exited;
    void this.#collect(this.#child.stdout);
    void this.#collect(this.#child.stderr);
  }

  /**
   * Starts the server and waits for its first answer.
   * @throws Error with what it printed, when it ends or does not answer in time; it is gone then.
   */
  static async start(options: NightjarOptions): Promise<Nightjar> {
    const { file, listen } = await writeConfig(options.folder, options.config);
    const argv = [...(options.launcher ?? []), options.binary ?? nightjarBinary, "serve", "--config", file];
    const server = new Nightjar(argv, options.folder, listen, options.env ?? {});
    try {
      await server.answers(options.until ?? "answering", options.startTimeoutMs ?? START_TIMEOUT_MS);
      return server;
    } catch (error) {
      await server.kill();
      throw new Error(`${String(error)}\n${server.logText}`, { cause: error });
    }
  }

  get pid(): number {
    return this.#child.pid;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get logText(): string {
    return this.lines.join("\n");
  }

  /** Waits until `/health` answers, or answers 200. */
  async answers(until: "answering" | "healthy", timeoutMs: number): Promise<void> {
    let ended = false;
    await waitFor(
      `an answer of ${this.url}/health (${until})`,
      async () => {
        if (!this.isRunning) {
          ended = true;
          return true;
        }
        const response = await fetch(`${this.url}/health`, { signal: AbortSignal.timeout(2000) });
        await response.arrayBuffer();
        return until === "answering" || response.ok;
      },
      { timeoutMs },
    );
    if (ended) throw new Error(`It ended with code ${await this.exited}`);
  }

  /** An answer of this server; the path begins with a slash. */
  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(this.url + path, { signal: AbortSignal.timeout(20_000), ...init });
  }

  /**
   * The body of an answer that must be a 200.
   * @throws Error with status and body otherwise.
   */
  async text(path: string, init: RequestInit = {}): Promise<string> {
    const response = await this.fetch(path, init);
    const body = await response.text();
    if (response.status !== 200) throw new Error(`${path}: ${response.status} ${body}`);
    return body;
  }

  /** Asks it to stop, and waits until it has ended; returns its exit code and how long that took. */
  async stop(limitMs = STOP_LIMIT_MS + 5000): Promise<{ code: number; tookMs: number }> {
    const started = performance.now();
    this.#child.kill("SIGTERM");
    try {
      const code = await within("graceful stop", limitMs, this.exited);
      return { code, tookMs: performance.now() - started };
    } catch (error) {
      await this.kill();
      throw new Error(`${String(error)}\n${this.logText}`, { cause: error });
    }
  }

  /** `kill -9`: returns once the process is gone; its children may still be on their way. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.exited;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Everything that still runs of it: the server itself, its ffmpegs, and theirs. */
  processes(): RunningProcess[] {
    return processesMarked(MARK, this.#id);
  }

  /**
   * Waits until nothing of it runs any more.
   * @throws Error that lists what is left over.
   */
  async nothingLeft(timeoutMs = 3000): Promise<void> {
    const endMs = performance.now() + timeoutMs;
    while (this.processes().length > 0) {
      if (performance.now() > endMs) {
        const left = this.processes().map(({ pid, command }) => `${pid} ${command}`);
        throw new Error(`Still running after the end of the server:\n${left.join("\n")}`);
      }
      await Bun.sleep(50);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    try {
      await this.nothingLeft();
    } finally {
      for (const { pid } of this.processes()) process.kill(pid, "SIGKILL");
    }
  }

  async #collect(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of stream) {
      const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = parts.pop() ?? "";
      this.lines.push(...parts);
    }
    if (rest !== "") this.lines.push(rest);
  }
}
