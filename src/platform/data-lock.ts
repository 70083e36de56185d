import { Database } from "bun:sqlite";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { rightsAdvice } from "./data-folder.ts";
import { errorText, NightjarError, systemErrorCode } from "./errors.ts";
import { isNetworkFileSystem } from "./mounts.ts";

/** Held while it exists; the kernel releases it when the process ends, however it ends. */
export type DataLock = { release(): void };

type Holder = { pid: number; since_ms: number };

const isBusy = (error: unknown): boolean => (systemErrorCode(error) ?? "").startsWith("SQLITE_BUSY");

function holderOf(client: Database): Holder | null {
  try {
    return client.query<Holder, []>("select pid, since_ms from holder").get();
  } catch {
    return null;
  }
}

/**
 * Makes this process the only one that writes to a data folder, until it releases the lock or ends. The lock is
 * an SQLite transaction that never ends: a file with a process id in it would outlive a power cut.
 *
 * Throws `conflict`, naming the folder and the other process, while another one holds it; `config` when the
 * folder can't be written to, or lies on a network file system.
 */
export function acquireDataLock(folder: string, nowMs = Date.now()): DataLock {
  if (isNetworkFileSystem(folder))
    throw new NightjarError(
      "config",
      `The data folder ${folder} is on a network file system, where databases get damaged; wanted: a local disk`,
      { details: ["Set data to a local folder. storage.path may be on the network."] },
    );
  const path = join(folder, "lock.db");
  let client: Database;
  try {
    mkdirSync(folder, { recursive: true });
    client = new Database(path, { create: true, strict: true });
  } catch (error) {
    throw new NightjarError("config", `${path} can't be opened: ${errorText(error)}`, {
      details: rightsAdvice(error),
      cause: error,
    });
  }
  try {
    client.run("PRAGMA busy_timeout = 0");
    // Not WAL: there, the file beside it could be deleted and the lock with it.
    client.run("PRAGMA journal_mode = DELETE");
    client.run("BEGIN IMMEDIATE");
    client.run("create table if not exists holder (pid integer not null, since_ms integer not null)");
    client.run("delete from holder");
    client.query("insert into holder values (?, ?)").run(process.pid, nowMs);
    client.run("COMMIT");
    // This one is held: others can read who it is, and can't write.
    client.run("BEGIN IMMEDIATE");
  } catch (error) {
    const holder = isBusy(error) ? holderOf(client) : null;
    client.close();
    if (!isBusy(error))
      throw new NightjarError("config", `${path} can't be used: ${errorText(error)}`, {
        details: rightsAdvice(error),
        cause: error,
      });
    const who = holder
      ? `process ${holder.pid}, since ${new Date(holder.since_ms).toISOString()}`
      : "another process";
    throw new NightjarError("conflict", `The data folder ${folder} is in use by another Nightjar (${who})`, {
      details: ["Stop that one first, or use another data folder."],
      cause: error,
    });
  }
  return {
    release() {
      client.run("ROLLBACK");
      client.close(true);
    },
  };
}
