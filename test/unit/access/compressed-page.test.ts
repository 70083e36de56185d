import { expect, test } from "bun:test";
import { gunzipSync } from "node:zlib";
import { Elysia } from "elysia";
import { access } from "../../../src/access/policy.ts";
import { buildApp } from "../../../src/app.ts";
import { MemoryFootage, StandingClock } from "../../support/memory-footage.ts";

const TEXT = `<!doctype html><p>${"words of a page, ".repeat(200)}</p>`;
const html = { "content-type": "text/html; charset=utf-8", vary: "HX-Request" };
const app = buildApp({
  playback: { footage: new MemoryFootage(), clock: new StandingClock(0), segmentTargetMs: 2000 },
  hosts: { isLoopbackOnly: true },
  controllers: [
    new Elysia()
      .get(
        "/page",
        () => new Response(TEXT, { headers: html, status: 422 }),
        access("viewer", { hide: true }),
      )
      .get("/short", () => new Response("<p>short</p>", { headers: html }), access("viewer", { hide: true }))
      .get("/text", () => new Response(TEXT), access("viewer", { hide: true })),
  ],
});
const get = (path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Response> =>
  Promise.resolve(
    app.handle(
      new Request(`http://localhost${path}`, { method, headers: { "accept-encoding": "gzip", ...headers } }),
    ),
  );

test("a page is compressed for those who take it so", async () => {
  for (const headers of [{}, { "sec-fetch-site": "same-origin" }, { "sec-fetch-site": "none" }]) {
    const answer = await get("/page", headers);
    expect([answer.status, answer.headers.get("content-encoding")]).toEqual([422, "gzip"]);
    expect(answer.headers.get("vary")).toBe("HX-Request, Accept-Encoding, Sec-Fetch-Site, Origin");
    const bytes = await answer.bytes();
    expect(bytes.length).toBeLessThan(TEXT.length / 10);
    expect(gunzipSync(bytes).toString()).toBe(TEXT);
  }
});

test.each([
  ["of which nobody says that it may be", "/page", { "accept-encoding": "identity" }],
  ["that another site asks for", "/page", { "sec-fetch-site": "cross-site" }],
  ["that another name of the same site asks for", "/page", { "sec-fetch-site": "same-site" }],
  ["that a foreign script asks for", "/page", { origin: "https://elsewhere.example" }],
  ["that is short", "/short", {}],
])("a page %s is sent as it is", async (_, path, headers) => {
  const answer = await get(path, headers);
  expect(answer.headers.get("content-encoding")).toBeNull();
  expect(await answer.text()).toBe(path === "/page" ? TEXT : "<p>short</p>");
});

test("other answers and questions for the head are left as they are", async () => {
  expect((await get("/text")).headers.get("content-encoding")).toBeNull();
  const head = await get("/page", {}, "HEAD");
  expect([head.status, head.headers.get("content-encoding"), await head.text()]).toEqual([422, null, ""]);
});
