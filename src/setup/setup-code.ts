import { createHash, randomInt, timingSafeEqual } from "node:crypto";
import { NightjarError } from "../platform/errors.ts";
import type { Clock } from "../platform/clock.ts";

/** Letters and digits that nobody takes for one another when reading them off a screen. */
const ALPHABET = "ABCDEFGHJKMNPQRTUVWXYZ2346789";
const GROUP_CHARACTERS = 4;
const CHARACTERS = 2 * GROUP_CHARACTERS;

/** So many wrong codes are answered at once; after that each one costs a pause. */
const FREE_TRIES = 5;
const PAUSE_MS = { first: 2000, most: 300_000 };

const plain = (text: string): string => text.toUpperCase().replaceAll(/[\s\-–—_.]/g, "");
const hashOf = (text: string): Buffer => createHash("sha256").update(text).digest();

/**
 * The one-time code of the first start: whoever can read this machine's terminal or journal may make the first
 * account. A new one is made at each start. Wrong tries of all clients count together.
 */
export class SetupCode {
  /** As people read it: `K7QM-2XWD`. */
  readonly shown: string;
  readonly #hash: Buffer;
  #failures = 0;
  #openMs = 0;

  constructor(private readonly clock: Pick<Clock, "monotonicMs">) {
    const letters = Array.from({ length: CHARACTERS }, () => ALPHABET[randomInt(ALPHABET.length)]);
    this.shown = [letters.slice(0, GROUP_CHARACTERS), letters.slice(GROUP_CHARACTERS)]
      .map((group) => group.join(""))
      .join("-");
    this.#hash = hashOf(plain(this.shown));
  }

  /**
   * Whether it is the code; its case and hyphen don't matter.
   * @throws NightjarError `too-many-requests` while a pause lasts: what was given was not looked at
   */
  isRight(given: string): boolean {
    const waitMs = this.#openMs - this.clock.monotonicMs();
    if (waitMs > 0) {
      const seconds = Math.ceil(waitMs / 1000);
      throw new NightjarError(
        "too-many-requests",
        `Too many wrong codes were tried; this one was not looked at. Try again in ${seconds} s`,
        { retryAfterSeconds: seconds },
      );
    }
    if (timingSafeEqual(hashOf(plain(given)), this.#hash)) return true;
    this.#failures += 1;
    if (this.#failures >= FREE_TRIES) {
      const pauseMs = Math.min(PAUSE_MS.most, PAUSE_MS.first * 2 ** (this.#failures - FREE_TRIES));
      this.#openMs = this.clock.monotonicMs() + pauseMs;
    }
    return false;
  }
}
