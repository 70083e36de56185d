import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { Elysia } from "elysia";
import { z } from "zod";
import { errorAnswer, errorResponse, plainErrorPage } from "../../../src/access/error-answer.ts";

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

describe("a body that is not accepted", () => {
  const shape = z.strictObject({
    from: z.string().max(8),
    height: z.int().min(64).max(4320).optional(),
    codec: z.enum(["h264", "copy"]).default("h264"),
    speed: z.union([z.number(), z.string().max(4)]).optional(),
    password: z.string().max(8).optional(),
    keep: z.strictObject({ days: z.int() }).optional(),
  });
  const app = new Elysia()
    .onError(({ code, error, request }) => errorResponse(request, errorAnswer(code, error), plainErrorPage))
    .post("/things", () => "made", { body: shape });
  const told = async (body: string | undefined): Promise<string> => {
    const headers: Record<string, string> = body === undefined ? {} : { "content-type": "application/json" };
    const request = new Request("http://localhost/things", { method: "POST", headers, body: body ?? null });
    const response = await app.handle(request);
    return `${response.status} ${await response.text()}`;
  };
  const keys = "from, height, codec, speed, password, keep";

  test.each([
    [undefined, "The body is missing; wanted: JSON, with Content-Type: application/json"],
    ["[]", `The body is a list; wanted: an object with ${keys}`],
    ["5", `The body is 5; wanted: an object with ${keys}`],
    ["{}", "from is missing; wanted: text"],
    ['{"from":null}', "from is null; wanted: text"],
    ['{"from":"123456789"}', 'from is "123456789"; wanted: at most 8 characters'],
    ['{"from":"a","height":"tall"}', 'height is "tall"; wanted: a number'],
    ['{"from":"a","height":1.5}', "height is 1.5; wanted: a whole number"],
    ['{"from":"a","height":5000}', "height is 5000; wanted: at most 4320"],
    ['{"from":"a","codec":"vp8"}', 'codec is "vp8"; wanted: one of h264, copy'],
    ['{"from":"a","speed":true}', "speed is true; wanted: a number or text"],
    ['{"from":"a","password":"correct horse"}', "password is not shown here; wanted: at most 8 characters"],
    ['{"from":"a","form":"b"}', `form is not known here; wanted: only ${keys}`],
    ['{"from":"a","keep":{"days":1,"day":2}}', "keep.day is not known here; wanted: only days"],
    ['{"from":5,"height":5}', "from is 5; wanted: text\nheight is 5; wanted: at least 64"],
  ])("%p: the key, what was given and what is wanted", async (body, words) => {
    expect(await told(body)).toBe(`422 ${words}\n`);
  });
});
