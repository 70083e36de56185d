import type { Segment } from "./segment-list.ts";

/** Video ticks in a millisecond, at the one timescale of segment lists. */
export const TICKS_PER_MS = 90;

/** When a segment is shown, and its number: all that a list says of it. */
export type SegmentTimes = Pick<Segment, "ordinal" | "startMs" | "mediaTicks" | "durationTicks">;

/**
 * Segments in a row of which all but the first are as expected: numbered one by one, of one length, each beginning where
 * the one before it ended, in media time and (to the rounded millisecond) in wall time. Mostly an hour is one or a few.
 */
export type SegmentStep = SegmentTimes & { count: number };

/** Wall time from one segment of a step to the next, in ms. */
export const stepMs = ({ durationTicks }: SegmentTimes): number => Math.round(durationTicks / TICKS_PER_MS);

/** The segment of a step with `index` others of it before it. */
export const stepSegment = (step: SegmentStep, index: number): SegmentTimes => ({
  ordinal: step.ordinal + index,
  startMs: step.startMs + index * stepMs(step),
  mediaTicks: step.mediaTicks + index * step.durationTicks,
  durationTicks: step.durationTicks,
});

/** Puts segments together to steps, in the order in which they are added. */
export class StepBuilder {
  readonly steps: SegmentStep[] = [];
  #last: SegmentStep | undefined;
  #nextMs = 0;
  #nextTicks = 0;

  add({ ordinal, startMs, mediaTicks, durationTicks }: SegmentTimes): void {
    const last = this.#last;
    const isExpected =
      last !== undefined &&
      startMs === this.#nextMs &&
      mediaTicks === this.#nextTicks &&
      durationTicks === last.durationTicks &&
      ordinal === last.ordinal + last.count;
    if (isExpected) last.count += 1;
    else {
      this.#last = { ordinal, startMs, mediaTicks, durationTicks, count: 1 };
      this.steps.push(this.#last);
    }
    this.#nextMs = startMs + Math.round(durationTicks / TICKS_PER_MS);
    this.#nextTicks = mediaTicks + durationTicks;
  }
}

/** Segments as steps. */
export function stepsOf(segments: Iterable<SegmentTimes>): SegmentStep[] {
  const builder = new StepBuilder();
  for (const segment of segments) builder.add(segment);
  return builder.steps;
}

/** The segments of steps one by one. */
export function* segmentsOfSteps(steps: readonly SegmentStep[]): Generator<SegmentTimes> {
  for (const step of steps) for (let index = 0; index < step.count; index++) yield stepSegment(step, index);
}

/** The steps of the segments `[from, to)`, counted from the first step's first. */
export function stepsBetween(steps: readonly SegmentStep[], from: number, to: number): SegmentStep[] {
  const part: SegmentStep[] = [];
  let at = 0;
  for (const step of steps) {
    const first = Math.max(0, from - at);
    const end = Math.min(step.count, to - at);
    at += step.count;
    if (first === 0 && end === step.count) part.push(step);
    else if (first < end) part.push({ ...stepSegment(step, first), count: end - first });
    if (at >= to) break;
  }
  return part;
}
