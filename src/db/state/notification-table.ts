import { asc, eq, inArray, notInArray } from "drizzle-orm";
import type { BunSQLiteDatabase } from "drizzle-orm/bun-sqlite";
import { notificationTable } from "./schema.ts";
import type * as schema from "./schema.ts";

/** A message that was not delivered yet; its `notice` is JSON. */
export type NotificationRow = typeof notificationTable.$inferSelect;

/** Messages to receivers of notifications, kept over a restart. All calls are synchronous and short. */
export class NotificationTable {
  readonly #db: BunSQLiteDatabase<typeof schema>;

  constructor(db: BunSQLiteDatabase<typeof schema>) {
    this.#db = db;
  }

  /** What a receiver has not got yet, in order. */
  waiting(receiver: string): NotificationRow[] {
    return this.#db
      .select()
      .from(notificationTable)
      .where(eq(notificationTable.receiver, receiver))
      .orderBy(asc(notificationTable.id))
      .all();
  }

  /** Stores a message; returns its id. */
  add(row: Omit<NotificationRow, "id">): number {
    return this.#db.insert(notificationTable).values(row).returning({ id: notificationTable.id }).get().id;
  }

  /** A try failed. */
  postpone(id: number, tries: number, nextTryMs: number): void {
    this.#db.update(notificationTable).set({ tries, nextTryMs }).where(eq(notificationTable.id, id)).run();
  }

  delete(ids: readonly number[]): void {
    if (ids.length === 0) return;
    this.#db
      .delete(notificationTable)
      .where(inArray(notificationTable.id, [...ids]))
      .run();
  }

  /** Drops what is meant for receivers that are no longer configured. */
  keepOnly(receivers: readonly string[]): void {
    this.#db
      .delete(notificationTable)
      .where(notInArray(notificationTable.receiver, [...receivers]))
      .run();
  }
}
