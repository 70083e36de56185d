import { NightjarError } from "../platform/errors.ts";
import { passwordText } from "./rules.ts";

/** OWASP's least cost for argon2id: each check takes 19 MiB, and about 0.1 s on a Raspberry Pi 4. */
const COST = { algorithm: "argon2id", memoryCost: 19_456, timeCost: 2 } as const;

const AT_ONCE = 2;
const MOST_WAITING = 64;

/**
 * Hashes and checks passwords, at most two at a time: recording goes on beside it, and each takes a processor and
 * 19 MiB.
 */
export class Passwords {
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  #noUsersHash: Promise<string> | undefined;

  /** The argon2id hash of a password, with its salt and cost. */
  hash(password: string): Promise<string> {
    return this.#inTurn(() => Bun.password.hash(passwordText(password), COST));
  }

  /**
   * Whether the password is the hash's. Without a hash, false after as long: how long it takes must not tell which
   * names there are. Throws `too-many-requests` when too many wait.
   */
  async isRight(password: string, hash: string | undefined): Promise<boolean> {
    this.#noUsersHash ??= Bun.password.hash(crypto.randomUUID(), COST);
    const compared = hash ?? (await this.#noUsersHash);
    const isRight = await this.#inTurn(() => Bun.password.verify(passwordText(password), compared));
    return isRight && hash !== undefined;
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= AT_ONCE) {
      if (this.#waiting.length >= MOST_WAITING) {
        throw new NightjarError("too-many-requests", "Too many sign in at this moment; try again", {
          retryAfterSeconds: 5,
        });
      }
      // Whoever ends hands their turn on, so the number of those who run stays.
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#running++;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }
}
