/** Where target durations are kept over restarts, by channel, in whole seconds. */
export type TargetDurationStore = {
  read(channel: string): number;
  /** Raises it; nothing lowers it. */
  raise(channel: string, seconds: number): void;
};

/**
 * Target durations of channels' growing lists. RFC 8216 6.2.1 lets a target duration never change; a longer
 * segment forces it up, and nothing brings it down again.
 */
export class TargetDurations {
  readonly #leastSeconds: number;
  readonly #store: TargetDurationStore | undefined;
  readonly #seconds = new Map<string, number>();

  /** `segmentTargetMs`: the length that segments are made to have. */
  constructor(segmentTargetMs: number, store?: TargetDurationStore) {
    this.#leastSeconds = Math.max(1, Math.ceil(segmentTargetMs / 1000));
    this.#store = store;
  }

  /** The channel's target duration in whole seconds, raised to what a list needs. */
  grow(channel: string, neededSeconds: number): number {
    const before = this.#seconds.get(channel) ?? this.#store?.read(channel) ?? 0;
    const seconds = Math.max(this.#leastSeconds, neededSeconds, before);
    if (seconds !== before) this.#store?.raise(channel, seconds);
    this.#seconds.set(channel, seconds);
    return seconds;
  }
}
