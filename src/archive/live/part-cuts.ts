import { VIDEO_TIMESCALE, type Sample } from "../../media/parameters.ts";
import type { TrackPart } from "../write/segment-types.ts";

/** Pictures `[from, to)` of a segment; times in ticks of the pictures since the run's first one. */
export type PartSpan = {
  from: number;
  to: number;
  startTicks: number;
  endTicks: number;
  isIndependent: boolean;
};

/**
 * What a part lasts at least: at usual rates its pictures are then 0.2 s long, and players hold back 0.6 s. Captured
 * fragments have as many pictures (media/ffmpeg-arguments.ts), so that none waits for the next one.
 */
const LEAST_TICKS = 0.195 * VIDEO_TIMESCALE;
/** Cameras don't take pictures at exactly even intervals. */
const SLACK = 1.05;

/**
 * The longest that a part may be, for pictures like these: a whole number of usual intervals, so that every part is at
 * least 85% as long (draft-pantos-hls-rfc8216bis 4.4.4.9).
 */
export function partTicksFor(samples: readonly Sample[]): number {
  const usual = samples.map(({ durationTicks }) => durationTicks).sort((a, b) => a - b)[samples.length >> 1];
  if (usual === undefined || usual <= 0) return LEAST_TICKS;
  return Math.ceil(Math.ceil(LEAST_TICKS / usual) * usual * SLACK);
}

/** Cuts one segment into parts while it grows. Where a cut was made once, it stays. */
export class PartCuts {
  readonly #spans: PartSpan[] = [];
  #isDone = false;

  constructor(readonly maxTicks: number) {}

  /** No part is added any more. */
  get isDone(): boolean {
    return this.#isDone;
  }

  get spans(): readonly PartSpan[] {
    return this.#spans;
  }

  /**
   * Adds what became whole: as many pictures as fit, once their sound is there. A part ends where another picture as
   * long as its last one would not fit, so that it need not be waited for; a picture that stands longer than usual
   * begins another part, and may alone be longer than one should be.
   */
  extend(
    video: Pick<TrackPart, "startTicks" | "samples">,
    isClosed: boolean,
    hasSoundUntil: (endTicks: number) => boolean,
  ): void {
    if (this.#isDone) return;
    const { samples } = video;
    let from = this.#spans.at(-1)?.to ?? 0;
    let startTicks = video.startTicks;
    for (const { durationTicks } of samples.slice(0, from)) startTicks += durationTicks;
    let endTicks = startTicks;
    for (let to = from + 1; to <= samples.length; to += 1) {
      const { durationTicks } = samples[to - 1]!;
      endTicks += durationTicks;
      const nextTicks = samples[to]?.durationTicks ?? durationTicks;
      const isLast = isClosed && to === samples.length;
      if (!isLast && endTicks - startTicks + nextTicks <= this.maxTicks) continue;
      if (!hasSoundUntil(endTicks)) return;
      this.#spans.push({ from, to, startTicks, endTicks, isIndependent: samples[from]!.isKey });
      from = to;
      startTicks = endTicks;
    }
    this.#isDone = isClosed;
  }
}
