import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { errorAnswer } from "../../../src/access/error-answer.ts";

function thrownBy(work: () => void): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

test("a database that can't be written is told as what it is, anything else unexpected as nothing", () => {
  using database = new Database(":memory:");
  database.run("create table t (text)");
  database.run("pragma max_page_count = 2");
  const full = thrownBy(() => database.run("insert into t values (?)", ["x".repeat(100_000)]));
  expect(errorAnswer("UNKNOWN", full)).toMatchObject({
    status: 503,
    message: "This could not be done: the disk of the data folder is full",
  });
  database.run("pragma query_only = true");
  const readOnly = thrownBy(() => database.run("delete from t"));
  expect(errorAnswer("UNKNOWN", readOnly)).toMatchObject({
    status: 503,
    message: "This could not be done: the data folder can't be written to",
  });
  const other = thrownBy(() => database.run("select nothing"));
  expect(errorAnswer("UNKNOWN", other)).toMatchObject({ status: 500, kind: "internal" });
});
