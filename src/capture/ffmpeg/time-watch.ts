/** A step between two pictures over this is a jump, unless as much time has passed. */
const MAX_STEP_MS = 10_000;
/** Times are compared over at least this much arrival time. */
const WINDOW_MS = 20_000;
/** How much more media time than arrival time a window may hold: what a camera sends after a stall. */
const MAX_LEAD_MS = 20_000;
const CHECKPOINT_MS = 1000;

type Checkpoint = { mediaMs: number; arrivalMs: number };

/**
 * Compares a source's own time with the time that passes here. Drift is not its business: it finds steps, time
 * that stands still, and sources that send faster than life.
 */
export class TimeWatch {
  #last: Checkpoint | undefined;
  readonly #window: Checkpoint[] = [];

  /** Takes the decode time of a picture and its arrival; returns what is wrong, in words for people. */
  observe(mediaMs: number, arrivalMs: number): string | undefined {
    const last = this.#last;
    this.#last = { mediaMs, arrivalMs };
    if (last !== undefined) {
      const stepMs = mediaMs - last.mediaMs;
      if (stepMs < 0) return `the source's time went back by ${seconds(-stepMs)} s`;
      if (stepMs > MAX_STEP_MS && arrivalMs - last.arrivalMs < stepMs / 2) {
        return `the source's time jumped forward by ${seconds(stepMs)} s`;
      }
    }
    return this.#compareWindow({ mediaMs, arrivalMs });
  }

  #compareWindow(now: Checkpoint): string | undefined {
    const newest = this.#window.at(-1);
    if (newest === undefined || now.arrivalMs - newest.arrivalMs >= CHECKPOINT_MS) this.#window.push(now);
    const start = this.#window[0] ?? now;
    const passedMs = now.arrivalMs - start.arrivalMs;
    const mediaMs = now.mediaMs - start.mediaMs;
    if (mediaMs - passedMs > MAX_LEAD_MS) return "the source's time runs much faster than time passes";
    if (passedMs < WINDOW_MS) return undefined;
    if (mediaMs < passedMs / 2) return "the source's time stands still";
    this.#window.shift();
    return undefined;
  }
}

const seconds = (ms: number): string => (ms / 1000).toFixed(1);

/** A step back of less than this is a muxer's guess at the start of a stream with B-frames. */
const MIN_BACKWARD_TICKS = 45_000;

/**
 * ffmpeg hides a backward jump: it moves every later packet behind the newest one, a tick each, and says so.
 * Returns by how many ticks the time went back, when a line of its output tells of such a jump.
 */
export function backwardJumpTicks(line: string): number | undefined {
  const match = /Non-monoton\w+ DTS.*previous: (-?\d+), current: (-?\d+)/.exec(line);
  if (match === null) return undefined;
  const ticks = Number(match[1]) - Number(match[2]);
  return ticks >= MIN_BACKWARD_TICKS ? ticks : undefined;
}
