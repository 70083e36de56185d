import { BackgroundGroup, yieldToOthers } from "./background.ts";
import { NightjarError, errorText, systemErrorCode } from "./errors.ts";
import { LineBuffer } from "./lines.ts";
import { logOf, redactUrls } from "./log.ts";

const log = logOf("process");

/** How a process ended: its exit code, or the signal that ended it. */
export type ProcessExit = { code: number | undefined; signal: string | undefined };

/** One rung of a stop ladder: send the signal, then wait that long for the end before the next rung. */
export type StopStep = { signal: "SIGINT" | "SIGTERM" | "SIGKILL"; waitMs: number };

/** Asks twice, then kills: gone within two seconds. */
export const DEFAULT_STOP_LADDER: readonly StopStep[] = [
  { signal: "SIGINT", waitMs: 1000 },
  { signal: "SIGTERM", waitMs: 300 },
  { signal: "SIGKILL", waitMs: 500 },
];

export type SpawnOptions = {
  /** Bytes for its standard input, which is closed after them; without any it is empty. */
  stdin?: Uint8Array | ReadableStream<Uint8Array>;
  /** When aborted, the stop ladder begins. */
  signal?: AbortSignal;
  /** Called with each line of its standard error, as it comes. */
  onStderrLine?: (line: string) => void;
  stopLadder?: readonly StopStep[];
  /** Its arguments are the user's own and may hold a password in any form: they are not logged. */
  hidesArguments?: boolean;
  /** Work that can wait: it has the lowest claim on the machine, and is held with the job that started it. */
  isBackground?: boolean;
};

/** A running process whose output is read as it comes. */
export type StreamProcess = {
  readonly pid: number;
  /** Its standard output; what is not read holds the process back. */
  readonly stdout: ReadableStream<Uint8Array>;
  /** Resolves when it has ended and its standard error has been read (or is held open by others for 200 ms). */
  readonly exited: Promise<ProcessExit>;
  /** The last lines of its standard error, oldest first. */
  lastStderrLines(): readonly string[];
  /** Begins the stop ladder, if it has not begun; resolves with the end. */
  stop(): Promise<ProcessExit>;
  /** Holds it where it is, by SIGSTOP. Nothing for one that is being stopped. */
  pause(): void;
  /** Lets it go on. */
  resume(): void;
  /** For how long it has been held so far, in milliseconds: what waits for its progress leaves that out. */
  pausedMs(): number;
};

/** Path of a tool, by `PATH`; `undefined` when it is not installed. */
export const findTool = (name: string): string | undefined => Bun.which(name) ?? undefined;

/** A command line for logs: quoted where needed, URLs without user names and passwords. */
export const commandLineText = (argv: readonly string[]): string =>
  redactUrls(argv.map((part) => (/^[\w@%+=:,./-]+$/.test(part) ? part : JSON.stringify(part))).join(" "));

function spawnError(name: string, error: unknown): NightjarError {
  if (systemErrorCode(error) === "ENOENT") {
    return new NightjarError("unavailable", `The program ${JSON.stringify(name)} was not found`, {
      details: [`Install it, or put it into the PATH: ${process.env["PATH"] ?? ""}`],
      cause: error,
    });
  }
  return new NightjarError(
    "unavailable",
    `The program ${JSON.stringify(name)} can't be started: ${errorText(error)}`,
    {
      cause: error,
    },
  );
}

/** How long the standard error of an ended process is read on, when another process still holds it open. */
const STDERR_GRACE_MS = 200;

async function readLines(stream: ReadableStream<Uint8Array>, lines: LineBuffer): Promise<void> {
  try {
    for await (const chunk of stream) lines.push(chunk);
  } catch {
    // The stream was cancelled with its process.
  }
  lines.end();
}

/**
 * Starts a program, without a shell and never detached, so that it ends with this process.
 * @throws NightjarError `unavailable` when the program is missing or can't be started; the message names it.
 */
