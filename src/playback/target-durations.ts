/**
 * Target durations of channels' growing lists. RFC 8216 6.2.1 lets a target duration never change; a longer
 * segment forces it up, and nothing brings it down again.
 */
export class TargetDurations {
  readonly #leastSeconds: number;
  readonly #seconds = new Map<string, number>();

  /** `segmentTargetMs`: the length that segments are made to have. */
  constructor(segmentTargetMs: number) {
    this.#leastSeconds = Math.max(1, Math.ceil(segmentTargetMs / 1000));
  }

  /** The channel's target duration in whole seconds, raised to what a list needs. */
  grow(channel: string, neededSeconds: number): number {
    const seconds = Math.max(this.#leastSeconds, neededSeconds, this.#seconds.get(channel) ?? 0);
    this.#seconds.set(channel, seconds);
    return seconds;
  }
}
