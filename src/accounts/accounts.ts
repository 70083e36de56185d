import { createHash, randomBytes } from "node:crypto";
import type { Identity } from "../access/identity.ts";
import { clientAddress, isSecure } from "../access/peer.ts";
import { roles, type Role } from "../access/policy.ts";
import { ticketIn, TICKET_PREFIX } from "../access/ticket-path.ts";
import type { AccountTables, TokenRow, UserRow } from "../db/state/account-tables.ts";
import type { Clock } from "../platform/clock.ts";
import { errorText, NightjarError, notFound } from "../platform/errors.ts";
import { logOf } from "../platform/log.ts";
import { basicCredentials, bearerToken, sessionCookie, sessionSecret, TOKEN_START } from "./credentials.ts";
import { PasswordChecks } from "./password-checks.ts";
import { Passwords } from "./passwords.ts";
import { checkedName, checkPassword, nameKey } from "./rules.ts";
import { ticketOwner, ticketPath, type TicketOwner } from "./tickets.ts";

const log = logOf("accounts");

const SESSION_MS = 30 * 86_400_000;
const SESSIONS_OF_USER = 20;
const MOST_USERS = 1000;
const MOST_TOKENS = 1000;
/** How old a "last seen" may grow before it is written anew: each write is a sync of the disk. */
const TOUCH_MS = 3_600_000;
const TICKET_SECRET = "ticket-secret";

/** Somebody who may sign in. */
export type User = { id: number; name: string; role: Role; createdMs: number };
/** A program's secret, without the secret. */
export type Token = User & { usedMs: number | null };

export type AccountsDeps = {
  tables: AccountTables;
  clock: Pick<Clock, "nowMs" | "monotonicMs">;
  /** Cookies are marked for encrypted ways only when this begins with `https:`. */
  publicUrl?: string | undefined;
};

const hashOf = (secret: string): string => createHash("sha256").update(secret).digest("hex");
const newSecret = (): string => randomBytes(32).toString("base64url");

/** A role that this version does not know gives no right. */
const roleOf = (row: { role: string }): Role | undefined => roles.find((role) => role === row.role);

/** Who may sign in, who is signed in, and whose request it is. */
export class Accounts {
  readonly #tables: AccountTables;
  readonly #clock: AccountsDeps["clock"];
  readonly #publicUrl: string | undefined;
  readonly #passwords = new Passwords();
  readonly #checks: PasswordChecks;
  readonly #ticketSecret: string;
  #hasUsers = false;

  constructor({ tables, clock, publicUrl }: AccountsDeps) {
    this.#tables = tables;
    this.#clock = clock;
    this.#publicUrl = publicUrl;
    this.#checks = new PasswordChecks(tables, this.#passwords, clock);
    this.#ticketSecret = tables.secret(TICKET_SECRET, newSecret());
  }

  /** Whether nobody can sign in yet, so that everything waits for the set-up. There is an admin ever after. */
  isEmpty(): boolean {
    this.#hasUsers ||= this.#tables.hasUsers();
    return !this.#hasUsers;
  }

