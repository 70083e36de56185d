import type { FfmpegInput } from "../../media/ffmpeg-arguments.ts";
import type { Clock } from "../../platform/clock.ts";
import { logOf } from "../../platform/log.ts";
import type { RunSink, Source, SourceEnd } from "../source.ts";
import { publicUrl, redactorFor } from "./redact.ts";
import {
  endOfAbort,
  runSession,
  type Handling,
  type SessionOptions,
  type SessionOutcome,
} from "./session.ts";

const log = logOf("capture");

/** Between two sessions of a run: cameras that allow one connection need a moment. */
const PAUSE_MS = 300;
const MAX_SESSIONS = 4;

export type FfmpegSourceOptions = {
  input: FfmpegInput;
  withSound: boolean;
  clock: Clock;
  /** How it is called, and what is secret of it, where its URL does not say so itself. */
  shown?: { description: string; redact: (line: string) => string };
};

/** A camera, or anything else that ffmpeg opens, by one ffmpeg process. */
export class FfmpegSource implements Source {
  readonly description: string;
  readonly #redact: (line: string) => string;
  readonly #handling: HandlingMemory;

  constructor(private readonly options: FfmpegSourceOptions) {
    const { input, shown } = options;
    const url = "url" in input ? input.url : undefined;
    this.description = shown?.description ?? (url === undefined ? input.kind : publicUrl(url));
    this.#redact = shown?.redact ?? (url === undefined ? (line) => line : redactorFor(url));
    const sound = input.kind === "synthetic" ? "to-aac" : "copy";
    this.#handling = new HandlingMemory(options.withSound ? sound : "none");
  }

  run(sink: RunSink, signal: AbortSignal): Promise<SourceEnd> {
    const { input, clock } = this.options;
    return runSessions(this.#handling, { clock, signal, name: this.description }, (handling, warn) =>
      runSession({ input, handling, clock, sink, signal, warn, redact: this.#redact }),
    );
  }
}

/** What was learnt about a source, kept from run to run. */
export class HandlingMemory {
  handling: Handling;

  constructor(sound: Handling["sound"]) {
    this.handling = { sound, longAnalysis: false, arrivalTimes: false, lateSound: false };
  }
}

type SessionRunner = (handling: Handling, warn: SessionOptions["warn"]) => Promise<SessionOutcome>;

/**
 * Runs sessions until one of them ends the run: a source whose sound must be encoded shows that only when it is
 * open. The sessions follow each other, since many cameras allow one connection only. Sound that did not come is
 * left out of this run alone.
 */
export async function runSessions(
  memory: HandlingMemory,
  { clock, signal, name }: { clock: Clock; signal: AbortSignal; name: string },
  session: SessionRunner,
): Promise<SourceEnd> {
  let { handling } = memory;
  const warn = (text: string) => log.warn("{name}: {text}", { name, text });
  for (let count = 0; count < MAX_SESSIONS; count += 1) {
    const outcome = await session(handling, warn);
    if ("end" in outcome) return outcome.end;
    log.debug("{name}: connecting again, because {because}", { name, because: outcome.because });
    if (outcome.again.sound === "none") warn(`recorded without sound: ${outcome.because}`);
    else memory.handling = outcome.again;
    ({ again: handling } = outcome);
    await clock.sleep(PAUSE_MS, signal);
    if (signal.aborted) return endOfAbort(signal);
  }
  return { reason: "source-broken", detail: "what it sends changes at each connection", retry: "later" };
}
