import type { KeptRunRecorder, KeptRunStart, KeptSegment } from "../../capture/recording-sink.ts";
import type { RunRow } from "../../db/index/rows.ts";
import { VIDEO_TIMESCALE } from "../../media/parameters.ts";
import { msToTicks } from "../../media/ticks.ts";
import { MIN_STEP_MS } from "../../platform/clock-watch.ts";
import type { JournalGap } from "../journal/journal.ts";
import { OpenRun, type RunPlace } from "./open-run.ts";

/** Lists look for what reaches into an interval no further back than two hours: an hour's file and its last segment. */
const MAX_SEGMENT_TICKS = msToTicks(30 * 60_000, VIDEO_TIMESCALE);
/** What sources say of times and durations is rounded: a smaller hole is none. */
const MIN_GAP_MS = 100;

type Waiting = { segment: KeptSegment; done: () => void };

/** What is wrong with a segment that no journal could tell; `undefined` when nothing is. */
function problemOf({ bytes, startMs, durationTicks, activityBytes }: KeptSegment): string | undefined {
  if (bytes.length === 0) return "a segment has no bytes";
  if (!Number.isSafeInteger(startMs)) return `a segment begins at ${startMs}; wanted: whole milliseconds`;
  if (!Number.isSafeInteger(durationTicks) || durationTicks <= 0 || durationTicks > MAX_SEGMENT_TICKS) {
    const most = `1 to ${MAX_SEGMENT_TICKS} (half an hour)`;
    return `a segment lasts ${durationTicks} 90,000ths of a second; wanted: ${most}`;
  }
  return activityBytes >= 0
    ? undefined
    : `a segment has ${activityBytes} bytes of activity; wanted: 0 or more`;
}

/**
 * One run of a source whose segments are kept byte for byte. They follow one another in media time by their durations;
 * their wall times are the source's, moved on as a whole where this machine's clock can't be believed.
 */
export class KeptRunWriter extends OpenRun<Waiting> implements KeptRunRecorder {
  readonly #isContinuation: boolean;
  /** Both clocks at the first arrival. */
  #first: { nowMs: number; bootMs: number } | undefined;
  #shiftMs: number | undefined;
  /** Where the newest stored segment ends, in ticks since the run's first picture. */
  #endTicks = 0;
  /** The earliest that the next segment is dated, and when it begins if it says that it is earlier, in ms UTC. */
  #newest: { startMs: number; endMs: number } | undefined;

  constructor(place: RunPlace, { parameters, isContinuation, isDatedBySource }: KeptRunStart) {
    const isUnsure = isDatedBySource !== true && place.context.clock.synchronised() === false;
    super(place, { makeup: { ...parameters, videoTimescale: VIDEO_TIMESCALE }, isUnsure, isContinuation });
    this.#isContinuation = isContinuation;
  }

  async segment(segment: KeptSegment): Promise<void> {
    if (this.isEnded) return;
    const problem = problemOf(segment);
    if (problem !== undefined) return this.fail({ reason: "source-broken", detail: problem });
    const { clock } = this.context;
    this.#first ??= { nowMs: clock.nowMs(), bootMs: clock.bootMs() };
    await new Promise<void>((done) => this.enqueue({ segment, done }));
  }

  protected sizeOf({ segment }: Waiting): number {
    return segment.bytes.length;
  }

  protected rest(): Waiting[] {
    return [];
  }

  protected override begun(): void {
    this.channel.live.forget();
  }

  protected override settled({ done }: Waiting): void {
    done();
  }

  protected async store(waiting: Waiting): Promise<void> {
    const { segment } = waiting;
    const { durationTicks } = segment;
    const startMs = this.#startMsOf(segment);
    const startTicks = this.#endTicks;
    const next = { startTicks, durationTicks, sizeBytes: segment.bytes.length, canBegin: true };
    const recording = await this.recordingFor(next, startMs);
    await recording.appendKept({ ...segment, startTicks }, startMs);
    this.#endTicks += durationTicks;
    this.#newest = { startMs, endMs: recording.endMs };
    this.appended(waiting, next, recording);
  }

  /** Times never go back within a run: a segment that says so begins where the one before it ended. */
  #startMsOf({ startMs }: KeptSegment): number {
    const { newestEndMs } = this.channel;
    const isHeld = this.isUnsure && newestEndMs > 0;
    this.#shiftMs ??= isHeld ? Math.max(0, newestEndMs - startMs) : 0;
    const shiftedMs = startMs + this.#shiftMs;
    return this.#newest && shiftedMs < this.#newest.startMs ? this.#newest.endMs : shiftedMs;
  }

  protected override gapsBefore(startMs: number): JournalGap[] {
    const leastMs = this.#isContinuation ? MIN_STEP_MS : MIN_GAP_MS;
    // What follows on the source's clock has no hole in front, whatever this machine's clock says.
    const isTold = this.isUnsure && !this.#isContinuation;
    const isNone = !isTold && startMs - this.channel.newestEndMs < leastMs;
    return isNone ? [] : super.gapsBefore(startMs);
  }

  protected clocks(): Pick<RunRow, "realtimeMs" | "boottimeMs"> {
    const { clock } = this.context;
    return {
      realtimeMs: Math.round((this.#first?.nowMs ?? clock.nowMs()) + (this.#shiftMs ?? 0)),
      boottimeMs: Math.round(this.#first?.bootMs ?? clock.bootMs()),
    };
  }
}
