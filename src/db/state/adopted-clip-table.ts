import { and, asc, eq } from "drizzle-orm";
import type { BunSQLiteDatabase } from "drizzle-orm/bun-sqlite";
import { adoptedClipTable } from "./schema.ts";
import type * as schema from "./schema.ts";

/** What a film of another tool is. */
export type ClipKind = "timelapse" | "moment";

/** A film of another tool, see schema.ts for each field. */
export type AdoptedClipRow = Omit<typeof adoptedClipTable.$inferSelect, "kind"> & { kind: ClipKind };

/** Timelapses and moments that another tool made, where they lie. All calls are synchronous and short. */
export class AdoptedClipTable {
  readonly #db: BunSQLiteDatabase<typeof schema>;

  constructor(db: BunSQLiteDatabase<typeof schema>) {
    this.#db = db;
  }

  /** Those of a channel and a kind, oldest first. */
  list(channel: string, kind: ClipKind): AdoptedClipRow[] {
    return this.#db
      .select()
      .from(adoptedClipTable)
      .where(and(eq(adoptedClipTable.channel, channel), eq(adoptedClipTable.kind, kind)))
      .orderBy(asc(adoptedClipTable.startMs), asc(adoptedClipTable.path))
      .all() as AdoptedClipRow[];
  }

  /** Those of a kind, of all channels, oldest first. */
  ofKind(kind: ClipKind): AdoptedClipRow[] {
    return this.#db
      .select()
      .from(adoptedClipTable)
      .where(eq(adoptedClipTable.kind, kind))
      .orderBy(asc(adoptedClipTable.startMs), asc(adoptedClipTable.path))
      .all() as AdoptedClipRow[];
  }

  /** Stores films, or what has changed of those that are known by their paths; all or none. */
  put(rows: readonly AdoptedClipRow[]): void {
    this.#db.transaction((tx) => {
      for (const row of rows) {
        tx.insert(adoptedClipTable)
          .values(row)
          .onConflictDoUpdate({ target: adoptedClipTable.path, set: row })
          .run();
      }
    });
  }

  /** Forgets those of a channel; their files stay. */
  forget(channel: string): void {
    this.#db.delete(adoptedClipTable).where(eq(adoptedClipTable.channel, channel)).run();
  }
}
