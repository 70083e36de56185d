import { FragmentReader } from "../../media/fmp4/reader.ts";
import {
  captureCommand,
  FORMATS_WITHOUT_TIMES,
  type FfmpegInput,
  type InputTreatment,
  type SoundHandling,
} from "../../media/ffmpeg-arguments.ts";
import type { Clock } from "../../platform/clock.ts";
import { errorText, NightjarError } from "../../platform/errors.ts";
import { freeWhole, giveMemory } from "../../platform/given-memory.ts";
import { spawnStream, type StreamProcess } from "../../platform/process.ts";
import type { RunSink, SourceEnd } from "../source.ts";
import { endFromLines } from "./end-reasons.ts";
import { RunBuilder, WENT_BACK, type Quirks } from "./run-builder.ts";
import { StderrWatch } from "./stderr-watch.ts";

/** Connecting is given up after this long. */
const CONNECT_MS = 5000;
/** The first key picture must have come after this long: cameras with ten seconds between them exist. */
const FIRST_PICTURE_MS = 15_000;
/** Sound that is announced holds everything back until it comes; after this long it is not waited for. */
const SOUND_MS = { copied: 1500, encoded: 3000 };
const NO_SOUND = "the sound that was announced does not come";
const WATCH_PERIOD_MS = 250;
/** A fragment is half a second; one of this size is no picture. */
const MAX_BOX_BYTES = 32 * 1024 * 1024;
/**
 * Before its last fragment ffmpeg says that the input is over, and behind it ends: when neither is known by then, the
 * fragment's last picture is whole.
 */
const SETTLE_MS = 30;
/** How long an ended process's output may stay open before it is not waited for. */
const DRAIN_MS = 500;

/** How ffmpeg is asked to treat the source; learnt from the source itself. */
export type Handling = Required<InputTreatment> & { sound: SoundHandling };

export type SessionOptions = {
  input: FfmpegInput;
  handling: Handling;
  clock: Clock;
  sink: RunSink;
  signal: AbortSignal;
  redact: (line: string) => string;
  warn: (text: string) => void;
  /** Data for ffmpeg's standard input, for inputs of kind `pipe`. */
  stdin?: ReadableStream<Uint8Array>;
};

/** A session either ends the run, or has to be begun anew with another handling; nothing was handed on then. */
export type SessionOutcome = { end: SourceEnd } | { again: Handling; because: string };

const end = (reason: SourceEnd["reason"], detail: string, retry: SourceEnd["retry"]): SessionOutcome => ({
  end: { reason, detail, retry },
});

const isSourceEnd = (value: unknown): value is SourceEnd =>
  typeof value === "object" && value !== null && "reason" in value && "detail" in value && "retry" in value;

/** The end that an aborted signal carries, or that of a source which was asked to stop. */
export const endOfAbort = (signal: AbortSignal): SourceEnd =>
  isSourceEnd(signal.reason) ? signal.reason : { reason: "stopped", detail: "", retry: "later" };

/** One ffmpeg process from its start to its end. Never rejects. */
export async function runSession(options: SessionOptions): Promise<SessionOutcome> {
  const session = new Session(options);
  try {
    return await session.run();
  } catch (error) {
    if (error instanceof NightjarError && error.kind === "unavailable") {
      return end("source-unsupported", error.message, "later");
    }
    return end("source-broken", errorText(error), "later");
  }
}

class Session {
  readonly #stderr: StderrWatch;
  readonly #reader = new FragmentReader({ maxBoxBytes: MAX_BOX_BYTES });
  readonly #builder: RunBuilder;
  readonly #quirks: Quirks;
  #outcome: SessionOutcome | undefined;
  /** The end that holds when nothing more telling comes in what is left to read. */
  #lateEnd: SourceEnd | undefined;
  #hasInit = false;
  #isOver = false;
  #fragments = 0;

  constructor(private readonly options: SessionOptions) {
    this.#stderr = new StderrWatch(options.redact);
    const { lateSound } = options.handling;
    this.#quirks = { firstTimeIsGuess: lateSound, firstSoundIsStretched: lateSound };
    this.#builder = new RunBuilder(options.sink, options.warn, this.#quirks);
  }

  async run(): Promise<SessionOutcome> {
    const { input, handling, signal, stdin } = this.options;
    if (signal.aborted) return { end: endOfAbort(signal) };
    const command = captureCommand(input, handling.sound, handling);
    const script = command.script === undefined ? undefined : new TextEncoder().encode(command.script);
    const given = script ?? stdin;
    const child = spawnStream(command.argv, {
      ...(given === undefined ? {} : { stdin: given }),
      signal,
      onStderrLine: (line) => this.#onLine(line, child),
    });
    const watching = this.#watch(child);
    try {
      await this.#read(child);
    } finally {
      this.#isOver = true;
      await child.stop();
      await watching;
    }
    this.#builder.finish();
    if (signal.aborted) return { end: endOfAbort(signal) };
    if (this.#outcome !== undefined) return this.#outcome;
    if (this.#lateEnd !== undefined) return { end: this.#lateEnd };
    return this.#decide() ?? { end: endFromLines(this.#stderr.problems, this.#builder.hasBegun) };
  }

  #conclude(outcome: SessionOutcome, child: StreamProcess): void {
    this.#outcome ??= outcome;
    void child.stop();
  }

  async #read(child: StreamProcess): Promise<void> {
    const reader = child.stdout.getReader();
    // Not a race of each read with the end: a promise that lasts holds on to all that ever raced with it.
    void child.exited.then(() => Bun.sleep(DRAIN_MS)).then(() => reader.cancel().catch(() => {}));
    for (;;) {
      const next = await reader.read();
      if (next.done) return;
      // After the end what is left in the pipe is read, so that ffmpeg can end, and dropped.
      if (this.#outcome === undefined) this.#take(next.value, child);
      // The reader has copied it.
      freeWhole(next.value);
    }
  }

  #take(chunk: Uint8Array, child: StreamProcess): void {
    try {
      const arrivalMs = this.options.clock.monotonicMs();
      for (const event of this.#reader.push(chunk)) {
        if (event.kind === "init") this.#hasInit = true;
        else for (const { payload } of event.tracks) giveMemory(payload);
        const again = event.kind === "init" ? this.#decide() : undefined;
        if (again !== undefined) return this.#conclude(again, child);
        const ended = this.#builder.take(event, arrivalMs);
        if (ended !== undefined) return this.#conclude({ end: ended }, child);
        if (event.kind === "fragment") void this.#settle();
      }
    } catch (error) {
      this.#conclude(end("source-broken", errorText(error), "later"), child);
    }
  }

