import { and, asc, desc, eq, getTableColumns, gt, gte, lt, sql } from "drizzle-orm";
import type { OpenDatabase } from "../open.ts";
import { FILES_EXTENSION } from "./rows.ts";
import * as schema from "./schema.ts";

const { recordingTable, rootTable, runTable } = schema;
const { segments: _, ...rowColumns } = getTableColumns(recordingTable);

const value = (name: string) => sql.placeholder(name);

const overlap = and(
  eq(recordingTable.channel, value("channel")),
  eq(recordingTable.state, "closed"),
  lt(recordingTable.startMs, value("toMs")),
  // What began before can't reach so far; without this, a month of rows would be read for one hour.
  gte(recordingTable.startMs, value("earliestMs")),
  gt(recordingTable.endMs, value("fromMs")),
);

/** What is known of a recording without its segments, see `Extent`. */
export const extentColumns = {
  run: recordingTable.run,
  startMs: recordingTable.startMs,
  endMs: recordingTable.endMs,
  sizeBytes: recordingTable.sizeBytes,
  hasFiles: sql`${recordingTable.path} LIKE ${`%${FILES_EXTENSION}`}`.mapWith(Boolean),
};

/** What every playlist, segment and upload asks, prepared once: building a statement costs more than running it. */
export const statementsOf = (db: OpenDatabase<typeof schema>["db"]) => ({
  rowsBetween: db
    .select(rowColumns)
    .from(recordingTable)
    .where(overlap)
    .orderBy(asc(recordingTable.startMs), asc(recordingTable.firstMediaSequence))
    .prepare(),
  extentsBetween: db
    // Of recordings of files, the id and the version lead to their spans.
    .select({ ...extentColumns, id: recordingTable.id, version: recordingTable.version })
    .from(recordingTable)
    .where(overlap)
    .orderBy(asc(recordingTable.startMs))
    .prepare(),
  newestRow: db
    .select(rowColumns)
    .from(recordingTable)
    .where(
      and(
        eq(recordingTable.channel, value("channel")),
        eq(recordingTable.state, "closed"),
        lt(recordingTable.firstMediaSequence, value("before")),
      ),
    )
    .orderBy(desc(recordingTable.firstMediaSequence))
    .limit(1)
    .prepare(),
  row: db
    .select(rowColumns)
    .from(recordingTable)
    .where(eq(recordingTable.id, value("id")))
    .prepare(),
  segments: db
    .select({ segments: recordingTable.segments, startMs: recordingTable.startMs })
    .from(recordingTable)
    .where(eq(recordingTable.id, value("id")))
    .prepare(),
  roots: db.select().from(rootTable).prepare(),
  run: db
    .select()
    .from(runTable)
    .where(eq(runTable.id, value("id")))
    .prepare(),
});
