import { basename } from "node:path";
import type { Clock } from "../../platform/clock.ts";
import { errorText } from "../../platform/errors.ts";
import { spawnStream, type StreamProcess } from "../../platform/process.ts";
import type { RunSink, Source, SourceEnd } from "../source.ts";
import { redactorForArguments } from "./redact.ts";
import { runSession, type SessionOptions, type SessionOutcome } from "./session.ts";
import { HandlingMemory, runSessions } from "./source.ts";

export type ExecSourceOptions = {
  /** The program and its arguments; it writes its stream to standard output. */
  argv: readonly string[];
  /** What it writes, as ffmpeg calls it: `mpegts`, `h264`, …; found out where it is not given. */
  format?: string;
  withSound: boolean;
  clock: Clock;
};

/** A program whose output is the camera, e.g. a Pi's own: read by ffmpeg through a pipe. */
export class ExecSource implements Source {
  readonly description: string;
  readonly #handling: HandlingMemory;

  constructor(private readonly options: ExecSourceOptions) {
    this.description = basename(options.argv[0] ?? "");
    this.#handling = new HandlingMemory(options.withSound ? "copy" : "none");
  }

  run(sink: RunSink, signal: AbortSignal): Promise<SourceEnd> {
    const { clock } = this.options;
    return runSessions(this.#handling, { clock, signal, name: this.description }, (handling, warn) =>
      this.#session({ handling, warn, sink, signal, clock }),
    );
  }

  async #session(
    given: Pick<SessionOptions, "handling" | "warn" | "sink" | "signal" | "clock">,
  ): Promise<SessionOutcome> {
    const { argv, format } = this.options;
    let program: StreamProcess;
    try {
      program = spawnStream(argv, { signal: given.signal, hidesArguments: true });
    } catch (error) {
      return { end: { reason: "source-unsupported", detail: errorText(error), retry: "later" } };
    }
    let exitedFirst = false;
    void program.exited.then(() => (exitedFirst = true));
    const input = { kind: "pipe" as const, ...(format === undefined ? {} : { format }) };
    const redact = redactorForArguments(argv);
    const outcome = await runSession({ ...given, input, redact, stdin: program.stdout });
    const hadExited = exitedFirst;
    const exit = await program.stop();
    if (!hadExited || given.signal.aborted || !("end" in outcome)) return outcome;
    if (outcome.end.reason !== "source-offline" && outcome.end.reason !== "source-broken") return outcome;
    const said = program.lastStderrLines().at(-1);
    const how = exit.signal === undefined ? `with exit code ${exit.code}` : `by ${exit.signal}`;
    const detail = `${this.description} ended ${how}${said === undefined ? "" : `: ${redact(said)}`}`;
    return { end: { reason: "source-offline", detail, retry: "later" } };
  }
}
