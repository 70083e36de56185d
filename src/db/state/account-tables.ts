import { and, asc, count, desc, eq, lte, ne, notInArray, sql } from "drizzle-orm";
import type { BunSQLiteDatabase } from "drizzle-orm/bun-sqlite";
import { NightjarError, systemErrorCode } from "../../platform/errors.ts";
import { metaTable, sessionTable, tokenTable, userTable } from "./schema.ts";
import type * as schema from "./schema.ts";

/** Somebody who may sign in. Times are ms UTC. */
export type UserRow = typeof userTable.$inferSelect;
/** A browser in which somebody is signed in. */
export type SessionRow = typeof sessionTable.$inferSelect;
/** A program's secret. */
export type TokenRow = typeof tokenTable.$inferSelect;

/** Says in our words that a name is taken; lets every other error pass. */
function unlessTaken<T>(what: string, name: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    if (systemErrorCode(error) !== "SQLITE_CONSTRAINT_UNIQUE") throw error;
    throw new NightjarError("conflict", `There is a ${what} ${JSON.stringify(name)} already`);
  }
}

/**
 * Users, sessions and tokens. Everything is read anew each time, so what the command line changes beside a running
 * server holds at once. All calls are synchronous and short.
 */
export class AccountTables {
  readonly #db: BunSQLiteDatabase<typeof schema>;
  readonly #userById;
  readonly #userByKey;
  readonly #sessionUser;
  readonly #tokenByHash;
  readonly #tokenById;

  constructor(db: BunSQLiteDatabase<typeof schema>) {
    this.#db = db;
    const id = sql.placeholder("id");
    const hash = sql.placeholder("hash");
    this.#userById = db.select().from(userTable).where(eq(userTable.id, id)).prepare();
    this.#userByKey = db
      .select()
      .from(userTable)
      .where(eq(userTable.nameKey, sql.placeholder("key")))
      .prepare();
    this.#sessionUser = db
      .select({ user: userTable, session: sessionTable })
      .from(sessionTable)
      .innerJoin(userTable, eq(userTable.id, sessionTable.userId))
      .where(eq(sessionTable.secretHash, hash))
      .prepare();
    this.#tokenByHash = db.select().from(tokenTable).where(eq(tokenTable.secretHash, hash)).prepare();
    this.#tokenById = db.select().from(tokenTable).where(eq(tokenTable.id, id)).prepare();
  }

  hasUsers(): boolean {
    return this.#db.select({ id: userTable.id }).from(userTable).limit(1).get() !== undefined;
  }

  users(): UserRow[] {
    return this.#db.select().from(userTable).orderBy(asc(userTable.nameKey)).all();
  }

  userById(id: number): UserRow | undefined {
    return this.#userById.get({ id });
  }

  userByKey(key: string): UserRow | undefined {
    return this.#userByKey.get({ key });
  }

  /** Throws `conflict` when the name is taken. */
  addUser(row: Omit<UserRow, "id">): void {
    unlessTaken("user", row.name, () => this.#db.insert(userTable).values(row).run());
  }

  /** Sets the password and ends the user's sessions, both or neither. */
  setPasswordHash(userId: number, passwordHash: string): void {
    this.#db.transaction(
      (tx) => {
        tx.update(userTable).set({ passwordHash }).where(eq(userTable.id, userId)).run();
        tx.delete(sessionTable).where(eq(sessionTable.userId, userId)).run();
      },
      { behavior: "immediate" },
    );
  }

  /** Sets the role, unless that leaves no user with `kept`; whether it did. */
  setRole(userId: number, role: string, kept: string): boolean {
    return this.#db.transaction(
      () => {
        if (role !== kept && !this.#hasAnother(userId, kept)) return false;
        this.#db.update(userTable).set({ role }).where(eq(userTable.id, userId)).run();
        return true;
      },
      { behavior: "immediate" },
    );
  }

  /** Removes the user and their sessions, unless that leaves no user with the role `kept`; whether it did. */
  removeUser(userId: number, kept: string): boolean {
    return this.#db.transaction(
      () => {
        if (!this.#hasAnother(userId, kept)) return false;
        this.#db.delete(userTable).where(eq(userTable.id, userId)).run();
        return true;
      },
      { behavior: "immediate" },
    );
  }

  #hasAnother(userId: number, role: string): boolean {
    const others = this.#db
      .select({ count: count() })
      .from(userTable)
      .where(and(ne(userTable.id, userId), eq(userTable.role, role)))
      .get();
    return (others?.count ?? 0) > 0;
  }

  /** The session of a cookie's secret with its user, expired or not. */
  sessionUser(secretHash: string): { user: UserRow; session: SessionRow } | undefined {
    return this.#sessionUser.get({ hash: secretHash });
  }

  /** Adds a session, drops those that ended before `session.createdMs`, and the user's oldest beyond `mostOfUser`. */
  addSession(session: SessionRow, mostOfUser: number): void {
    this.#db.transaction(
      (tx) => {
        tx.delete(sessionTable).where(lte(sessionTable.expiresMs, session.createdMs)).run();
        // Before the new one is there: by a clock that was set back it may be the oldest.
        const kept = tx
          .select({ hash: sessionTable.secretHash })
          .from(sessionTable)
          .where(eq(sessionTable.userId, session.userId))
          .orderBy(desc(sessionTable.seenMs))
          .limit(mostOfUser - 1);
        tx.delete(sessionTable)
          .where(and(eq(sessionTable.userId, session.userId), notInArray(sessionTable.secretHash, kept)))
          .run();
        tx.insert(sessionTable).values(session).run();
      },
      { behavior: "immediate" },
    );
  }

  touchSession(secretHash: string, seenMs: number, expiresMs: number): void {
    this.#db
      .update(sessionTable)
      .set({ seenMs, expiresMs })
      .where(eq(sessionTable.secretHash, secretHash))
      .run();
  }

  removeSession(secretHash: string): void {
    this.#db.delete(sessionTable).where(eq(sessionTable.secretHash, secretHash)).run();
  }

  tokens(): TokenRow[] {
    return this.#db.select().from(tokenTable).orderBy(asc(tokenTable.nameKey)).all();
  }

  tokenByHash(secretHash: string): TokenRow | undefined {
    return this.#tokenByHash.get({ hash: secretHash });
  }

  tokenById(id: number): TokenRow | undefined {
    return this.#tokenById.get({ id });
  }

  /** Throws `conflict` when the name is taken. */
  addToken(row: Omit<TokenRow, "id">): void {
    unlessTaken("token", row.name, () => this.#db.insert(tokenTable).values(row).run());
  }

  touchToken(id: number, usedMs: number): void {
    this.#db.update(tokenTable).set({ usedMs }).where(eq(tokenTable.id, id)).run();
  }

  removeToken(id: number): boolean {
    return this.#db.delete(tokenTable).where(eq(tokenTable.id, id)).returning().all().length > 0;
  }

  /** A secret of this installation: the stored one, or `fresh` if there was none. */
  secret(key: string, fresh: string): string {
    this.#db.insert(metaTable).values({ key, value: fresh }).onConflictDoNothing().run();
    return this.#db.select().from(metaTable).where(eq(metaTable.key, key)).get()?.value ?? fresh;
  }
}
