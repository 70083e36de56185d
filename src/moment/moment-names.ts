import type { Clips } from "../clips/clip.ts";
import { fieldTime } from "../platform/zone.ts";

const SECOND_MS = 1000;
/** Nobody makes so many within one second. */
const MOST_STEPS = 3600;

/**
 * Addresses name moments by whole seconds: of several that begin within one, each later one gets the next second that is
 * free.
 */
export class MomentNames {
  readonly #clips: Pick<Clips, "list">;
  readonly #taken = new Set<string>();

  constructor(clips: Pick<Clips, "list">) {
    this.#clips = clips;
  }

  /** The name of a moment that begins at `startMs`, nobody else's until `free` is called. */
  reserve(channel: { id: string; zone: string }, startMs: number): { localTime: string; free: () => void } {
    const used = new Set(this.#clips.list("moment", channel.id).map(({ localTime }) => localTime));
    for (let step = 0; step < MOST_STEPS; step += 1) {
      const localTime = fieldTime(startMs + step * SECOND_MS, channel.zone);
      const key = `${channel.id} ${localTime}`;
      if (used.has(localTime) || this.#taken.has(key)) continue;
      this.#taken.add(key);
      return { localTime, free: () => void this.#taken.delete(key) };
    }
    return { localTime: fieldTime(startMs, channel.zone), free: () => {} };
  }
}
