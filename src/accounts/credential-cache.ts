import { createHmac, randomBytes } from "node:crypto";
import type { Clock } from "../platform/clock.ts";

/** What was found out about a pair of name and password. */
export type Known = {
  isRight: boolean;
  /** The hash that the password was compared with; empty when there was no such user. */
  passwordHash: string;
};

const KEEP_MS = 5 * 60_000;
const MOST_ENTRIES = 1000;

/**
 * Remembers for a few minutes how checks of Basic credentials ended: players send them with every segment, and a
 * player with a wrong password would otherwise count as somebody who guesses. Kept under a keyed hash (the key
 * lives and dies with the process), never the password itself. An answer holds only while the user's hash is the
 * one that was compared with, so a changed password or a removed user ends it at once.
 */
export class CredentialCache {
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #key = randomBytes(32);
  readonly #known = new Map<string, Known & { untilMs: number }>();

  constructor(clock: Pick<Clock, "monotonicMs">) {
    this.#clock = clock;
  }

  /** The key under which a pair is kept. */
  keyOf(name: string, password: string): string {
    return createHmac("sha256", this.#key).update(`${name}\0${password}`).digest("base64");
  }

  get(key: string, passwordHash: string): Known | undefined {
    const found = this.#known.get(key);
    if (!found) return undefined;
    if (found.passwordHash === passwordHash && this.#clock.monotonicMs() < found.untilMs) return found;
    this.#known.delete(key);
    return undefined;
  }

  set(key: string, known: Known): void {
    this.#known.delete(key);
    this.#known.set(key, { ...known, untilMs: this.#clock.monotonicMs() + KEEP_MS });
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= MOST_ENTRIES) break;
      this.#known.delete(oldest);
    }
  }
}
