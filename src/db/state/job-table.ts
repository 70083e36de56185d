import { and, asc, count, desc, eq, inArray, lt, notInArray } from "drizzle-orm";
import type { BunSQLiteDatabase } from "drizzle-orm/bun-sqlite";
import { jobTable } from "./schema.ts";
import type * as schema from "./schema.ts";

/** A job as it is stored, see schema.ts for each field. */
export type JobRow = typeof jobTable.$inferSelect;

/** What changes of a job in its course. */
export type JobChange = Partial<Omit<JobRow, "id" | "kind" | "createdMs">>;

export type JobRowFilter = {
  channel?: string | undefined;
  kind?: string | undefined;
  states?: readonly string[] | undefined;
};

const matches = ({ channel, kind, states }: JobRowFilter) =>
  and(
    channel === undefined ? undefined : eq(jobTable.channel, channel),
    kind === undefined ? undefined : eq(jobTable.kind, kind),
    states === undefined ? undefined : inArray(jobTable.state, [...states]),
  );

const WAITING_OR_RUNNING = ["queued", "running"];

/** Work that lasts. All calls are synchronous and short. */
export class JobTable {
  readonly #db: BunSQLiteDatabase<typeof schema>;

  constructor(db: BunSQLiteDatabase<typeof schema>) {
    this.#db = db;
  }

  add(row: Omit<JobRow, "id">): JobRow {
    return this.#db.insert(jobTable).values(row).returning().get();
  }

  get(id: number): JobRow | undefined {
    return this.#db.select().from(jobTable).where(eq(jobTable.id, id)).get();
  }

  /** The one with this key that waits or runs. */
  withKey(workKey: string): JobRow | undefined {
    return this.#db
      .select()
      .from(jobTable)
      .where(and(eq(jobTable.workKey, workKey), inArray(jobTable.state, WAITING_OR_RUNNING)))
      .get();
  }

  /** Those in a state, in the order in which they were added. */
  inState(state: "queued" | "running"): JobRow[] {
    return this.#db.select().from(jobTable).where(eq(jobTable.state, state)).orderBy(asc(jobTable.id)).all();
  }

  /** The newest first, or the oldest; only those with a smaller number than `before`. */
  list({
    before,
    isOldestFirst = false,
    limit,
    ...filter
  }: JobRowFilter & { before?: number; isOldestFirst?: boolean; limit: number }): JobRow[] {
    return this.#db
      .select()
      .from(jobTable)
      .where(and(matches(filter), before === undefined ? undefined : lt(jobTable.id, before)))
      .orderBy(isOldestFirst ? asc(jobTable.id) : desc(jobTable.id))
      .limit(limit)
      .all();
  }

  count(filter: JobRowFilter): number {
    return this.#db.select({ count: count() }).from(jobTable).where(matches(filter)).get()?.count ?? 0;
  }

  update(id: number, change: JobChange): void {
    this.#db.update(jobTable).set(change).where(eq(jobTable.id, id)).run();
  }

  /** Drops those that ended before `beforeMs`, and of the others all ended ones but the newest `most`. */
  dropEnded(beforeMs: number, most: number): void {
    const hasEnded = notInArray(jobTable.state, WAITING_OR_RUNNING);
    this.#db
      .delete(jobTable)
      .where(and(hasEnded, lt(jobTable.endedMs, beforeMs)))
      .run();
    const oldest = this.#db
      .select({ id: jobTable.id })
      .from(jobTable)
      .where(hasEnded)
      .orderBy(desc(jobTable.id))
      .limit(1)
      .offset(most)
      .get();
    if (oldest) {
      this.#db
        .delete(jobTable)
        .where(and(hasEnded, lt(jobTable.id, oldest.id + 1)))
        .run();
    }
  }
}
