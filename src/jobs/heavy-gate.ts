import type { Clock } from "../platform/clock.ts";
import { dailySpanEndMs, dailySpanNextMs, type DailySpan } from "../platform/daily-span.ts";
import type { Holding } from "./running-job.ts";
import { timeWords } from "./time-words.ts";

/** What tells whether recording keeps up. */
export type RecordingFigures = {
  /** What has come, and waits to be written. */
  waitingBytes: number;
  /** How long the last or the present round of syncing takes, and how often there is to be one. */
  syncMs: number;
  flushMs: number;
  /** Lately a recording had to end because the disk was too slow. */
  wasTooSlow: boolean;
  /** Whether a camera or a stream is recorded at the moment: what comes as files waits for its turn without harm. */
  isRecording: boolean;
};

export type HeavyGateDeps = {
  clock: Clock;
  /** Time zone of the window. */
  zone: () => string;
  /** The time of day for heavy work; `undefined` for any time. */
  window: () => DailySpan | undefined;
  recording: () => RecordingFigures;
};

/** A quarter of what may wait for the disk before a recording is given up. */
const MUCH_WAITING_BYTES = 8 << 20;
/** Segments of many channels that come at the same moment are no backlog; what waits for that long, is one. */
const LONG_WAITING_MS = 3000;
/** Where a round of syncing is due more often, one may still take that long. */
const LONG_SYNC_MS = 5000;
/** The program came to its turn that much too late, more than once within that time. */
const LATE_MS = 1000;
const LATE_AGAIN_MS = 15_000;
/** Heavy work goes on when recording has kept up for so long. */
const CALM_MS = 60_000;
/** After the window's end, what is under way may come to a good place; its processes are held only then. */
const GRACE_MS = 10 * 60_000;

/** Says whether heavy work may go on: within its time of day, and while recording keeps up. */
export class HeavyGate {
  readonly #deps: HeavyGateDeps;
  #last: Holding | undefined;
  #waitingSinceMs: number | undefined;
  #behind: { why: string; seenMs: number } | undefined;
  #closedSinceMs: number | undefined;
  #lateAtMs = Number.NEGATIVE_INFINITY;

  constructor(deps: HeavyGateDeps) {
    this.#deps = deps;
  }

  /** What the last look said. */
  get last(): Holding | undefined {
    return this.#last;
  }

  /**
   * Looks again; to be called each second while there is work.
   * @param lateMs how much later than it should the program came to this
   */
  look(lateMs = 0): Holding | undefined {
    this.#last = this.#recordingBehind(lateMs) ?? this.#windowClosed();
    return this.#last;
  }

  #recordingBehind(lateMs: number): Holding | undefined {
    const nowMs = this.#deps.clock.monotonicMs();
    const why = this.#signOfTrouble(lateMs);
    if (why !== undefined) this.#behind = { why, seenMs: nowMs };
    if (this.#behind && nowMs - this.#behind.seenMs >= CALM_MS) this.#behind = undefined;
    return (
      this.#behind && {
        cause: "recording",
        why: `Waits while recording falls behind: ${this.#behind.why}`,
        holdsProcesses: true,
      }
    );
  }

  #signOfTrouble(lateMs: number): string | undefined {
    const { waitingBytes, syncMs, flushMs, wasTooSlow, isRecording } = this.#deps.recording();
    const nowMs = this.#deps.clock.monotonicMs();
    this.#waitingSinceMs = waitingBytes > MUCH_WAITING_BYTES ? (this.#waitingSinceMs ?? nowMs) : undefined;
    if (wasTooSlow) return "the disk was too slow to keep everything";
    if (nowMs - (this.#waitingSinceMs ?? nowMs) >= LONG_WAITING_MS)
      return `${Math.round(waitingBytes / 1e6)} MB wait for the disk`;
    if (syncMs > Math.max(flushMs, LONG_SYNC_MS))
      return `the disk takes ${Math.round(syncMs / 1000)} s to store what has come`;
    if (lateMs < LATE_MS) return undefined;
    const isAgain = nowMs - this.#lateAtMs < LATE_AGAIN_MS;
    this.#lateAtMs = nowMs;
    return isAgain && isRecording ? "the processor has too much to do" : undefined;
  }

  #windowClosed(): Holding | undefined {
    const { clock } = this.#deps;
    const window = this.#deps.window();
    const zone = this.#deps.zone();
    const nowMs = clock.nowMs();
    if (window === undefined || dailySpanEndMs(window, nowMs, zone) !== undefined) {
      this.#closedSinceMs = undefined;
      return undefined;
    }
    this.#closedSinceMs ??= clock.monotonicMs();
    return {
      cause: "window",
      why: `Waits for ${timeWords(dailySpanNextMs(window, nowMs, zone), nowMs, zone)}`,
      holdsProcesses: clock.monotonicMs() - this.#closedSinceMs >= GRACE_MS,
    };
  }
}
