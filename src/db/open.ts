import { Database } from "bun:sqlite";
import { chmodSync, closeSync, existsSync, openSync, statSync } from "node:fs";
import { join } from "node:path";
import { drizzle, type BunSQLiteDatabase } from "drizzle-orm/bun-sqlite";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { migrate } from "drizzle-orm/bun-sqlite/migrator";
import { assetRoot } from "../platform/assets.ts";
import { rightsAdvice } from "../platform/data-folder.ts";
import { errorText, NightjarError, systemErrorCode } from "../platform/errors.ts";

type Schema = Record<string, unknown>;

/** An open database: its queries, and how it came to be. */
export type OpenDatabase<S extends Schema> = {
  db: BunSQLiteDatabase<S>;
  /** Whether the file was made by this call: a database that was lost, or a first start. */
  isNew: boolean;
  /** Rows that were written through this connection. */
  changes(): number;
  /** Nothing is written but through this connection, and nothing of it may be taken back any more. */
  isSettled(): boolean;
  close(): void;
};

/** Rights of those who are neither the owner nor of the group. */
const OTHERS = 0o007;
const OWNER_AND_GROUP = 0o640;

/**
 * The state holds hashes of passwords and sessions, and what tickets are signed with: other users of the machine do not
 * read it. SQLite gives its journals the rights of the database. Leaves what belongs to another user as it is.
 */
function hideFromOthers(path: string): void {
  for (const file of [path, `${path}-wal`, `${path}-shm`]) {
    try {
      const { mode } = statSync(file);
      if ((mode & OTHERS) !== 0) chmodSync(file, mode & 0o777 & ~OTHERS);
    } catch (error) {
      if (!["ENOENT", "EPERM", "EROFS"].includes(systemErrorCode(error) ?? "")) throw error;
    }
  }
}

function migrateSafely<S extends Schema>(
  client: Database,
  db: BunSQLiteDatabase<S>,
  folder: string,
  path: string,
  isNew: boolean,
) {
  const migrations = readMigrationFiles({ migrationsFolder: folder });
  const known = migrations.at(-1)?.folderMillis ?? 0;
  const hasTable =
    client.query("select 1 from sqlite_master where name = '__drizzle_migrations'").get() !== null;
  const applied = hasTable
    ? ((client.query("select max(created_at) as at from __drizzle_migrations").get() as { at: number | null })
        .at ?? 0)
    : 0;
  if (applied > known)
    throw new NightjarError(
      "config",
      `${path} was written by a newer version of Nightjar; this one would damage it. Start the newer version, or use another data folder`,
    );
  if (applied === known) return;
  if (!isNew) {
    const copy = `${path}.before-${known}`;
    client.run(`VACUUM INTO '${copy.replaceAll("'", "''")}'`);
    chmodSync(copy, statSync(path).mode & 0o777);
  }
  // Foreign keys are off here: a rebuilt table would otherwise take its children's rows with it, unseen.
  migrate(db, { migrationsFolder: folder });
  const broken = client.query("PRAGMA foreign_key_check").all();
  if (broken.length > 0)
    throw new NightjarError("internal", `${path}: ${broken.length} rows lost their parent in the migration`);
}

function unusable(path: string, name: "index" | "state", error: unknown): NightjarError {
  const isDamaged = /^SQLITE_(NOTADB|CORRUPT)/.test(systemErrorCode(error) ?? "");
  const again = "It is made again from the footage: move it away and run nightjar reindex.";
  const details = isDamaged && name === "index" ? [again] : rightsAdvice(error);
  return new NightjarError("config", `${path} can't be opened: ${errorText(error)}`, {
    details,
    cause: error,
  });
}

/**
 * Opens a database of the data folder, makes or upgrades its tables, and sets it to sync every commit.
 * Throws `config` if the file can't be used: unwritable, damaged, or of a newer version.
 */
export function openDatabase<S extends Schema>(
  path: string,
  name: "index" | "state",
  schema: S,
): OpenDatabase<S> {
  const isNew = !existsSync(path);
  let client: Database;
  try {
    if (name === "state") {
      if (isNew) closeSync(openSync(path, "a", OWNER_AND_GROUP));
      hideFromOthers(path);
    }
    client = new Database(path, { create: true, strict: true });
    client.run("PRAGMA busy_timeout = 5000");
    client.run("PRAGMA journal_mode = WAL");
    client.run("PRAGMA synchronous = FULL");
    client.run("PRAGMA temp_store = MEMORY");
    client.run("PRAGMA foreign_keys = OFF");
  } catch (error) {
    throw unusable(path, name, error);
  }
  const db = drizzle(client, { schema, casing: "snake_case" });
  try {
    migrateSafely(client, db, join(assetRoot, "drizzle", name), path, isNew);
  } catch (error) {
    client.close();
    throw error instanceof NightjarError ? error : unusable(path, name, error);
  }
  client.run("PRAGMA foreign_keys = ON");
  const isSettled = () => !client.inTransaction;
  return { db, isNew, changes: changesOf(client), isSettled, close: () => client.close(true) };
}

function changesOf(client: Database): () => number {
  const statement = client.query<{ count: number }, []>("select total_changes() as count");
  return () => statement.get()?.count ?? 0;
}

/**
 * Opens a database for reading beside the running server; `undefined` when there is none. Throws `config` when it is
 * damaged or can't be read.
 */
export function openForReading<S extends Schema>(
  path: string,
  name: "index" | "state",
  schema: S,
): OpenDatabase<S> | undefined {
  if (!existsSync(path)) return undefined;
  let client: Database;
  try {
    client = new Database(path, { readonly: true, strict: true });
    client.run("PRAGMA busy_timeout = 5000");
    client.query("select count(*) from sqlite_master").get();
  } catch (error) {
    throw unusable(path, name, error);
  }
  return {
    db: drizzle(client, { schema, casing: "snake_case" }),
    isNew: false,
    changes: changesOf(client),
    isSettled: () => false,
    close: () => client.close(true),
  };
}

/** A value that is not a promise: a transaction that awaits would commit before its work is done. */
export type NotPromise<T> = T extends Promise<unknown> ? never : T;
