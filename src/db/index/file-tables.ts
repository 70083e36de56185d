import { and, asc, desc, eq, getTableColumns, gte, like, lt, sql } from "drizzle-orm";
import type { FootageFormat } from "../../media/footage-format.ts";
import { packSegments, type Segment } from "../../media/segment-list.ts";
import { AgedTables } from "./aged-tables.ts";
import { FILES_EXTENSION, type RecordingRow, type RunRow } from "./rows.ts";
import * as schema from "./schema.ts";

const { recordingTable, runTable } = schema;
const { segments: _, ...rowColumns } = getTableColumns(recordingTable);
const DAY_MS = 86_400_000;

/** Text for the pattern of `LIKE ... ESCAPE '\'`: ids of channels may have an underscore. */
const literally = (text: string): string => text.replace(/[\\%_]/g, String.raw`\$&`);

/** What recordings whose segments are files of their own need beside the rest. */
export class FileTables extends AgedTables {
  /** Puts a row in the place of the one with its id, or beside the others; its version is the one that it has. */
  putRecording(row: RecordingRow, segments: readonly Segment[]): void {
    const values = { ...row, segments: Buffer.from(packSegments(segments, row.startMs)) };
    this.db
      .insert(recordingTable)
      .values(values)
      .onConflictDoUpdate({ target: recordingTable.id, set: values })
      .run();
    this.segments.forget(row.id);
  }

  /** Closed recordings of a channel whose segments are files of one date's folder, by their start. */
  fileRows(channel: string, date: string): RecordingRow[] {
    const startMs = Date.parse(`${date}T00:00:00Z`);
    return this.db
      .select(rowColumns)
      .from(recordingTable)
      .where(
        and(
          eq(recordingTable.channel, channel),
          eq(recordingTable.state, "closed"),
          // Local dates begin and end up to a day from those of UTC; the rest is for zones that were changed.
          gte(recordingTable.startMs, startMs - 2 * DAY_MS),
          lt(recordingTable.startMs, startMs + 3 * DAY_MS),
          sql`${recordingTable.path} LIKE ${`${literally(`${channel}/${date}/`)}%${FILES_EXTENSION}`} ESCAPE '\\'`,
        ),
      )
      .orderBy(asc(recordingTable.startMs))
      .all();
  }

  /** Dates (YYYY-MM-DD) of the folders of a channel whose files are segments, in order. */
  fileDates(channel: string): string[] {
    const date = sql<string>`substr(${recordingTable.path}, ${channel.length + 2}, 10)`;
    return this.db
      .selectDistinct({ date })
      .from(recordingTable)
      .where(
        and(
          eq(recordingTable.channel, channel),
          eq(recordingTable.state, "closed"),
          like(recordingTable.path, `%${FILES_EXTENSION}`),
        ),
      )
      .orderBy(asc(date))
      .all()
      .map((row) => row.date);
  }

  /** The closed recording of a channel that begins last before `ms`, without segments. */
  rowBefore(channel: string, ms: number): RecordingRow | undefined {
    return this.db
      .select(rowColumns)
      .from(recordingTable)
      .where(this.closedBefore(channel, ms))
      .orderBy(desc(recordingTable.startMs))
      .limit(1)
      .get();
  }

  /** The channel's runs of a format with exactly this init, those of the newest timeline first. */
  runsWithInit(channel: string, format: FootageFormat, init: Uint8Array): RunRow[] {
    return this.db
      .select()
      .from(runTable)
      .where(
        and(eq(runTable.channel, channel), eq(runTable.format, format), eq(runTable.init, Buffer.from(init))),
      )
      .orderBy(desc(runTable.timeline))
      .all() as RunRow[];
  }
}
