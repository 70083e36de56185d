import { asc, eq, sql } from "drizzle-orm";
import { z } from "zod";
import type { RootRow } from "../index/rows.ts";
import { openDatabase, openForReading, type OpenDatabase } from "../open.ts";
import { AccountTables } from "./account-tables.ts";
import { AdoptedClipTable } from "./adopted-clip-table.ts";
import { ClipTable } from "./clip-table.ts";
import { JobTable } from "./job-table.ts";
import { NotificationTable } from "./notification-table.ts";
import * as schema from "./schema.ts";

const { rootTable, channelTable, metaTable } = schema;

/** Limits of a channel: each that is set applies. Without any, footage stays until the disk is full. */
export const keepSchema = z.object({
  /** Rolling age in milliseconds. */
  maxAgeMs: z.number().optional(),
  /** Today and this many calendar days before it. */
  days: z.number().optional(),
  maxBytes: z.number().optional(),
});
export type KeepLimits = {
  maxAgeMs?: number | undefined;
  days?: number | undefined;
  maxBytes?: number | undefined;
};

/** A channel that is or was configured. */
export type ChannelRow = {
  id: string;
  name: string;
  keep: KeepLimits;
  zone: string;
  retiredMs: number | null;
  adoptedBy: string | null;
};

type Db = OpenDatabase<typeof schema>["db"];

/** What every upload asks, prepared once: building a statement costs more than running it. */
const metaStatement = (db: Db) =>
  db
    .select()
    .from(metaTable)
    .where(eq(metaTable.key, sql.placeholder("key")))
    .prepare();
const rootsStatement = (db: Db) => db.select().from(rootTable).prepare();

/** What can't be made again from the footage: known roots, channels of former configurations. */
export class StateDatabase {
  readonly isNew: boolean;
  readonly #open: OpenDatabase<typeof schema>;
  readonly #db: OpenDatabase<typeof schema>["db"];
  #accounts: AccountTables | undefined;
  #notifications: NotificationTable | undefined;
  #adoptedClips: AdoptedClipTable | undefined;
  #clips: ClipTable | undefined;
  #jobs: JobTable | undefined;
  #metaRow: ReturnType<typeof metaStatement> | undefined;
  #rootRows: ReturnType<typeof rootsStatement> | undefined;

  constructor(open: OpenDatabase<typeof schema>) {
    this.#open = open;
    this.#db = open.db;
    this.isNew = open.isNew;
  }

  /** Opens `path`, making it when it is not there. Throws `config` when it can't be used. */
  static open(path: string): StateDatabase {
    return new StateDatabase(openDatabase(path, "state", schema));
  }

  /** Opens it beside a running server, for reading; `undefined` when there is none. */
  static openForReading(path: string): StateDatabase | undefined {
    const open = openForReading(path, "state", schema);
    return open && new StateDatabase(open);
  }

  close(): void {
    this.#open.close();
  }

  /** Users, sessions and tokens. */
  get accounts(): AccountTables {
    return (this.#accounts ??= new AccountTables(this.#db));
  }

  /** Messages on their way to receivers of notifications. */
  get notifications(): NotificationTable {
    return (this.#notifications ??= new NotificationTable(this.#db));
  }

  /** Timelapses and moments of earlier tools. */
  get adoptedClips(): AdoptedClipTable {
    return (this.#adoptedClips ??= new AdoptedClipTable(this.#db));
  }

  /** Timelapses, moments and clips that were made here. */
  get clips(): ClipTable {
    return (this.#clips ??= new ClipTable(this.#db));
  }

  /** Work that lasts and survives a restart. */
  get jobs(): JobTable {
    return (this.#jobs ??= new JobTable(this.#db));
  }

  roots(): RootRow[] {
    this.#rootRows ??= rootsStatement(this.#db);
    return this.#rootRows.all();
  }

  setRoot(row: RootRow): void {
    this.#db.insert(rootTable).values(row).onConflictDoUpdate({ target: rootTable.id, set: row }).run();
  }

  channels(): ChannelRow[] {
    return this.#db
      .select()
      .from(channelTable)
      .orderBy(asc(channelTable.id))
      .all()
      .map((row) => ({ ...row, keep: keepSchema.parse(JSON.parse(row.keep)) }));
  }

  setChannel(row: ChannelRow): void {
    const stored = { ...row, keep: JSON.stringify(row.keep) };
    this.#db
      .insert(channelTable)
      .values(stored)
      .onConflictDoUpdate({ target: channelTable.id, set: stored })
      .run();
  }

  deleteChannel(id: string): void {
    this.#db.delete(channelTable).where(eq(channelTable.id, id)).run();
  }

  meta(key: string): string | undefined {
    this.#metaRow ??= metaStatement(this.#db);
    return this.#metaRow.get({ key })?.value;
  }

  setMeta(key: string, value: string): void {
    this.#db
      .insert(metaTable)
      .values({ key, value })
      .onConflictDoUpdate({ target: metaTable.key, set: { value } })
      .run();
  }
}
