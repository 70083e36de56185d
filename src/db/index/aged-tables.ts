import { and, asc, eq, getTableColumns, gte, inArray, like, lt, lte, max, min, sql } from "drizzle-orm";
import { RecordingTables } from "./recording-tables.ts";
import { isAged, type GapRow, type RecordingRow } from "./rows.ts";
import * as schema from "./schema.ts";

const { lockTable, recordingTable, runTable } = schema;
const { segments: _, ...rowColumns } = getTableColumns(recordingTable);
/** A film is of one day of one folder at most, in whatever zone, with slack. */
const REACH_MS = 3 * 86_400_000;

const ofFilms = (channel: string) => and(eq(runTable.channel, channel), lt(runTable.timeline, 0));

/** What days whose rows share one film need beside the rest. */
export class AgedTables extends RecordingTables {
  /** All rows that go, stay and are locked together with a row, by their start: itself, or all of its film. */
  unitOf(row: RecordingRow): RecordingRow[] {
    if (!isAged(row)) return [row];
    return this.db
      .select(rowColumns)
      .from(recordingTable)
      .where(
        and(
          eq(recordingTable.channel, row.channel),
          eq(recordingTable.state, row.state),
          gte(recordingTable.startMs, row.startMs - REACH_MS),
          lte(recordingTable.startMs, row.startMs + REACH_MS),
          eq(recordingTable.root, row.root),
          eq(recordingTable.path, row.path),
        ),
      )
      .orderBy(asc(recordingTable.startMs), asc(recordingTable.baseOffsetBytes))
      .all();
  }

  /** Ids of recordings that retention leaves alone: those with a lock, and the rest of their units. */
  lockedIds(): Set<string> {
    const ids = this.db.selectDistinct({ id: lockTable.recording }).from(lockTable).all();
    const locked = new Set(ids.map(({ id }) => id));
    const films = this.db
      .select(rowColumns)
      .from(recordingTable)
      .where(
        and(
          inArray(recordingTable.id, this.db.select({ id: lockTable.recording }).from(lockTable)),
          like(recordingTable.path, "%/video%.mp4"),
        ),
      )
      .all();
    for (const film of films) for (const { id } of this.unitOf(film)) locked.add(id);
    return locked;
  }

  /**
   * Closed rows of a channel that were born in the folder of a date, by their start; those of a film as well. Whenever they
   * are: a clock that was set right dates footage anew, and its folder stays.
   */
  rowsOfFolder(channel: string, root: string, date: string): RecordingRow[] {
    const folder = `${channel}/${date}/`;
    return this.db
      .select(rowColumns)
      .from(recordingTable)
      .where(
        and(
          eq(recordingTable.channel, channel),
          eq(recordingTable.state, "closed"),
          eq(recordingTable.root, root),
          sql`substr(${recordingTable.path}, 1, ${folder.length}) = ${folder}`,
        ),
      )
      .orderBy(asc(recordingTable.startMs))
      .all();
  }

  /** Where files came late into a gap that a film ended, only what is behind them is left of it; they tell the rest. */
  override gapsBetween(channel: string, fromMs: number, toMs: number): GapRow[] {
    const gaps = super.gapsBetween(channel, fromMs, toMs);
    const mayBeFilled = gaps.some(({ reason }) => reason === "not-uploaded");
    if (!mayBeFilled || this.lowestFilmTimeline(channel) === 0) return gaps;
    return gaps
      .map((gap) => (gap.reason === "not-uploaded" ? this.#leftOf(gap) : gap))
      .filter(({ startMs, endMs }) => startMs < endMs)
      .sort((a, b) => a.startMs - b.startMs);
  }

  #leftOf(gap: GapRow): GapRow {
    const late = this.extentsBetween(gap.channel, gap.startMs, gap.endMs)
      .filter(({ startMs }) => startMs >= gap.startMs)
      .map(({ endMs }) => endMs);
    return { ...gap, startMs: Math.max(gap.startMs, ...late) };
  }

  /** Whether a film of the channel shows a moment, ms UTC. */
  isAgedAt(channel: string, ms: number): boolean {
    return this.rowsBetween(channel, ms, ms + 1).some(isAged);
  }

  /** The timeline of a channel's films with exactly this init; `undefined` when it has none. */
  filmTimeline(channel: string, init: Uint8Array): number | undefined {
    const same = and(ofFilms(channel), eq(runTable.init, Buffer.from(init)));
    const found = this.db
      .select({ timeline: max(runTable.timeline) })
      .from(runTable)
      .where(same)
      .get();
    return found?.timeline ?? undefined;
  }

  /**
   * The lowest timeline of a channel's films, 0 without one. They lie below 0: they are not counted on in the order of
   * capture, and no captured run continues them.
   */
  lowestFilmTimeline(channel: string): number {
    const found = this.db
      .select({ timeline: min(runTable.timeline) })
      .from(runTable)
      .where(ofFilms(channel))
      .get();
    return found?.timeline ?? 0;
  }
}
