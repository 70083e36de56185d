import {
  and,
  asc,
  count,
  desc,
  eq,
  getTableColumns,
  gt,
  inArray,
  isNull,
  lt,
  max,
  min,
  ne,
  sql,
  sum,
} from "drizzle-orm";
import { packSegments, unpackSegments, type Segment } from "../../media/segment-list.ts";
import { openDatabase, openForReading, type NotPromise, type OpenDatabase } from "../open.ts";
import type { CounterRow, GapRow, LockRow, Recording, RecordingRow, RootRow, RunRow } from "./rows.ts";
import * as schema from "./schema.ts";

const { runTable, recordingTable, gapTable, counterTable, lockTable, rootTable, metaTable } = schema;

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

/**
 * The index: which footage there is. Everything in it can be made again from the journals. All calls are
 * synchronous and short; writes are few, one or two for each recording.
 */
export class IndexDatabase {
  readonly isNew: boolean;
  readonly #open: OpenDatabase<typeof schema>;
  readonly #db: OpenDatabase<typeof schema>["db"];

  constructor(open: OpenDatabase<typeof schema>) {
    this.#open = open;
    this.#db = open.db;
    this.isNew = open.isNew;
  }

  /** Opens `path`, making it when it is not there. Throws `config` when it can't be used. */
  static open(path: string): IndexDatabase {
    return new IndexDatabase(openDatabase(path, "index", schema));
  }

  /** Opens it beside a running server, for reading; `undefined` when there is none. */
  static openForReading(path: string): IndexDatabase | undefined {
    const open = openForReading(path, schema);
    return open && new IndexDatabase(open);
  }

  close(): void {
    this.#open.close();
  }

  /** Runs `work` in one transaction; all or nothing. `work` must not await. */
  transaction<T>(work: () => NotPromise<T>): T {
    return this.#db.transaction(() => work(), { behavior: "immediate" });
  }

  insertRun(run: RunRow): void {
    this.#db
      .insert(runTable)
      .values({ ...run, init: Buffer.from(run.init) })
      .run();
  }

  updateRun(
    id: string,
    change: Partial<Pick<RunRow, "startMs" | "endMs" | "endReason" | "endDetail" | "unsure">>,
  ): void {
    this.#db.update(runTable).set(change).where(eq(runTable.id, id)).run();
  }

  run(id: string): RunRow | undefined {
    return this.#db.select().from(runTable).where(eq(runTable.id, id)).get() as RunRow | undefined;
  }

  /** The channel's run with the highest timeline that began last. */
  newestRun(channel: string): RunRow | undefined {
    return this.#db
      .select()
      .from(runTable)
      .where(eq(runTable.channel, channel))
      .orderBy(desc(runTable.timeline), desc(runTable.startMs))
      .limit(1)
      .get() as RunRow | undefined;
  }

  /** Unsure runs of one boot, of all channels. */
  unsureRuns(bootId: string): RunRow[] {
    return this.#db
      .select()
      .from(runTable)
      .where(and(eq(runTable.bootId, bootId), eq(runTable.unsure, true)))
      .orderBy(asc(runTable.boottimeMs))
      .all() as RunRow[];
  }

  /** Runs that have no end yet: being recorded, or interrupted. */
  unendedRuns(): RunRow[] {
    return this.#db.select().from(runTable).where(isNull(runTable.endMs)).all() as RunRow[];
  }

  /** Drops a run unless a recording belongs to it. */
  deleteRun(id: string): void {
    this.#db
      .delete(runTable)
      .where(and(eq(runTable.id, id), sql`not exists (select 1 from recording where recording.run = ${id})`))
      .run();
  }

  /** Drops the runs that no recording belongs to any more, but for those named. */
  dropLoneRuns(keep: readonly string[]): void {
    this.#db
      .delete(runTable)
      .where(
        and(
          sql`not exists (select 1 from recording where recording.run = ${runTable.id})`,
          keep.length > 0 ? sql`${runTable.id} not in ${[...keep]}` : undefined,
        ),
      )
      .run();
  }

  /** The intent: a row in state `open`, before its file is made. */
  insertRecording(row: RecordingRow, segments: readonly Segment[] = []): void {
    this.#db
      .insert(recordingTable)
      .values({ ...row, segments: packed(segments, row.startMs) })
      .run();
  }

