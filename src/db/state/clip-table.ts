import { and, desc, eq, sql } from "drizzle-orm";
import type { BunSQLiteDatabase } from "drizzle-orm/bun-sqlite";
import { clipTable } from "./schema.ts";
import type * as schema from "./schema.ts";

/** A film that was made here, see schema.ts for each field. */
export type ClipRow = typeof clipTable.$inferSelect;

/** Timelapses, moments and clips that were made here. All calls are synchronous and short. */
export class ClipTable {
  readonly #db: BunSQLiteDatabase<typeof schema>;

  constructor(db: BunSQLiteDatabase<typeof schema>) {
    this.#db = db;
  }

  /** Stores a film; returns it with its number, which is never given twice. */
  add(row: Omit<ClipRow, "id">): ClipRow {
    return this.#db.insert(clipTable).values(row).returning().get();
  }

  get(id: number): ClipRow | undefined {
    return this.#db.select().from(clipTable).where(eq(clipTable.id, id)).get();
  }

  /** Those of a kind, of all channels, newest first. */
  ofKind(kind: string): ClipRow[] {
    return this.#db
      .select()
      .from(clipTable)
      .where(eq(clipTable.kind, kind))
      .orderBy(desc(clipTable.startMs), desc(clipTable.id))
      .all();
  }

  /** Those of a channel, by the id under which they were made, newest first. */
  ofChannel(channel: string, kind?: string): ClipRow[] {
    const isOfChannel = eq(clipTable.channel, channel);
    return this.#db
      .select()
      .from(clipTable)
      .where(kind === undefined ? isOfChannel : and(isOfChannel, eq(clipTable.kind, kind)))
      .orderBy(desc(clipTable.startMs), desc(clipTable.id))
      .all();
  }

  /** Those on a storage root, in no order. */
  onRoot(root: string): ClipRow[] {
    return this.#db.select().from(clipTable).where(eq(clipTable.root, root)).all();
  }

  /** What is stored of each channel on each root, in bytes. */
  sizes(): { channel: string; root: string; clips: number; sizeBytes: number }[] {
    return this.#db
      .select({
        channel: clipTable.channel,
        root: clipTable.root,
        clips: sql<number>`count(*)`,
        sizeBytes: sql<number>`sum(${clipTable.sizeBytes})`,
      })
      .from(clipTable)
      .groupBy(clipTable.channel, clipTable.root)
      .all();
  }

  delete(id: number): void {
    this.#db.delete(clipTable).where(eq(clipTable.id, id)).run();
  }
}