  users(): User[] {
    return this.#tables.users().flatMap((row) => {
      const role = roleOf(row);
      return role ? [{ id: row.id, name: row.name, role, createdMs: row.createdMs }] : [];
    });
  }

  /** A user by the name, without case. */
  userNamed(name: string): User | undefined {
    const key = nameKey(name);
    return this.users().find((user) => nameKey(user.name) === key);
  }

  /**
   * Adds a user. The first one has to be an admin.
   * Throws `bad-request` for a name or password that won't do, `conflict` when the name is taken.
   */
  async addUser(given: { name: string; password: string; role: Role }): Promise<void> {
    const name = checkedName(given.name);
    checkPassword(given.password, name);
    if (given.role !== "admin" && !this.#tables.hasUsers()) {
      throw new NightjarError("bad-request", `The role is ${given.role}; wanted: admin for the first user`);
    }
    if (this.#tables.users().length >= MOST_USERS) {
      throw new NightjarError("conflict", `There are ${MOST_USERS} users already`);
    }
    if (this.#tables.userByKey(nameKey(name))) {
      throw new NightjarError("conflict", `There is a user ${JSON.stringify(name)} already`);
    }
    const passwordHash = await this.#passwords.hash(given.password);
    const createdMs = this.#clock.nowMs();
    this.#tables.addUser({ name, nameKey: nameKey(name), role: given.role, passwordHash, createdMs });
    log.info("The user {name} was added as {role}", { name, role: given.role });
  }

  /** Sets a password. Ends the user's sessions, tickets and remembered credentials. Throws `bad-request`, `not-found`. */
  async setPassword(userId: number, password: string): Promise<void> {
    const { name } = this.#user(userId);
    checkPassword(password, name);
    const hash = await this.#passwords.hash(password);
    this.#user(userId);
    this.#tables.setPasswordHash(userId, hash);
    log.info("The password of {name} was changed", { name });
  }

  /** Throws `not-found`, or `conflict` when nobody would be admin any more. */
  setRole(userId: number, role: Role): void {
    const { name } = this.#user(userId);
    if (!this.#tables.setRole(userId, role, "admin")) throw lastAdmin(name, "keeps the role");
    log.info("{name} has the role {role} now", { name, role });
  }

  /** Ends the user's sessions, tickets and remembered credentials, too. Throws `not-found` or `conflict`. */
  removeUser(userId: number): void {
    const { name } = this.#user(userId);
    if (!this.#tables.removeUser(userId, "admin")) throw lastAdmin(name, "stays");
    log.info("The user {name} was removed", { name });
  }

  tokens(): Token[] {
    return this.#tables.tokens().flatMap((row) => {
      const role = roleOf(row);
      return role ? [{ id: row.id, name: row.name, role, createdMs: row.createdMs, usedMs: row.usedMs }] : [];
    });
  }

  /** Makes a token and returns it; nobody can read it again. Throws `bad-request` or `conflict`. */
  addToken(given: { name: string; role: Role }): string {
    const name = checkedName(given.name);
    if (this.#tables.tokens().length >= MOST_TOKENS) {
      throw new NightjarError("conflict", `There are ${MOST_TOKENS} tokens already`);
    }
    const token = TOKEN_START + newSecret();
    this.#tables.addToken({
      name,
      nameKey: nameKey(name),
      role: given.role,
      secretHash: hashOf(token),
      createdMs: this.#clock.nowMs(),
      usedMs: null,
    });
    log.info("The token {name} was made with the role {role}", { name, role: given.role });
    return token;
  }

  /** Throws `not-found`. */
  removeToken(id: number): void {
    if (!this.#tables.removeToken(id)) throw notFound("There is no such token");
  }

  /** Whether it is the user's password. Throws `too-many-requests` after too many failures. */
  isPassword(request: Request, name: string, password: string): Promise<boolean> {
    return this.#checks.isRight(request, { name, password });
  }

  /**
   * Signs in with name and password. Returns the `Set-Cookie` value, or `undefined` when they are wrong.
   * Throws `too-many-requests` with the wait after too many failures.
   */
  async signIn(request: Request, name: string, password: string): Promise<{ cookie: string } | undefined> {
    const isRight = await this.#checks.isRight(request, { name, password });
    return isRight ? { cookie: this.startSession(request, name) } : undefined;
  }

  /** Begins a session for a user, by name; returns the `Set-Cookie` value. Throws `not-found`. */
  startSession(request: Request, name: string): string {
    const user = this.#tables.userByKey(nameKey(name));
    if (!user) throw notFound("There is no such user");
    const secret = newSecret();
    const nowMs = this.#clock.nowMs();
    this.#tables.addSession(
      {
        secretHash: hashOf(secret),
        userId: user.id,
        createdMs: nowMs,
        seenMs: nowMs,
        expiresMs: nowMs + SESSION_MS,
      },
      SESSIONS_OF_USER,
    );
    log.info("{name} signed in from {address}", { name: user.name, address: clientAddress(request) });
    return sessionCookie(secret, isSecure(request, this.#publicUrl));
  }

  /** Ends the request's session, if it has one; returns the `Set-Cookie` value that takes the cookie away. */
  signOut(request: Request): string {
    const secret = sessionSecret(request);
    if (secret !== undefined) this.#tables.removeSession(hashOf(secret));
    return sessionCookie(undefined, isSecure(request, this.#publicUrl));
  }

  /**
   * Whose request it is: by the ticket in its address, by `Authorization`, or by the session cookie; `undefined` for a
   * stranger. Throws `too-many-requests` for Basic credentials after too many wrong ones.
   */
  async identify(request: Request): Promise<Identity | undefined> {
    const ticket = ticketIn(request);
    if (ticket !== undefined) return this.#byTicket(ticket) ?? (await this.#byHeader(request));
    return (await this.#byHeader(request)) ?? this.#bySession(request);
  }

  #user(id: number): UserRow {
    const user = this.#tables.userById(id);
    if (user) return user;
    throw notFound("There is no such user");
  }

  #bySession(request: Request): Identity | undefined {
    const secret = sessionSecret(request);
    const found = secret === undefined ? undefined : this.#tables.sessionUser(hashOf(secret));
    const nowMs = this.#clock.nowMs();
    if (!found || found.session.expiresMs <= nowMs) return undefined;
    const { secretHash, seenMs } = found.session;
    // A clock that was set back must not keep a session from being seen.
    if (Math.abs(nowMs - seenMs) >= TOUCH_MS) {
      quietly(() => this.#tables.touchSession(secretHash, nowMs, nowMs + SESSION_MS));
    }
    return this.#identity(found.user, "u", "session");
  }

  async #byHeader(request: Request): Promise<Identity | undefined> {
    const bearer = bearerToken(request);
    if (bearer !== undefined) return this.#byToken(bearer);
    const basic = basicCredentials(request);
    if (!basic) return undefined;
    if (basic.password.startsWith(TOKEN_START)) return this.#byToken(basic.password);
    if (!(await this.#checks.isRight(request, basic))) return undefined;
    const user = this.#tables.userByKey(nameKey(basic.name));
    return user && this.#identity(user, "u", "basic");
  }

  #byToken(token: string): Identity | undefined {
    const row = this.#tables.tokenByHash(hashOf(token));
    if (!row) return undefined;
    const nowMs = this.#clock.nowMs();
    if (row.usedMs === null || Math.abs(nowMs - row.usedMs) >= TOUCH_MS) {
      quietly(() => this.#tables.touchToken(row.id, nowMs));
    }
    return this.#identity(row, "t", "token");
  }

  #byTicket(ticket: string): Identity | undefined {
    const rowOf = ({ kind, id }: TicketOwner) =>
      kind === "u" ? this.#tables.userById(id) : this.#tables.tokenById(id);
    const hash = (owner: TicketOwner) => secretHashOf(rowOf(owner));
    const owner = ticketOwner(this.#ticketSecret, ticket, hash, this.#clock.nowMs());
    const row = owner && rowOf(owner);
    if (!row || !roleOf(row)) return undefined;
    return { role: "viewer", name: row.name, how: "ticket", ticket: () => TICKET_PREFIX + ticket };
  }

  #identity(
    row: UserRow | TokenRow,
    kind: TicketOwner["kind"],
    how: Exclude<Identity["how"], "ticket">,
  ): Identity | undefined {
    const role = roleOf(row);
    const hash = secretHashOf(row);
    if (!role || hash === undefined) return undefined;
    const ticket = () => ticketPath(this.#ticketSecret, { kind, id: row.id }, hash, this.#clock.nowMs());
    return { role, name: row.name, how, ticket };
  }
}

const secretHashOf = (row: UserRow | TokenRow | undefined): string | undefined =>
  row && ("passwordHash" in row ? row.passwordHash : row.secretHash);

const lastAdmin = (name: string, what: string): NightjarError =>
  new NightjarError("conflict", `${name} is the only admin and ${what}; make somebody else an admin first`);

/** When somebody was last seen is worth no failed request: the disk may be full. */
function quietly(write: () => void): void {
  try {
    write();
  } catch (error) {
    log.warn("The time of last use was not written: {error}", { error: errorText(error) });
  }
}
