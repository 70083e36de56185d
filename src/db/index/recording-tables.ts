import {
  and,
  asc,
  count,
  desc,
  eq,
  getTableColumns,
  gt,
  gte,
  inArray,
  lt,
  max,
  min,
  ne,
  sql,
  sum,
} from "drizzle-orm";
import { packSegments, unpackSegments, unpackSteps, type Segment } from "../../media/segment-list.ts";
import { NightjarError } from "../../platform/errors.ts";
import type { OpenDatabase } from "../open.ts";
import type { Extent, GapRow, Recording, RecordingRow, RunRow } from "./rows.ts";
import * as schema from "./schema.ts";
import { FileSpanCache } from "./file-spans.ts";
import { KeptRows, LONGEST_RECORDING_MS } from "./kept-rows.ts";
import { SegmentCache } from "./segment-cache.ts";
import { extentColumns, statementsOf } from "./statements.ts";

const { recordingTable, gapTable, lockTable } = schema;

const { segments: _, ...rowColumns } = getTableColumns(recordingTable);

const packed = (segments: readonly Segment[], startMs: number): Buffer =>
  Buffer.from(packSegments(segments, startMs).buffer);

/** Totals of a channel's closed recordings. */
export type ChannelTotals = {
  channel: string;
  recordings: number;
  sizeBytes: number;
  startMs: number;
  endMs: number;
};

/** Totals of a channel's closed recordings on one root. */
export type RootTotals = { root: string; channel: string; sizeBytes: number; largestBytes: number };

/** Recordings and the gaps that they ended: the largest part of the index. */
export class RecordingTables {
  protected readonly db: OpenDatabase<typeof schema>["db"];
  protected readonly statements: ReturnType<typeof statementsOf>;
  protected readonly segments = new SegmentCache({
    all: ({ id }) => this.#unpacked(id),
    steps: ({ id }) => {
      const row = this.#packed(id);
      return unpackSteps(row.segments, row.startMs);
    },
  });
  readonly #fileSpans = new FileSpanCache((id) => this.#unpacked(id));
  protected readonly kept: KeptRows;

  constructor({ db, changes, isSettled }: Pick<OpenDatabase<typeof schema>, "db" | "changes" | "isSettled">) {
    this.db = db;
    this.statements = statementsOf(db);
    this.kept = new KeptRows({
      rows: (interval) => this.statements.rowsBetween.all(interval),
      run: (id) => this.statements.run.get({ id }) as RunRow | undefined,
      version: () => (isSettled() ? changes() : undefined),
    });
  }

  /** The intent: a row in state `open`, before its file is made. */
  insertRecording(row: RecordingRow, segments: readonly Segment[] = []): void {
    this.db
      .insert(recordingTable)
      .values({ ...row, segments: packed(segments, row.startMs) })
      .run();
    this.segments.forget(row.id);
  }

  /** Changes a row; its version rises. With `segments`, the packed list is replaced as well. */
  updateRecording(
    id: string,
    change: Partial<Omit<RecordingRow, "id" | "version">>,
    segments?: readonly Segment[],
  ): void {
    const startMs = change.startMs ?? segments?.[0]?.startMs ?? 0;
    this.db
      .update(recordingTable)
      .set({
        ...change,
        ...(segments ? { segments: packed(segments, startMs), segmentCount: segments.length } : {}),
        version: sql`${recordingTable.version} + 1`,
      })
      .where(eq(recordingTable.id, id))
      .run();
    this.segments.forget(id);
  }

  /** Deletes the row, the gaps that it ended and the locks' mirror. */
  deleteRecording(id: string): void {
    this.db.delete(gapTable).where(eq(gapTable.recording, id)).run();
    this.db.delete(lockTable).where(eq(lockTable.recording, id)).run();
    this.db.delete(recordingTable).where(eq(recordingTable.id, id)).run();
    this.segments.forget(id);
  }

  /** A recording in any state, with its segments. */
  recording(id: string): Recording | undefined {
    const row = this.statements.row.get({ id });
    return row && this.segments.whole(row);
  }