export function spawnStream(argv: readonly string[], options: SpawnOptions = {}): StreamProcess {
  const name = argv[0];
  if (name === undefined) throw new NightjarError("internal", "A command needs at least the program's name");
  const shown = options.hidesArguments ? [name, ...(argv.length > 1 ? ["…"] : [])] : argv;
  log.debug("starting: {command}", { command: commandLineText(shown) });
  const lines = new LineBuffer(options.onStderrLine);
  let child: Bun.Subprocess<"ignore" | Uint8Array | ReadableStream<Uint8Array>, "pipe", "pipe">;
  try {
    child = Bun.spawn([...argv], { stdin: options.stdin ?? "ignore", stdout: "pipe", stderr: "pipe" });
  } catch (error) {
    throw spawnError(name, error);
  }
  if (options.isBackground) yieldToOthers(child.pid);
  const stderrRead = readLines(child.stderr, lines);

  const waitForEnd = async (): Promise<ProcessExit> => {
    await child.exited;
    await Promise.race([stderrRead, Bun.sleep(STDERR_GRACE_MS)]);
    return {
      code: child.exitCode ?? undefined,
      signal: child.signalCode === null ? undefined : String(child.signalCode),
    };
  };
  const exited = waitForEnd();

  const hold = new Hold((signal) => child.kill(signal));
  const climb = async (): Promise<ProcessExit> => {
    // What is held takes no other signal but the one that kills.
    hold.end();
    for (const step of options.stopLadder ?? DEFAULT_STOP_LADDER) {
      if (child.exitCode !== null || child.signalCode !== null) break;
      child.kill(step.signal);
      const wait = Promise.withResolvers<void>();
      const timer = setTimeout(wait.resolve, step.waitMs);
      await Promise.race([child.exited, wait.promise]);
      clearTimeout(timer);
    }
    return exited;
  };
  let stopping: Promise<ProcessExit> | undefined;
  const stop = () => (stopping ??= climb());

  const onAbort = () => void stop();
  if (options.signal?.aborted) onAbort();
  options.signal?.addEventListener("abort", onAbort, { once: true });
  void exited.then(() => options.signal?.removeEventListener("abort", onAbort));
  const started: StreamProcess = {
    pid: child.pid,
    stdout: child.stdout,
    exited,
    lastStderrLines: () => lines.lastLines,
    stop,
    pause: () => {
      if (stopping === undefined && child.exitCode === null && child.signalCode === null) hold.begin();
    },
    resume: () => hold.end(),
    pausedMs: () => hold.totalMs,
  };
  if (options.isBackground) BackgroundGroup.current?.add(started);
  return started;
}

/** Whether a process is held, and for how long it has been in all. */
class Hold {
  readonly #send: (signal: "SIGSTOP" | "SIGCONT") => void;
  #sinceMs: number | undefined;
  #formerMs = 0;

  constructor(send: (signal: "SIGSTOP" | "SIGCONT") => void) {
    this.#send = send;
  }

  get totalMs(): number {
    return this.#formerMs + (this.#sinceMs === undefined ? 0 : performance.now() - this.#sinceMs);
  }

