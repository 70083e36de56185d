import { beforeAll, describe, expect, test } from "bun:test";
import { Elysia } from "elysia";
import { z } from "zod";
import { access } from "../../../src/access/policy.ts";
import { buildApp } from "../../../src/app.ts";
import { openApiDocument } from "../../../src/pages/openapi.ts";
import { routesReference } from "../../../src/pages/routes-reference.ts";
import { MemoryFootage, StandingClock } from "../../support/memory-footage.ts";

const operation = z.object({
  operationId: z.string(),
  summary: z.string().min(3),
  tags: z.array(z.string()).length(1),
  "x-role": z.enum(["anyone", "viewer", "operator", "admin"]),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  parameters: z.array(z.object({ name: z.string(), in: z.enum(["path", "query"]), required: z.boolean() })),
  requestBody: z.unknown().optional(),
});
const documentForm = z.object({
  openapi: z.literal("3.1.0"),
  info: z.object({ title: z.literal("Nightjar"), version: z.string() }),
  paths: z.record(z.string(), z.record(z.string(), operation)),
});

const extra = new Elysia()
  .get("/page", () => new Response(""), access("viewer", { hide: true }))
  .post("/api/things/:thing", () => new Response(""), {
    body: z.strictObject({ size: z.int().min(1) }),
    ...access("operator", { summary: "Makes <a> thing", query: { loud: "Whether it beeps" } }),
  });

describe("the description of the routes", () => {
  const clock = new StandingClock(0);
  const app = buildApp({
    playback: { footage: new MemoryFootage(), clock, segmentTargetMs: 2000 },
    hosts: { isLoopbackOnly: true },
    controllers: [extra],
  });
  const get = (path: string) => Promise.resolve(app.handle(new Request(`http://localhost${path}`)));
  let found: z.infer<typeof documentForm>;

  beforeAll(async () => {
    found = documentForm.parse(await (await get("/openapi")).json());
  });

  test("is the same at all its addresses", async () => {
    const answer = await get("/openapi.json");
    expect(answer.headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(await answer.text()).toBe(await (await get("/openapi/")).text());
    const docs = await get("/docs");
    expect([docs.status, docs.headers.get("location")]).toEqual([302, "/openapi"]);
  });

  test("holds every route that is no page, each with its parameters and a name of its own", () => {
    const shown = app.routes
      .filter(({ path }) => path !== "/page" && !path.includes("VIDEO_"))
      .map(({ path }) => path.replaceAll(/:(\w+)/g, "{$1}"));
    expect(Object.keys(found.paths).toSorted()).toEqual([...new Set(shown)].toSorted());
    const operations = Object.entries(found.paths).flatMap(([path, methods]) =>
      Object.values(methods).map((each) => ({ path, ...each })),
    );
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
    for (const { path, parameters } of operations) {
      const inPath = parameters.filter((each) => each.in === "path" && each.required).map(({ name }) => name);
      expect(inPath).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name));
    }
  });

  test("says who may use a route, what it takes and what its query means", () => {
    const made = found.paths["/api/things/{thing}"]?.["post"];
    expect(made).toMatchObject({
      "x-role": "operator",
      tags: ["api"],
      parameters: [
        { name: "thing", in: "path", required: true },
        { name: "loud", in: "query", required: false },
      ],
      requestBody: {
        content: {
          "application/json": {
            schema: {
              type: "object",
              required: ["size"],
              properties: { size: { type: "integer", minimum: 1 } },
            },
          },
        },
      },
    });
    expect(made?.security).toEqual([{ basic: [] }, { token: [] }, { session: [] }]);
  });

  test("tells the parameters of playlists and manifests", () => {
    const queryOf = (path: string) =>
      (found.paths[path]?.["get"]?.parameters ?? [])
        .filter((each) => each.in === "query")
        .map(({ name }) => name);
    expect(queryOf("/{channel}/live.m3u8")).toEqual([
      "download",
      "timeline",
      "player",
      "parts",
      "_HLS_msn",
      "_HLS_part",
    ]);
    expect(queryOf("/{channel}/stream/{day}/playlist.m3u8")).toContain("_HLS_skip");
    expect(queryOf("/{channel}/live.mpd")).toEqual(["download"]);
    expect(queryOf("/streamer/{channel}")).toEqual(
      expect.arrayContaining(["startTime", "endTimestamp", "tz", "timeline"]),
    );
    const hls = Object.keys(found.paths).filter((path) =>
      /m3u8|archive-|timeshift|playlist(\.php)?$/.test(path),
    );
    expect(hls.filter((path) => !queryOf(path).includes("timeline"))).toEqual([]);
  });

  test("a route that says nothing of itself fails", () => {
    const mute = new Elysia().get("/mute", () => "", access("viewer"));
    expect(() => openApiDocument(mute.routes)).toThrow("GET /mute has no summary");
  });

  test("becomes a document for people", () => {
    const text = routesReference(app.routes);
    expect(text).toContain(
      "- `POST /api/things/{thing}` (operator): Makes \\<a> thing.\n  - `?loud=`: Whether it beeps.",
    );
    expect(text).not.toContain("/page");
  });
});
