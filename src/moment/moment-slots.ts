import type { Clock } from "../platform/clock.ts";
import { DecoderSlots } from "../still/decoder-slots.ts";

/** Films that are made at once: each takes a core, and a hundred megabytes. */
const AT_ONCE = 3;
/** Films that are begun before their last picture is taken: the more of them is done by then. */
const EARLY_AT_ONCE = 2;
/** What is ready so soon need not be begun early. */
const SOON_MS = 300;

/** Bounds how many moments are encoded at once; those that still wait for pictures hold nobody up. */
export class MomentSlots {
  readonly #slots = new DecoderSlots(AT_ONCE);
  readonly #clock: Clock;
  #early = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves when work on a moment that ends at `endMs` (ms UTC) may begin, with what ends its turn. */
  async take(endMs: number, signal: AbortSignal): Promise<() => void> {
    const leftMs = endMs - this.#clock.nowMs();
    if (leftMs > SOON_MS && this.#early < EARLY_AT_ONCE) {
      this.#early += 1;
      let isOver = false;
      return () => {
        if (!isOver) this.#early -= 1;
        isOver = true;
      };
    }
    if (leftMs > 0) await this.#clock.sleep(leftMs, signal);
    const free = await this.#slots.take(signal);
    signal.throwIfAborted();
    return free ?? (() => {});
  }
}