  begin(): void {
    if (this.#sinceMs !== undefined) return;
    this.#send("SIGSTOP");
    this.#sinceMs = performance.now();
  }

  end(): void {
    if (this.#sinceMs === undefined) return;
    this.#formerMs = this.totalMs;
    this.#sinceMs = undefined;
    this.#send("SIGCONT");
  }
}

export type ToolLimits = { timeoutMs: number; maxOutputBytes: number; signal?: AbortSignal };
export type ToolOptions = ToolLimits & { stdin?: Uint8Array; isBackground?: boolean };

export type ToolResult<Output> = { code: number | undefined; stdout: Output; stderr: string };

const KILL: readonly StopStep[] = [{ signal: "SIGKILL", waitMs: 1000 }];

const shownName = (argv: readonly string[]): string => JSON.stringify(argv[0] ?? "");

/** Runs a short program to its end and returns its output as text; otherwise as `runToolForBytes`. */
export async function runTool(argv: readonly string[], options: ToolOptions): Promise<ToolResult<string>> {
  const result = await runToolForBytes(argv, options);
  return { ...result, stdout: new TextDecoder().decode(result.stdout) };
}

/**
 * Runs a short program to its end and returns its output. A non-zero exit code is not an error here.
 * @throws NightjarError `unavailable` when it is missing, takes longer than `timeoutMs`, or writes more than
 * `maxOutputBytes`; in each case it is gone by then.
 */
export async function runToolForBytes(
  argv: readonly string[],
  { stdin, isBackground = false, ...limits }: ToolOptions,
): Promise<ToolResult<Buffer<ArrayBuffer>>> {
  const child = spawnStream(argv, {
    stopLadder: KILL,
    isBackground,
    ...(stdin === undefined ? {} : { stdin }),
  });
  return outputOf(child, shownName(argv), limits);
}

/** A short program that has been started and waits for its input: its start-up costs no time any more. */
export type PreparedTool = {
  hasEnded(): boolean;
  /** Gives it its input, once, and returns its output; throws as `runToolForBytes`. */
  run(stdin: Uint8Array, limits: ToolLimits): Promise<ToolResult<Buffer<ArrayBuffer>>>;
  /** Ends it unused. */
  discard(): void;
};

/** Starts a program that reads its standard input first of all. Throws `unavailable` when it is missing. */
export function prepareTool(argv: readonly string[]): PreparedTool {
  const input = new TransformStream<Uint8Array, Uint8Array>();
  const child = spawnStream(argv, { stopLadder: KILL, stdin: input.readable });
  let hasEnded = false;
  void child.exited.then(() => (hasEnded = true));
  return {
    hasEnded: () => hasEnded,
    run: (stdin, limits) => {
      const writer = input.writable.getWriter();
      const written = writer.write(stdin).then(() => writer.close());
      // A program that ends without reading all of it says why by its exit.
      written.catch(() => undefined);
      return outputOf(child, shownName(argv), limits);
    },
    discard: () => void child.stop(),
  };
}

/** Aborted when a program has run for that long; the time in which it is held does not count. */
function runningFor(child: StreamProcess, limitMs: number): { signal: AbortSignal; clear: () => void } {
  const late = new AbortController();
  const startMs = performance.now();
  let timer: Timer;
  const look = () => {
    const leftMs = limitMs - (performance.now() - startMs - child.pausedMs());
    if (leftMs <= 0) late.abort();
    else timer = setTimeout(look, leftMs);
  };
  look();
  return { signal: late.signal, clear: () => clearTimeout(timer) };
}

async function outputOf(
  child: StreamProcess,
  name: string,
  limits: ToolLimits,
): Promise<ToolResult<Buffer<ArrayBuffer>>> {
  const { signal: timeout, clear } = runningFor(child, limits.timeoutMs);
  const signal = limits.signal === undefined ? timeout : AbortSignal.any([timeout, limits.signal]);
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  const reader = child.stdout.getReader();
  const onAbort = () => {
    void child.stop();
    void reader.cancel().catch(() => {});
  };
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    for (;;) {
      const next = await reader.read();
      if (next.done) break;
      chunks.push(next.value);
      sizeBytes += next.value.length;
      if (sizeBytes > limits.maxOutputBytes) {
        throw new NightjarError(
          "unavailable",
          `The program ${name} wrote more than ${limits.maxOutputBytes} bytes`,
        );
      }
    }
    const exit = signal.aborted ? await child.stop() : await child.exited;
    if (timeout.aborted && exit.signal === "SIGKILL") {
      throw new NightjarError("unavailable", `The program ${name} did not end within ${limits.timeoutMs} ms`);
    }
    if (limits.signal?.aborted && exit.signal === "SIGKILL") {
      throw new NightjarError("unavailable", `The program ${name} was stopped`);
    }
    return { code: exit.code, stdout: Buffer.concat(chunks), stderr: child.lastStderrLines().join("\n") };
  } finally {
    clear();
    signal.removeEventListener("abort", onAbort);
    await child.stop();
    await reader.cancel().catch(() => {});
  }
}
