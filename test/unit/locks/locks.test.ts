import { openIdentity } from "../../../src/access/identity.ts";
import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Elysia } from "elysia";
import { errorAnswer, errorResponse, plainErrorPage } from "../../../src/access/error-answer.ts";
import { guard } from "../../../src/access/guard.ts";
import { AccessTable } from "../../../src/access/policy.ts";
import type { Footage } from "../../../src/archive/footage.ts";
import { Locks } from "../../../src/archive/keep/locks.ts";
import { IndexDatabase } from "../../../src/db/index/index-database.ts";
import type { RecordingRow, RunRow } from "../../../src/db/index/rows.ts";
import { lockRoutes } from "../../../src/locks/index.ts";
import { diskFiles } from "../../../src/platform/files.ts";
import { systemClock } from "../../../src/platform/system-clock.ts";

const START_MS = Date.UTC(2026, 10, 21, 6);
const HOUR_MS = 3_600_000;
const PATH = "yard/2026-11-21/06-00-00+0000.mp4";

async function withServer(boundBytes: number, check: (ask: Ask, mediaPath: string) => Promise<void>) {
  const folder = await mkdtemp(join(tmpdir(), "nightjar-locks-"));
  const mediaPath = join(folder, PATH);
  await mkdir(dirname(mediaPath), { recursive: true });
  const index = IndexDatabase.open(join(folder, "index.db"));
  const run: RunRow = {
    id: "run",
    channel: "yard",
    timeline: 1,
    init: new Uint8Array(1),
    format: "nightjar",
    videoCodec: "avc1.640015",
    audioCodec: null,
    width: 640,
    height: 360,
    frameRate: 25,
    videoTimescale: 90_000,
    audioTimescale: null,
    startMs: START_MS,
    endMs: null,
    endReason: null,
    endDetail: null,
    bootId: "boot",
    realtimeMs: START_MS,
    boottimeMs: 0,
    unsure: false,
  };
  const recording: RecordingRow = {
    id: "aaaaaaaaaa",
    channel: "yard",
    root: "root",
    path: PATH,
    run: "run",
    zone: "UTC",
    baseOffsetBytes: 0,
    firstMediaSequence: 0,
    discontinuitySequence: 0,
    baseTicks: 0,
    startMs: START_MS,
    endMs: START_MS + HOUR_MS,
    sizeBytes: 1000,
    segmentCount: 0,
    state: "closed",
    garbageMs: null,
    version: 0,
  };
  index.insertRun(run);
  index.insertRecording(recording);
  const yard = { id: "yard", name: "Yard", zone: "UTC", isRetired: false };
  const locks = new Locks({
    files: diskFiles(),
    index,
    roots: {
      current: () => ({ id: "root", path: folder }),
      look: async () => {},
      pathOf: () => folder,
      onChange: () => {},
    },
    bound: async () => boundBytes,
  });
  const footage = {
    channel: (id: string) => (id === "yard" ? yard : undefined),
    channels: () => [yard],
  } satisfies Partial<Footage> as unknown as Footage;
  let table = new AccessTable([]);
  const app = new Elysia()
    .onError({ as: "global" }, ({ code, error, request }) =>
      errorResponse(request, errorAnswer(code, error), plainErrorPage),
    )
    .use(guard({ identify: () => openIdentity, hosts: { isLoopbackOnly: false }, table: () => table }))
    .use(lockRoutes({ footage, clock: systemClock(), list: (channel) => index.locks(channel), locks }));
  table = new AccessTable(app.routes);
  const ask: Ask = async (method, query, body, headers = {}) => {
    const answer = await app.handle(
      new Request(`http://localhost/api/channels/yard/locks${query}`, {
        method,
        headers: { host: "localhost", ...(body ? { "content-type": "application/json" } : {}), ...headers },
        ...(body ? { body: JSON.stringify(body) } : {}),
      }),
    );
    return { status: answer.status, text: await answer.text() };
  };
  try {
    await check(ask, mediaPath);
  } finally {
    index.close();
    await rm(folder, { recursive: true });
  }
}
type Ask = (
  method: string,
  query: string,
  body?: object,
  headers?: Record<string, string>,
) => Promise<{ status: number; text: string }>;

const span = { from: "2026-11-21T06:10:00Z", to: "2026-11-21T06:20:00Z", why: "parcel" };

