import { and, asc, desc, eq, getTableColumns, inArray, isNull, sql } from "drizzle-orm";
import { openDatabase, openForReading, type NotPromise, type OpenDatabase } from "../open.ts";
import { FileTables } from "./file-tables.ts";
import type { CounterRow, ListedRow, LockRow, RootRow, RunRow } from "./rows.ts";
import * as schema from "./schema.ts";

export type { ChannelTotals, RootTotals } from "./recording-tables.ts";

/** Begins the keys of target durations of channels without counters. */
const TARGET_DURATION = "target-duration ";

const { runTable, recordingTable, gapTable, counterTable, listedTable, lockTable, rootTable, metaTable } =
  schema;

const { targetDurationSeconds: _, ...counterColumns } = getTableColumns(counterTable);

/**
 * The index: which footage there is. Everything in it can be made again from the journals. All calls are
 * synchronous and short; writes are few, one or two for each recording.
 */
export class IndexDatabase extends FileTables {
  readonly isNew: boolean;
  readonly #open: OpenDatabase<typeof schema>;

  constructor(open: OpenDatabase<typeof schema>) {
    super(open);
    this.#open = open;
    this.isNew = open.isNew;
  }

  /** Opens `path`, making it when it is not there. Throws `config` when it can't be used. */
  static open(path: string): IndexDatabase {
    return new IndexDatabase(openDatabase(path, "index", schema));
  }

  /** Opens it beside a running server, for reading; `undefined` when there is none. */
  static openForReading(path: string): IndexDatabase | undefined {
    const open = openForReading(path, "index", schema);
    return open && new IndexDatabase(open);
  }

  close(): void {
    this.#open.close();
  }

  /** Rows that were written since it was opened: as long as it stays, every answer stays. */
  get changes(): number {
    return this.#open.changes();
  }

  /** Runs `work` in one transaction; all or nothing. `work` must not await. */
  transaction<T>(work: () => NotPromise<T>): T {
    return this.db.transaction(() => work(), { behavior: "immediate" });
  }

  insertRun(run: RunRow): void {
    this.db
      .insert(runTable)
      .values({ ...run, init: Buffer.from(run.init) })
      .run();
  }

  updateRun(
    id: string,
    change: Partial<Pick<RunRow, "startMs" | "endMs" | "endReason" | "endDetail" | "unsure">>,
  ): void {
    this.db.update(runTable).set(change).where(eq(runTable.id, id)).run();
  }

  run(id: string): RunRow | undefined {
    return this.kept.run(id);
  }

  /** The channel's run with the highest timeline that began last. */
  newestRun(channel: string): RunRow | undefined {
    return this.db
      .select()
      .from(runTable)
      .where(eq(runTable.channel, channel))
      .orderBy(desc(runTable.timeline), desc(runTable.startMs))
      .limit(1)
      .get() as RunRow | undefined;
  }

  /** Unsure runs of one boot, of all channels. */
  unsureRuns(bootId: string): RunRow[] {
    return this.db
      .select()
      .from(runTable)
      .where(and(eq(runTable.bootId, bootId), eq(runTable.unsure, true)))
      .orderBy(asc(runTable.boottimeMs))
      .all() as RunRow[];
  }

  /** Runs that have no end yet: being recorded, or interrupted. */
  unendedRuns(): RunRow[] {
    return this.db.select().from(runTable).where(isNull(runTable.endMs)).all() as RunRow[];
  }

  /** Drops a run unless a recording belongs to it. */
  deleteRun(id: string): void {
    this.db
      .delete(runTable)
      .where(and(eq(runTable.id, id), sql`not exists (select 1 from recording where recording.run = ${id})`))
      .run();
  }

  /** Drops the runs that no recording belongs to any more, but for those named. */
  dropLoneRuns(keep: readonly string[]): void {
    this.db
      .delete(runTable)
      .where(
        and(
          sql`not exists (select 1 from recording where recording.run = ${runTable.id})`,
          keep.length > 0 ? sql`${runTable.id} not in ${[...keep]}` : undefined,
        ),
      )
      .run();
  }