  /**
   * Closed recordings of a channel that overlap `[fromMs, toMs)`, by their start. Their segments are read when they
   * are first asked for; those of a row that is gone by then throw `not-found`.
   */
  recordingsBetween(channel: string, fromMs: number, toMs: number): Recording[] {
    return this.rowsBetween(channel, fromMs, toMs).map((row) => this.segments.lazy(row));
  }

  #packed(id: string): { segments: Uint8Array; startMs: number } {
    const row = this.statements.segments.get({ id });
    if (!row) throw new NightjarError("not-found", "This footage was deleted just now");
    return row;
  }

  #unpacked(id: string): Segment[] {
    const row = this.#packed(id);
    return unpackSegments(row.segments, row.startMs);
  }

  /** The same without segments. */
  rowsBetween(channel: string, fromMs: number, toMs: number): RecordingRow[] {
    return this.kept.between(channel, fromMs, toMs);
  }

  /** When closed recordings that overlap `[fromMs, toMs)` begin and end, by their start; those of `except` left out. */
  extentsBetween(
    channel: string,
    fromMs: number,
    toMs: number,
    except: ReadonlySet<string> = new Set(),
  ): Extent[] {
    const earliestMs = fromMs - LONGEST_RECORDING_MS;
    const extents = this.statements.extentsBetween.all({ channel, fromMs, toMs, earliestMs });
    if (!extents.some(({ hasFiles }) => hasFiles)) return extents;
    const shown = except.size === 0 ? extents : extents.filter(({ id }) => !except.has(id));
    return shown.flatMap((extent) =>
      extent.hasFiles
        ? this.#fileSpans.of(extent).filter(({ startMs, endMs }) => startMs < toMs && endMs > fromMs)
        : extent,
    );
  }

  /** A channel's closed recordings that begin before `ms`. */
  protected closedBefore(channel: string, ms: number) {
    return and(
      eq(recordingTable.channel, channel),
      eq(recordingTable.state, "closed"),
      lt(recordingTable.startMs, ms),
    );
  }

  /** The closed recording of a channel that begins last before `ms`. */
  extentBefore(channel: string, ms: number): Extent | undefined {
    return this.db
      .select(extentColumns)
      .from(recordingTable)
      .where(this.closedBefore(channel, ms))
      .orderBy(desc(recordingTable.startMs))
      .limit(1)
      .get();
  }

  /** The closed recording of a channel that begins first at `ms` or later. */
  extentFrom(channel: string, ms: number): Extent | undefined {
    return this.db
      .select(extentColumns)
      .from(recordingTable)
      .where(
        and(
          eq(recordingTable.channel, channel),
          eq(recordingTable.state, "closed"),
          gte(recordingTable.startMs, ms),
        ),
      )
      .orderBy(asc(recordingTable.startMs))
      .limit(1)
      .get();
  }

  /** Bytes of those of `ids` that are in the index. */
  sizeOf(ids: readonly string[]): number {
    if (ids.length === 0) return 0;
    const found = this.db
      .select({ sizeBytes: sum(recordingTable.sizeBytes).mapWith(Number) })
      .from(recordingTable)
      .where(inArray(recordingTable.id, [...ids]))
      .get();
    return found?.sizeBytes ?? 0;
  }

  /** All rows in one state, oldest first, without segments. */
  rowsInState(state: RecordingRow["state"], limit = 1_000_000): RecordingRow[] {
    return this.db
      .select(rowColumns)
      .from(recordingTable)
      .where(eq(recordingTable.state, state))
      .orderBy(asc(recordingTable.startMs))
      .limit(limit)
      .all();
  }

  /** Closed recordings of one channel, or of all, oldest first; with `roots` only those that lie there. */
  oldestRows(limit: number, channel?: string, roots?: readonly string[]): RecordingRow[] {
    return this.db
      .select(rowColumns)
      .from(recordingTable)
      .where(
        and(
          eq(recordingTable.state, "closed"),
          channel === undefined ? undefined : eq(recordingTable.channel, channel),
          roots === undefined ? undefined : inArray(recordingTable.root, [...roots]),
        ),
      )
      .orderBy(asc(recordingTable.startMs))
      .limit(limit)
      .all();
  }

  /**
   * The channel's closed recording that was stored last, without segments; with `before`, the last one stored before
   * that media sequence number.
   */
  newestRow(channel: string, before = Number.MAX_SAFE_INTEGER): RecordingRow | undefined {
    return this.statements.newestRow.get({ channel, before });
  }

  /** The row of the file at a path below a root, in any state. */
  rowAt(root: string, path: string): RecordingRow | undefined {
    return this.db
      .select(rowColumns)
      .from(recordingTable)
      .where(and(eq(recordingTable.root, root), eq(recordingTable.path, path)))
      .get();
  }

  /** Rows of a run, in any state but garbage, in order. */
  rowsOfRun(run: string): RecordingRow[] {
    return this.db
      .select(rowColumns)
      .from(recordingTable)
      .where(and(eq(recordingTable.run, run), ne(recordingTable.state, "garbage")))
      .orderBy(asc(recordingTable.firstMediaSequence))
      .all();
  }

  /** Rows of one root whose id comes after `afterId`, by id, in any state: for going through all of them. */
  rowsOfRoot(root: string, afterId: string, limit: number): RecordingRow[] {
    return this.db
      .select(rowColumns)
      .from(recordingTable)
      .where(and(eq(recordingTable.root, root), gt(recordingTable.id, afterId)))
      .orderBy(asc(recordingTable.id))
      .limit(limit)
      .all();
  }

  /** Channels that have closed recordings, with totals. */
  totals(): ChannelTotals[] {
    return this.db
      .select({
        channel: recordingTable.channel,
        recordings: count(),
        sizeBytes: sum(recordingTable.sizeBytes).mapWith(Number),
        startMs: min(recordingTable.startMs).mapWith(Number),
        endMs: max(recordingTable.endMs).mapWith(Number),
      })
      .from(recordingTable)
      .where(eq(recordingTable.state, "closed"))
      .groupBy(recordingTable.channel)
      .all();
  }

  /** Which closed footage lies on which root, by channel: in total, and its largest recording. */
  sizes(): RootTotals[] {
    return this.db
      .select({
        root: recordingTable.root,
        channel: recordingTable.channel,
        sizeBytes: sum(recordingTable.sizeBytes).mapWith(Number),
        largestBytes: max(recordingTable.sizeBytes).mapWith(Number),
      })
      .from(recordingTable)
      .where(eq(recordingTable.state, "closed"))
      .groupBy(recordingTable.root, recordingTable.channel)
      .all();
  }

  /** Those of `ids` that are in the index, in any state. */
  existing(ids: readonly string[]): string[] {
    if (ids.length === 0) return [];
    return this.db
      .select({ id: recordingTable.id })
      .from(recordingTable)
      .where(inArray(recordingTable.id, [...ids]))
      .all()
      .map((row) => row.id);
  }

  insertGap(gap: GapRow): void {
    this.db.insert(gapTable).values(gap).run();
  }

  /** Gaps that overlap `[fromMs, toMs)`, by their start. One without a length waits for its run to be dated anew. */
  gapsBetween(channel: string, fromMs: number, toMs: number): GapRow[] {
    return this.db
      .select()
      .from(gapTable)
      .where(
        and(
          eq(gapTable.channel, channel),
          lt(gapTable.startMs, toMs),
          gt(gapTable.endMs, fromMs),
          gt(gapTable.endMs, gapTable.startMs),
        ),
      )
      .orderBy(asc(gapTable.startMs))
      .all() as GapRow[];
  }

  gapsOfRecording(recording: string): GapRow[] {
    return this.db.select().from(gapTable).where(eq(gapTable.recording, recording)).all() as GapRow[];
  }

  /** Moves the gaps that a recording ended by `ms`. */
  replaceGaps(recording: string, gaps: readonly GapRow[]): void {
    this.db.delete(gapTable).where(eq(gapTable.recording, recording)).run();
    for (const gap of gaps) this.insertGap(gap);
  }
}
