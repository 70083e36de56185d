import type { Clock } from "../platform/clock.ts";

/** How attempts of one kind are slowed. */
type Limit = {
  /** So many failures cost nothing. */
  free: number;
  /** The wait after the next one, in ms; doubled with each further one, up to the most. */
  firstMs: number;
  mostMs: number;
};

type Entry = { failures: number; lastMs: number };

/** After so long without a failure everything is forgotten. */
const FORGET_MS = 3_600_000;
const MOST_ENTRIES = 5000;

const OF_ADDRESS: Limit = { free: 5, firstMs: 1000, mostMs: 60_000 };
const OF_NAME: Limit = { free: 20, firstMs: 1000, mostMs: 30_000 };

/** Failures by a key, the longest untouched first; bounded. */
class Failures {
  readonly #entries = new Map<string, Entry>();

  constructor(readonly limit: Limit) {}

  /** How long the next attempt has to wait, in ms. */
  waitMs(key: string, nowMs: number): number {
    const entry = this.#entries.get(key);
    if (!entry || nowMs - entry.lastMs >= FORGET_MS) return 0;
    const beyond = entry.failures - this.limit.free;
    if (beyond < 0) return 0;
    const waitMs = Math.min(this.limit.mostMs, this.limit.firstMs * 2 ** Math.min(beyond, 30));
    return Math.max(0, entry.lastMs + waitMs - nowMs);
  }

  add(key: string, nowMs: number): void {
    const known = this.#entries.get(key);
    const failures = known && nowMs - known.lastMs < FORGET_MS ? known.failures + 1 : 1;
    this.#entries.delete(key);
    this.#entries.set(key, { failures, lastMs: nowMs });
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= MOST_ENTRIES) break;
      this.#entries.delete(oldest);
    }
  }

  takeBack(key: string): void {
    const entry = this.#entries.get(key);
    if (entry) entry.failures = Math.max(0, entry.failures - 1);
  }

  forget(key: string): void {
    this.#entries.delete(key);
  }
}

/** An attempt to sign in, to be said how it ended. */
export type Attempt = { succeeded(): void };

/**
 * Slows guessing of passwords. Failures count for the address and for the name; each wait is short enough that nobody
 * is locked out, and refused attempts do not make it longer. From an address where a name signed in before, only
 * that address's own failures count: strangers who guess at a name do not stop the person at home.
 */
export class Throttle {
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #addresses = new Failures(OF_ADDRESS);
  readonly #names = new Failures(OF_NAME);
  /** `<name> <address>` where signing in worked. */
  readonly #familiar = new Set<string>();

  constructor(clock: Pick<Clock, "monotonicMs">) {
    this.#clock = clock;
  }

  /**
   * Begins an attempt, which counts as a failure until it is said to have succeeded: many at once are no way around.
   * Returns instead how many ms to wait.
   */
  begin(name: string, address: string): Attempt | { waitMs: number } {
    const nowMs = this.#clock.monotonicMs();
    const pair = `${name} ${address}`;
    const isFamiliar = this.#familiar.has(pair);
    const waitMs = Math.max(
      this.#addresses.waitMs(address, nowMs),
      isFamiliar ? 0 : this.#names.waitMs(name, nowMs),
    );
    if (waitMs > 0) return { waitMs };
    this.#addresses.add(address, nowMs);
    if (!isFamiliar) this.#names.add(name, nowMs);
    return {
      succeeded: () => {
        this.#addresses.takeBack(address);
        this.#names.forget(name);
        this.#familiar.delete(pair);
        this.#familiar.add(pair);
        for (const oldest of this.#familiar) {
          if (this.#familiar.size <= MOST_ENTRIES) break;
          this.#familiar.delete(oldest);
        }
      },
    };
  }
}