describe("locks", () => {
  test("a span is locked by a file, listed, and released", async () => {
    await withServer(1000, async (ask, mediaPath) => {
      const lockPath = mediaPath.replace(".mp4", ".lock");
      const made = await ask("POST", "", span);
      expect(made.status).toBe(201);
      expect(JSON.parse(made.text)).toEqual({ id: expect.any(String), recordings: ["aaaaaaaaaa"] });
      expect(existsSync(lockPath)).toBe(true);
      const listed: unknown = JSON.parse((await ask("GET", "")).text);
      expect(listed).toMatchObject({
        locks: [{ startMs: START_MS + 600_000, endMs: START_MS + 1_200_000, why: "parcel" }],
      });
      const released = await ask("DELETE", `?from=${span.from}&to=${span.to}`);
      expect(released).toEqual({ status: 200, text: `{"released":["aaaaaaaaaa"]}` });
      expect(existsSync(lockPath)).toBe(false);
    });
  });

  test("one lock is released by its id, and what overlaps it stays locked", async () => {
    await withServer(1000, async (ask, mediaPath) => {
      const lockPath = mediaPath.replace(".mp4", ".lock");
      const idOf = async (body: object): Promise<string> => JSON.parse((await ask("POST", "", body)).text).id;
      // Two of the same words at the same time are two, all the same.
      const ids = await Promise.all([
        idOf(span),
        idOf({ ...span, to: "2026-11-21T06:40:00Z" }),
        idOf({ ...span, why: "van" }),
      ]);
      expect(new Set(ids).size).toBe(3);
      const left = async (): Promise<string[]> =>
        JSON.parse((await ask("GET", "")).text).locks.map(({ id }: { id: string }) => id);
      expect((await left()).toSorted()).toEqual(ids.toSorted());
      expect(await ask("DELETE", `?id=${ids[0]}`)).toEqual({ status: 200, text: `{"released":[]}` });
      expect((await left()).toSorted()).toEqual(ids.slice(1).toSorted());
      expect(existsSync(lockPath)).toBe(true);
      expect((await ask("DELETE", `?id=${ids[0]}`)).status).toBe(404);
      await ask("DELETE", `?id=${ids[1]}`);
      expect(await ask("DELETE", `?id=${ids[2]}`)).toEqual({
        status: 200,
        text: `{"released":["aaaaaaaaaa"]}`,
      });
      expect(existsSync(lockPath)).toBe(false);
    });
  });

  test("what two lock at once is locked for both", async () => {
    await withServer(1000, async (ask, mediaPath) => {
      const spans = [1, 2, 3].map((hour) => ({
        from: `2026-11-21T06:0${hour}:00Z`,
        to: `2026-11-21T06:0${hour}:30Z`,
        why: `parcel ${hour}`,
      }));
      const answers = await Promise.all(spans.map((each) => ask("POST", "", each)));
      expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
      const { text } = await ask("GET", "");
      const file = await Bun.file(mediaPath.replace(".mp4", ".lock")).text();
      for (const { why } of spans) {
        expect(text).toContain(why);
        expect(file).toContain(why);
      }
    });
  });

  test("what two release at once is released, and is no mistake of either", async () => {
    await withServer(1000, async (ask) => {
      await ask("POST", "", span);
      const release = () => ask("DELETE", `?from=${span.from}&to=${span.to}`);
      const answers = await Promise.all([release(), release(), release()]);
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
      expect((await ask("GET", "")).text).toBe(`{"locks":[]}`);
    });
  });

  test("no more is locked than storage.locked_max allows", async () => {
    await withServer(999, async (ask, mediaPath) => {
      const refused = await ask("POST", "", span);
      expect(refused.status).toBe(409);
      expect(refused.text).toContain("storage.locked_max allows 999");
      expect(existsSync(mediaPath.replace(".mp4", ".lock"))).toBe(false);
    });
  });

  test.each([
    [{ ...span, to: span.from }, 400, "to is"],
    [{ ...span, from: "yesterday" }, 400, "from is"],
    [{ from: span.from }, 422, "to"],
    [{ ...span, from: "2026-11-22T06:10:00Z", to: "2026-11-22T07:10:00Z" }, 404, "Nothing of yard"],
  ])("%j is refused with %d", async (body, status, words) => {
    await withServer(1000, async (ask) => {
      const refused = await ask("POST", "", body);
      expect(refused.status).toBe(status);
      expect(refused.text).toContain(words);
    });
  });

  test.each([
    [{ origin: "https://elsewhere.example" }, 403],
    [{ origin: "null" }, 403],
    [{ "sec-fetch-site": "cross-site" }, 403],
    [{ "sec-fetch-site": "same-origin", origin: "http://localhost" }, 201],
    [{ origin: "http://localhost" }, 201],
  ] as const)("a request from %j is answered with %d", async (headers, status) => {
    await withServer(1000, async (ask) => {
      expect((await ask("POST", "", span, { ...headers })).status).toBe(status);
    });
  });
});