  /** Changes a row; its version rises. With `segments`, the packed list is replaced as well. */
  updateRecording(
    id: string,
    change: Partial<Omit<RecordingRow, "id" | "version">>,
    segments?: readonly Segment[],
  ): void {
    const startMs = change.startMs ?? segments?.[0]?.startMs ?? 0;
    this.#db
      .update(recordingTable)
      .set({
        ...change,
        ...(segments ? { segments: packed(segments, startMs), segmentCount: segments.length } : {}),
        version: sql`${recordingTable.version} + 1`,
      })
      .where(eq(recordingTable.id, id))
      .run();
  }

  /** Deletes the row, the gaps that it ended and the locks' mirror. */
  deleteRecording(id: string): void {
    this.#db.delete(gapTable).where(eq(gapTable.recording, id)).run();
    this.#db.delete(lockTable).where(eq(lockTable.recording, id)).run();
    this.#db.delete(recordingTable).where(eq(recordingTable.id, id)).run();
  }

  /** A recording in any state, with its segments. */
  recording(id: string): Recording | undefined {
    const row = this.#db.select().from(recordingTable).where(eq(recordingTable.id, id)).get();
    return row && { ...row, segments: unpackSegments(row.segments, row.startMs) };
  }

  /** Closed recordings of a channel that overlap `[fromMs, toMs)`, by their start, with their segments. */
  recordingsBetween(channel: string, fromMs: number, toMs: number): Recording[] {
    return this.#db
      .select()
      .from(recordingTable)
      .where(this.#overlap(channel, fromMs, toMs))
      .orderBy(asc(recordingTable.startMs), asc(recordingTable.firstMediaSequence))
      .all()
      .map((row) => ({ ...row, segments: unpackSegments(row.segments, row.startMs) }));
  }

  /** The same without segments. */
  rowsBetween(channel: string, fromMs: number, toMs: number): RecordingRow[] {
    return this.#db
      .select(rowColumns)
      .from(recordingTable)
      .where(this.#overlap(channel, fromMs, toMs))
      .orderBy(asc(recordingTable.startMs), asc(recordingTable.firstMediaSequence))
      .all();
  }

  #overlap(channel: string, fromMs: number, toMs: number) {
    return and(
      eq(recordingTable.channel, channel),
      eq(recordingTable.state, "closed"),
      lt(recordingTable.startMs, toMs),
      gt(recordingTable.endMs, fromMs),
    );
  }

  /** All rows in one state, oldest first, without segments. */
  rowsInState(state: RecordingRow["state"], limit = 1_000_000): RecordingRow[] {
    return this.#db
      .select(rowColumns)
      .from(recordingTable)
      .where(eq(recordingTable.state, state))
      .orderBy(asc(recordingTable.startMs))
      .limit(limit)
      .all();
  }

  /** Closed recordings of one channel, or of all, oldest first; with `roots` only those that lie there. */
  oldestRows(limit: number, channel?: string, roots?: readonly string[]): RecordingRow[] {
    return this.#db
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
    return this.#db
      .select(rowColumns)
      .from(recordingTable)
      .where(
        and(
          eq(recordingTable.channel, channel),
          eq(recordingTable.state, "closed"),
          lt(recordingTable.firstMediaSequence, before),
        ),
      )
      .orderBy(desc(recordingTable.firstMediaSequence))
      .limit(1)
      .get();
  }

  /** The row of the file at a path below a root, in any state. */
  rowAt(root: string, path: string): RecordingRow | undefined {
    return this.#db
      .select(rowColumns)
      .from(recordingTable)
      .where(and(eq(recordingTable.root, root), eq(recordingTable.path, path)))
      .get();
  }

  /** Rows of a run, in any state but garbage, in order. */
  rowsOfRun(run: string): RecordingRow[] {
    return this.#db
      .select(rowColumns)
      .from(recordingTable)
      .where(and(eq(recordingTable.run, run), ne(recordingTable.state, "garbage")))
      .orderBy(asc(recordingTable.firstMediaSequence))
      .all();
  }

  /** Channels that have closed recordings, with totals. */
  totals(): ChannelTotals[] {
    return this.#db
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

  insertGap(gap: GapRow): void {
    this.#db.insert(gapTable).values(gap).run();
  }

  /** Gaps that overlap `[fromMs, toMs)`, by their start. */
  gapsBetween(channel: string, fromMs: number, toMs: number): GapRow[] {
    return this.#db
      .select()
      .from(gapTable)
      .where(and(eq(gapTable.channel, channel), lt(gapTable.startMs, toMs), gt(gapTable.endMs, fromMs)))
      .orderBy(asc(gapTable.startMs))
      .all() as GapRow[];
  }

  gapsOfRecording(recording: string): GapRow[] {
    return this.#db.select().from(gapTable).where(eq(gapTable.recording, recording)).all() as GapRow[];
  }

  /** Moves the gaps that a recording ended by `ms`. */
  replaceGaps(recording: string, gaps: readonly GapRow[]): void {
    this.#db.delete(gapTable).where(eq(gapTable.recording, recording)).run();
    for (const gap of gaps) this.insertGap(gap);
  }

  counter(channel: string): CounterRow | undefined {
    return this.#db.select().from(counterTable).where(eq(counterTable.channel, channel)).get();
  }

  /** Counters of all channels that ever recorded. */
  counters(): CounterRow[] {
    return this.#db.select().from(counterTable).orderBy(asc(counterTable.channel)).all();
  }

  setCounter(row: CounterRow): void {
    this.#db
      .insert(counterTable)
      .values(row)
      .onConflictDoUpdate({ target: counterTable.channel, set: row })
      .run();
  }

  locks(channel?: string): LockRow[] {
    return this.#db
      .select()
      .from(lockTable)
      .where(channel === undefined ? undefined : eq(lockTable.channel, channel))
      .orderBy(asc(lockTable.startMs))
      .all();
  }

  /** Replaces the mirror of one recording's lock file. */
  replaceLocks(recording: string, locks: readonly LockRow[]): void {
    this.#db.delete(lockTable).where(eq(lockTable.recording, recording)).run();
    for (const lock of locks) this.#db.insert(lockTable).values(lock).run();
  }

  roots(): RootRow[] {
    return this.#db.select().from(rootTable).all();
  }

  setRoot(row: RootRow): void {
    this.#db.insert(rootTable).values(row).onConflictDoUpdate({ target: rootTable.id, set: row }).run();
  }

  meta(key: string): string | undefined {
    return this.#db.select().from(metaTable).where(eq(metaTable.key, key)).get()?.value;
  }

  setMeta(key: string, value: string): void {
    this.#db
      .insert(metaTable)
      .values({ key, value })
      .onConflictDoUpdate({ target: metaTable.key, set: { value } })
      .run();
  }

  /** Which closed footage lies on which root, by channel: in total, and its largest recording. */
  sizes(): RootTotals[] {
    return this.#db
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

  /** Rows of one root whose id comes after `afterId`, by id, in any state: for going through all of them. */
  rowsOfRoot(root: string, afterId: string, limit: number): RecordingRow[] {
    return this.#db
      .select(rowColumns)
      .from(recordingTable)
      .where(and(eq(recordingTable.root, root), gt(recordingTable.id, afterId)))
      .orderBy(asc(recordingTable.id))
      .limit(limit)
      .all();
  }

  /** Forgets a root and all footage on it, for making that part of the index again. Runs and counters stay. */
  forgetRoot(root: string): void {
    const lost = this.#db
      .select({ id: recordingTable.id })
      .from(recordingTable)
      .where(eq(recordingTable.root, root));
    this.#db.delete(gapTable).where(inArray(gapTable.recording, lost)).run();
    this.#db.delete(lockTable).where(inArray(lockTable.recording, lost)).run();
    this.#db.delete(recordingTable).where(eq(recordingTable.root, root)).run();
    this.#db.delete(rootTable).where(eq(rootTable.id, root)).run();
  }

  /** Empties all footage tables, for making the index again. Counters stay until they are set anew. */
  clearFootage(): void {
    for (const table of [gapTable, lockTable, recordingTable, runTable]) this.#db.delete(table).run();
  }

  /** How many of the recordings in `ids` exist in any state. */
  existing(ids: readonly string[]): string[] {
    if (ids.length === 0) return [];
    return this.#db
      .select({ id: recordingTable.id })
      .from(recordingTable)
      .where(inArray(recordingTable.id, [...ids]))
      .all()
      .map((r) => r.id);
  }
}
