import { and, asc, desc, eq, getTableColumns, gt, gte, lt, sql } from "drizzle-orm";
import type { OpenDatabase } from "../open.ts";
import * as schema from "./schema.ts";

const { recordingTable, runTable } = schema;
const { segments: _, ...rowColumns } = getTableColumns(recordingTable);

const value = (name: string) => sql.placeholder(name);

/** What every playlist and segment asks, prepared once: building a statement costs more than running it. */
export const statementsOf = (db: OpenDatabase<typeof schema>["db"]) => ({
  rowsBetween: db
    .select(rowColumns)
    .from(recordingTable)
    .where(
      and(
        eq(recordingTable.channel, value("channel")),
        eq(recordingTable.state, "closed"),
        lt(recordingTable.startMs, value("toMs")),
        // What began before can't reach so far; without this, a month of rows would be read for one hour.
        gte(recordingTable.startMs, value("earliestMs")),
        gt(recordingTable.endMs, value("fromMs")),
      ),
    )
    .orderBy(asc(recordingTable.startMs), asc(recordingTable.firstMediaSequence))
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
  run: db
    .select()
    .from(runTable)
    .where(eq(runTable.id, value("id")))
    .prepare(),
});
