import type { Entry } from "./window.ts";

/** A source's dates count when they are this close to the arrival, in ms. */
export const DATE_REACH_MS = 24 * 3_600_000;
/** By so much the times of one segment and the next may disagree without a hole between them, in ms. */
export const JOIN_MS = 500;
/** Largest correction of times by arrival: half a millisecond a second. */
const MAX_SLEW = 500e-6;
/** The smallest delay of so many last segments is what the times by arrival follow. */
const WINDOW_SEGMENTS = 30;
/** When a source comes back, arrivals and its own clock may disagree by so much, in target durations and ms. */
const RETURN = { targets: 3, leastMs: 10_000 };
/** The same where its clock began anew and nothing tells how much is missing. */
const BREAK = { targets: 1.5, leastMs: 1000 };

/** How a segment lies to the one before it. */
export type Joint = {
  /** It follows on the source's clock. */
  follows: boolean;
  /** From the end of the one before it to its beginning on the source's clock, in ms; where the clocks can be compared. */
  elapsedMs?: number | undefined;
  /** The length of what was lost between the two, by the list, in ms. */
  lostMs: number;
  /** The first one since the source was looked for anew. */
  isReturn: boolean;
};

export type Placed = {
  /** Wall time of its first picture, whole ms UTC. */
  startMs: number;
  /** How much later that is than the end of the one before it, in ms; below 0 when it is earlier. */
  holeMs: number;
  /** By the source's own date. */
  isDated: boolean;
};

/**
 * Wall times of a source's segments: by its own dates where they can be believed, else by the arrival of its list. By
 * arrival the newest segment of the first list ends when the list came; what follows keeps to the source's clock, which
 * follows the arrivals by at most 500 ppm.
 */
export class SourceTimes {
  /** End of the newest segment, ms UTC. */
  #endMs: number | undefined;
  /** Nothing is dated before it where nothing better is known, ms UTC. */
  #floorMs = Number.NEGATIVE_INFINITY;
  #areDatesGood = true;
  readonly #latenessMs: number[] = [];

  /**
   * A source was found again: `endMs` is where its newest stored segment ended, when that is the one before the next;
   * nothing is dated before `floorMs`.
   */
  resume({ endMs, floorMs }: { endMs?: number; floorMs?: number }): void {
    if (endMs !== undefined) this.#endMs = endMs;
    if (floorMs !== undefined) this.#floorMs = floorMs;
    this.#areDatesGood = true;
    this.#latenessMs.length = 0;
  }

  /** @param mediaMs length of its pictures on the source's clock */
  place(entry: Entry, joint: Joint, mediaMs: number, targetSeconds: number): Placed {
    const expectedMs = this.#expected(joint);
    const date = this.#dateOf(entry, expectedMs);
    const exactMs = date ?? this.#byArrival(entry, joint, expectedMs, mediaMs, targetSeconds);
    const endMs = this.#endMs ?? exactMs;
    this.#endMs = exactMs + mediaMs;
    const startMs = Math.round(exactMs);
    return { startMs, holeMs: startMs - endMs, isDated: date !== undefined };
  }

  /** Where it begins if nothing but the source's clock and its list count. */
  #expected({ follows, elapsedMs, lostMs }: Joint): number | undefined {
    if (this.#endMs === undefined) return undefined;
    if (follows) return this.#endMs + (elapsedMs ?? 0);
    const isSameClock =
      elapsedMs !== undefined && elapsedMs > 0 && Math.abs(elapsedMs - lostMs) <= lostMs * 0.2 + JOIN_MS;
    return this.#endMs + (isSameClock ? elapsedMs : lostMs);
  }

  #dateOf({ dateMs, arrivalStartMs }: Entry, expectedMs: number | undefined): number | undefined {
    if (dateMs === undefined || !this.#areDatesGood) return undefined;
    if (Math.abs(dateMs - arrivalStartMs) > DATE_REACH_MS) return undefined;
    const earliestMs = this.#endMs ?? this.#floorMs;
    if (dateMs >= earliestMs - JOIN_MS) return dateMs;
    // Dates that go back are not believed until the source is looked for anew.
    if (expectedMs !== undefined) this.#areDatesGood = false;
    return undefined;
  }

  #byArrival(
    { arrivalStartMs }: Entry,
    { follows, isReturn }: Joint,
    expectedMs: number | undefined,
    mediaMs: number,
    targetSeconds: number,
  ): number {
    if (expectedMs === undefined) return Math.max(arrivalStartMs, this.#floorMs);
    const lateMs = arrivalStartMs - expectedMs;
    const allowed = ({ targets, leastMs }: typeof RETURN): number =>
      Math.max(leastMs, targets * targetSeconds * 1000);
    if (isReturn && Math.abs(lateMs) > allowed(RETURN)) return this.#anew(arrivalStartMs);
    if (!follows && lateMs > allowed(BREAK)) return this.#anew(arrivalStartMs);
    // Found again: exactly where it ended, without a hole.
    if (isReturn) return expectedMs;
    this.#latenessMs.push(lateMs);
    if (this.#latenessMs.length > WINDOW_SEGMENTS) this.#latenessMs.shift();
    const most = mediaMs * MAX_SLEW;
    const slewMs = Math.min(most, Math.max(-most, Math.min(...this.#latenessMs)));
    // What was measured before the correction, was measured against the time before it.
    for (const [index, late] of this.#latenessMs.entries()) this.#latenessMs[index] = late - slewMs;
    return expectedMs + slewMs;
  }

  #anew(ms: number): number {
    this.#latenessMs.length = 0;
    return ms;
  }
}