  /** Hands a fragment's last picture on when it is clear that it was not the end. */
  async #settle(): Promise<void> {
    this.#fragments += 1;
    const fragment = this.#fragments;
    await this.options.clock.sleep(SETTLE_MS);
    const isNewest = fragment === this.#fragments;
    const isEnding = this.#isOver || this.#stderr.isEnding;
    if (isNewest && !isEnding && this.#outcome === undefined && this.#lateEnd === undefined)
      this.#builder.settle();
  }

  #onLine(line: string, child: StreamProcess): void {
    this.#stderr.push(line);
    const { streams, backwardTicks, firstTimeIsGuess } = this.#stderr;
    this.#quirks.firstTimeIsGuess ||= firstTimeIsGuess;
    const isCopied = this.options.input.kind !== "synthetic";
    if (isCopied && streams.video !== undefined && !["h264", "hevc"].includes(streams.video)) {
      const detail = `it sends pictures in ${streams.video}; H.264 and H.265 can be kept`;
      this.#conclude(end("source-unsupported", detail, "rarely"), child);
    }
    if (backwardTicks !== undefined && this.#builder.hasBegun) {
      // What came before the jump is still on its way out of ffmpeg.
      this.#lateEnd = WENT_BACK;
      this.#builder.expectJump();
      void child.stop();
    }
  }

  /** Whether the source turned out to need another handling, as long as nothing was handed on. */
  #decide(): SessionOutcome | undefined {
    if (this.#builder.hasBegun) return undefined;
    const { handling, input } = this.options;
    const { streams, lacksSize, problems } = this.#stderr;
    const { audio } = streams;
    const again = (change: Partial<Handling>, because: string) => ({
      again: { ...handling, ...change },
      because,
    });
    if (lacksSize && !handling.longAnalysis) {
      return again({ longAnalysis: true }, "the size of the pictures comes late");
    }
    const isRaw = input.kind === "pipe" && FORMATS_WITHOUT_TIMES.includes(streams.format ?? "");
    if (isRaw && input.format === undefined && !handling.arrivalTimes) {
      return again({ arrivalTimes: true }, "it sends no times");
    }
    if (audio === undefined) return undefined;
    if (handling.sound === "copy" && audio !== "aac")
      return again({ sound: "to-aac" }, `its sound is ${audio}`);
    if (handling.sound === "to-aac" && audio === "aac") return again({ sound: "copy" }, "its sound is AAC");
    if (
      handling.sound === "to-aac" &&
      problems.some((line) => /Decoder .* not found|Error (?:while opening|initializing)/.test(line))
    ) {
      return again({ sound: "none" }, `its sound (${audio}) can't be decoded`);
    }
    return undefined;
  }

  /** Whether ffmpeg has what it needs of the pictures, and would go on if sound came. */
  #waitsForSound(): boolean {
    const { isOpen, hasOutput, pictures, streams } = this.#stderr;
    const { sound, lateSound } = this.options.handling;
    if (!isOpen || streams.audio === undefined || this.#hasInit) return false;
    return sound === "to-aac" ? !hasOutput : sound === "copy" && !lateSound && pictures > 0;
  }

  /** Gives up on what takes too long. Time in which this program itself stood still does not count. */
  async #watch(child: StreamProcess): Promise<void> {
    const { clock, signal, input, handling } = this.options;
    const over = new AbortController();
    void child.exited.then(() => over.abort());
    const watchSignal = AbortSignal.any([over.signal, signal]);
    let waitedMs = 0;
    let soundMissingMs = 0;
    while (!this.#isOver && !watchSignal.aborted && !this.#builder.hasBegun && this.#outcome === undefined) {
      await clock.sleep(WATCH_PERIOD_MS, watchSignal);
      waitedMs += WATCH_PERIOD_MS;
      if (this.#waitsForSound()) soundMissingMs += WATCH_PERIOD_MS;
      const connects = input.kind === "rtsp" || input.kind === "url";
      if (connects && !this.#stderr.isConnected && waitedMs >= CONNECT_MS) {
        this.#conclude(end("source-offline", "it did not answer in time", "later"), child);
      } else if (handling.sound === "copy" && soundMissingMs >= SOUND_MS.copied) {
        this.#conclude({ again: { ...handling, lateSound: true }, because: NO_SOUND }, child);
      } else if (handling.sound === "to-aac" && soundMissingMs >= SOUND_MS.encoded) {
        this.#conclude({ again: { ...handling, sound: "none" }, because: NO_SOUND }, child);
      } else if (waitedMs >= FIRST_PICTURE_MS + (handling.longAnalysis ? FIRST_PICTURE_MS : 0)) {
        const detail = this.#stderr.isOpen
          ? "it sent no key picture"
          : "it answered, but sent nothing that can be used";
        this.#conclude(end("source-stalled", detail, "later"), child);
      }
    }
  }
}