  counter(channel: string): CounterRow | undefined {
    return this.db.select(counterColumns).from(counterTable).where(eq(counterTable.channel, channel)).get();
  }

  /** Counters of all channels that ever recorded. */
  counters(): CounterRow[] {
    return this.db.select(counterColumns).from(counterTable).orderBy(asc(counterTable.channel)).all();
  }

  setCounter(row: CounterRow): void {
    this.db
      .insert(counterTable)
      .values(row)
      .onConflictDoUpdate({ target: counterTable.channel, set: row })
      .run();
  }

  /** Target duration of the channel's growing playlists in whole seconds; 0 before the first of them. */
  targetDuration(channel: string): number {
    const row = this.db
      .select({ seconds: counterTable.targetDurationSeconds })
      .from(counterTable)
      .where(eq(counterTable.channel, channel))
      .get();
    return Math.max(row?.seconds ?? 0, Number(this.meta(TARGET_DURATION + channel) ?? 0));
  }

  /** Raises it; nothing lowers it. */
  raiseTargetDuration(channel: string, seconds: number): void {
    const raised = this.db
      .update(counterTable)
      .set({ targetDurationSeconds: sql`max(${counterTable.targetDurationSeconds}, ${seconds})` })
      .where(eq(counterTable.channel, channel))
      .returning({ channel: counterTable.channel })
      .all();
    // One whose footage all is of a former id, or not closed yet, has no counters, and must not get any by this.
    const isNews = raised.length === 0 && seconds > this.targetDuration(channel);
    if (isNews) this.setMeta(TARGET_DURATION + channel, String(seconds));
  }

  /** The segment file by which growing lists of the channel are numbered; `undefined` before the first of them. */
  listed(channel: string): ListedRow | undefined {
    return this.db.select().from(listedTable).where(eq(listedTable.channel, channel)).get();
  }

  setListed(row: ListedRow): void {
    this.db
      .insert(listedTable)
      .values(row)
      .onConflictDoUpdate({ target: listedTable.channel, set: row })
      .run();
  }

  locks(channel?: string): LockRow[] {
    return this.db
      .select()
      .from(lockTable)
      .where(channel === undefined ? undefined : eq(lockTable.channel, channel))
      .orderBy(asc(lockTable.startMs))
      .all();
  }

  /** Replaces the mirror of one recording's lock file. */
  replaceLocks(recording: string, locks: readonly LockRow[]): void {
    this.db.delete(lockTable).where(eq(lockTable.recording, recording)).run();
    for (const lock of locks) this.db.insert(lockTable).values(lock).run();
  }

  roots(): RootRow[] {
    return this.statements.roots.all();
  }

  setRoot(row: RootRow): void {
    this.db.insert(rootTable).values(row).onConflictDoUpdate({ target: rootTable.id, set: row }).run();
  }

  meta(key: string): string | undefined {
    return this.db.select().from(metaTable).where(eq(metaTable.key, key)).get()?.value;
  }

  setMeta(key: string, value: string): void {
    this.db
      .insert(metaTable)
      .values({ key, value })
      .onConflictDoUpdate({ target: metaTable.key, set: { value } })
      .run();
  }

  /** Forgets a root and all footage on it, for making that part of the index again. Runs and counters stay. */
  forgetRoot(root: string): void {
    const lost = this.db
      .select({ id: recordingTable.id })
      .from(recordingTable)
      .where(eq(recordingTable.root, root));
    this.db.delete(gapTable).where(inArray(gapTable.recording, lost)).run();
    this.db.delete(lockTable).where(inArray(lockTable.recording, lost)).run();
    this.db.delete(recordingTable).where(eq(recordingTable.root, root)).run();
    this.segments.clear();
    this.db.delete(rootTable).where(eq(rootTable.id, root)).run();
  }
}
