import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { diskEnd } from "../../../src/archive/write/disk-end.ts";
import { RigRoots } from "./rig.ts";

const roots = new RigRoots("root1", "/footage");

/** What SQLite throws when its disk is full: here a database that may not grow. */
function fullDatabase(): unknown {
  const client = new Database(":memory:");
  client.run("create table t (x)");
  client.run("pragma max_page_count = 2");
  try {
    client.query("insert into t values (randomblob(100000))").run();
    return undefined;
  } catch (error) {
    return error;
  } finally {
    client.close();
  }
}

test("a full disk under the databases is not taken for the disk of the footage", () => {
  expect(diskEnd(fullDatabase(), roots, "root1")).toEqual({
    reason: "disk-full",
    detail: "the disk of the data folder is full",
  });
});

test("an index that can't be written is told as such", () => {
  const error = Object.assign(new Error("disk I/O error"), { code: "SQLITE_IOERR_WRITE" });
  expect(diskEnd(error, roots, "root1")).toEqual({
    reason: "disk-error",
    detail: "the index in the data folder can't be written: disk I/O error",
  });
});

test("the disk of the footage: full, broken, or gone", () => {
  const failed = (code: string) => diskEnd(Object.assign(new Error(code), { code }), roots, "root1");
  expect(failed("ENOSPC")).toEqual({ reason: "disk-full", detail: "ENOSPC" });
  expect(failed("EIO")).toEqual({ reason: "disk-error", detail: "EIO" });
  roots.missing = { reason: "disk-missing", detail: "" };
  expect(failed("EIO")).toEqual({ reason: "disk-missing", detail: "EIO" });
});
