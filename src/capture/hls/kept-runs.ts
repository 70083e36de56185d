import {
  followsOnClock,
  TS_CLOCK_TICKS,
  type KeptParameters,
  type MediaFacts,
} from "../../media/media-facts.ts";
import type { RunEnd } from "../../media/reasons.ts";
import type { KeptSink } from "../source.ts";
import { JOIN_MS, SourceTimes } from "./source-times.ts";
import type { Entry } from "./window.ts";

const TICKS_PER_MS = 90;
/** What the list says of a segment's length counts when the media agrees by so much, in 90,000ths of a second. */
const AGREE_TICKS = 45_000;
/** Lists in whole seconds say less than the media does. */
const EXACT_TICKS = 900;

/** Where on the source's clock something ended, in 90,000ths of a second. */
export type ClockEnd = { ticks: number; format: KeptParameters["format"] };

export type KeptRunsOptions = {
  sink: KeptSink;
  /** Target duration of the source's list, in seconds. */
  targetSeconds: () => number;
};

/** Silence up to so many target durations is usual, and so many ms at least. */
const USUAL = { targets: 3, leastMs: 15_000 };

export const usualPauseMs = (targetSeconds: number): number =>
  Math.max(USUAL.leastMs, USUAL.targets * targetSeconds * 1000);

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** The length of a segment that is kept: the list's, so that whoever passes a list on has the same times; see the limits. */
export function durationTicksOf(listedSeconds: number, mediaTicks: number): number {
  const listed = Math.round(listedSeconds * 1000 * TICKS_PER_MS);
  const apart = Math.abs(listed - mediaTicks);
  if (listed <= 0 || apart > AGREE_TICKS) return mediaTicks;
  return Number.isInteger(listedSeconds) && apart > EXACT_TICKS ? mediaTicks : listed;
}

const areEqual = (a: KeptParameters, b: KeptParameters): boolean =>
  a.format === b.format &&
  a.videoCodec === b.videoCodec &&
  a.audioCodec === b.audioCodec &&
  Buffer.compare(a.init, b.init) === 0;

/** From one time to another on a source's clock, in ms; that of MPEG-TS turns over. */
function elapsedMs({ ticks, format }: ClockEnd, sourceTicks: number): number {
  const apart = sourceTicks - ticks;
  if (format !== "ts") return apart / TICKS_PER_MS;
  const around = ((apart % TS_CLOCK_TICKS) + TS_CLOCK_TICKS) % TS_CLOCK_TICKS;
  return (around > TS_CLOCK_TICKS / 2 ? around - TS_CLOCK_TICKS : around) / TICKS_PER_MS;
}

/**
 * Makes runs of the segments that a source gives in order: one lasts as long as the segments follow one another on the
 * source's clock and by wall time, with the same parameters.
 */
export class KeptRuns {
  readonly times = new SourceTimes();
  #parameters: KeptParameters | undefined;
  #isOpen = false;
  #isDated = false;
  #end: ClockEnd | undefined;
  #lostMs = 0;
  #isReturn = true;

  constructor(private readonly options: KeptRunsOptions) {}

  /**
   * The source was looked for anew.
   * @param found where the segment before the next one ended, if that one is the newest stored
   */
  resume(found: { clock?: ClockEnd; endMs?: number; floorMs?: number }): void {
    this.#isReturn = true;
    if (found.clock) this.#end = found.clock;
    this.times.resume(found);
  }

  /** Parameters of the newest segment: what segments without their own go by. */
  get parameters(): KeptParameters | undefined {
    return this.#parameters;
  }

  /** Segments were lost: the run ends, the next one begins with the next segment. */
  async lose(lostSeconds: number, detail: string): Promise<void> {
    this.#lostMs += lostSeconds * 1000;
    await this.#close({ reason: "source-gap", detail });
  }

  async take(entry: Entry, bytes: Uint8Array, facts: MediaFacts): Promise<void> {
    const { sink, targetSeconds } = this.options;
    const { parameters, sourceTicks } = facts;
    const end = this.#end;
    const isComparable = end !== undefined && end.format === parameters.format;
    const follows =
      isComparable && this.#lostMs === 0 && followsOnClock(parameters.format, end.ticks, sourceTicks);
    const joint = {
      follows,
      elapsedMs:
        isComparable && (follows || !entry.isDiscontinuity) ? elapsedMs(end, sourceTicks) : undefined,
      lostMs: this.#lostMs,
      isReturn: this.#isReturn,
    };
    const mediaMs = facts.durationTicks / TICKS_PER_MS;
    const { startMs, holeMs, isDated } = this.times.place(entry, joint, mediaMs, targetSeconds());
    const why = this.#cutBefore(parameters, { follows, holeMs, isDated });
    if (why !== undefined) await this.#close(why);
    if (!this.#isOpen) {
      this.#isOpen = true;
      this.#isDated = isDated;
      const start = { parameters, isContinuation: follows, isDatedBySource: isDated };
      sink.beginKept(start, usualPauseMs(targetSeconds()));
    }
    this.#parameters = parameters;
    this.#end = { ticks: sourceTicks + facts.durationTicks, format: parameters.format };
    this.#lostMs = 0;
    this.#isReturn = false;
    const durationTicks = durationTicksOf(entry.durationSeconds, facts.durationTicks);
    await sink.keep({ bytes, startMs, durationTicks, activityBytes: facts.activityBytes });
  }

  /** Why the open run can't go on with a segment; `undefined` when it can, or when none is open. */
  #cutBefore(
    parameters: KeptParameters,
    { follows, holeMs, isDated }: { follows: boolean; holeMs: number; isDated: boolean },
  ): RunEnd | undefined {
    if (!this.#isOpen || this.#parameters === undefined) return undefined;
    if (!areEqual(this.#parameters, parameters)) {
      const { width, height, videoCodec } = parameters;
      return { reason: "init-changed", detail: `now ${width}×${height}, ${videoCodec}` };
    }
    if (holeMs > JOIN_MS) {
      const said = isDated ? "by its own times" : "by its clock";
      return { reason: "source-gap", detail: `${said} it left out ${seconds(holeMs)}` };
    }
    if (!follows) return { reason: "time-jumped", detail: "its clock began anew" };
    if (this.#isDated !== isDated) {
      return {
        reason: "time-jumped",
        detail: isDated ? "it tells the time now" : "the times that it tells went back",
      };
    }
    return undefined;
  }

  async #close(end: RunEnd): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.options.sink.endKept(end);
  }
}
