import { clientAddress, networkOf } from "../access/peer.ts";
import type { AccountTables } from "../db/state/account-tables.ts";
import type { Clock } from "../platform/clock.ts";
import { NightjarError } from "../platform/errors.ts";
import { logOf } from "../platform/log.ts";
import { CredentialCache } from "./credential-cache.ts";
import type { Credentials } from "./credentials.ts";
import type { Passwords } from "./passwords.ts";
import { isPossiblePassword, nameKey } from "./rules.ts";
import { Throttle } from "./throttle.ts";

const log = logOf("accounts");

const NAME_CHARACTERS = 64;

type Check = Credentials & { passwordHash: string; cacheKey: string };

/** Compares names and passwords with what is stored, slowly for those who guess and quickly for those who know. */
export class PasswordChecks {
  readonly #tables: Pick<AccountTables, "userByKey">;
  readonly #passwords: Passwords;
  readonly #throttle: Throttle;
  readonly #cache: CredentialCache;
  /** Checks under way: a player begins with several requests at once. */
  readonly #underWay = new Map<string, Promise<boolean>>();

  constructor(
    tables: Pick<AccountTables, "userByKey">,
    passwords: Passwords,
    clock: Pick<Clock, "monotonicMs">,
  ) {
    this.#tables = tables;
    this.#passwords = passwords;
    this.#throttle = new Throttle(clock);
    this.#cache = new CredentialCache(clock);
  }

  /** Whether name and password are right. Throws `too-many-requests` with the wait after too many wrong ones. */
  async isRight(request: Request, { name, password }: Credentials): Promise<boolean> {
    const passwordHash = this.#hashOf(name);
    const cacheKey = this.#cache.keyOf(nameKey(name), password);
    const known = this.#cache.get(cacheKey, passwordHash);
    if (known) return known.isRight;
    const underWay = this.#underWay.get(cacheKey);
    if (underWay) return underWay;
    const check = this.#check(request, { name, password, passwordHash, cacheKey });
    this.#underWay.set(cacheKey, check);
    try {
      return await check;
    } finally {
      this.#underWay.delete(cacheKey);
    }
  }

  /** The stored hash; empty when there is no such user. */
  #hashOf(name: string): string {
    return this.#tables.userByKey(nameKey(name))?.passwordHash ?? "";
  }

  async #check(request: Request, { name, password, passwordHash, cacheKey }: Check): Promise<boolean> {
    if (!isPossiblePassword(password)) return false;
    const address = clientAddress(request);
    const attempt = this.#throttle.begin(nameKey(name).slice(0, NAME_CHARACTERS), networkOf(address));
    if ("waitMs" in attempt) throw tooMany(attempt.waitMs);
    const isRight = await this.#passwords.isRight(password, passwordHash || undefined);
    this.#cache.set(cacheKey, { isRight, passwordHash });
    if (isRight) attempt.succeeded();
    // The name is not told: people type their password into the wrong field.
    else log.warn("A wrong name or password came from {address}", { address });
    // It may have been changed meanwhile.
    return isRight && this.#hashOf(name) === passwordHash;
  }
}

function tooMany(waitMs: number): NightjarError {
  const seconds = Math.ceil(waitMs / 1000);
  const wait = seconds === 1 ? "1 second" : `${seconds} seconds`;
  return new NightjarError("too-many-requests", `Too many wrong passwords; try again in ${wait}`, {
    retryAfterSeconds: seconds,
  });
}
