import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { connect } from "node:net";
import { Elysia } from "elysia";
import { z } from "zod";
import { access, AccessTable, type Role } from "../../../src/access/policy.ts";
import { buildApp, type AppDeps } from "../../../src/app.ts";
import { listen, type Listening } from "../../../src/listen.ts";
import { NightjarError } from "../../../src/platform/errors.ts";
import { MemoryFootage, StandingClock } from "../../support/memory-footage.ts";

const T = Date.UTC(2026, 10, 20, 11);

function depsOf(change: Partial<AppDeps> = {}): AppDeps {
  const footage = new MemoryFootage();
  footage.record({ startMs: T, durations: [180_000, 180_000] });
  const playback = { footage, clock: new StandingClock(T + 60_000), segmentTargetMs: 2000 };
  return { playback, hosts: { isLoopbackOnly: true }, ...change };
}

const get = (
  app: ReturnType<typeof buildApp>,
  path: string,
  headers: Record<string, string> = {},
): Promise<Response> => Promise.resolve(app.handle(new Request(`http://localhost${path}`, { headers })));

describe("who may use a route", () => {
  test("an app with an undeclared route is not built, and says which", () => {
    const rogue = new Elysia().get("/ok", () => "", access("viewer")).post("/rogue", () => "");
    expect(() => buildApp(depsOf({ controllers: [rogue] }))).toThrow("POST /rogue");
    const unknownRole = new Elysia().get(
      "/odd",
      () => "",
      Object.assign(access("viewer"), { detail: { "x-access": "everybody" } }),
    );
    expect(() => buildApp(depsOf({ controllers: [unknownRole] }))).toThrow("GET /odd");
  });

  test("an undeclared route is forbidden when it is asked for all the same", () => {
    const table = new AccessTable([{ method: "GET", path: "/ok", hooks: access("viewer") }]);
    expect(() => table.check("GET", "/ok", { role: "viewer" })).not.toThrow();
    expect(() => table.check("POST", "/ok", { role: "admin" })).toThrow("Nobody");
    expect(() => table.check("GET", "/other", { role: "admin" })).toThrow("Nobody");
  });

  test.each<[Role | undefined, number[]]>([
    [undefined, [200, 401, 401, 401]],
    ["viewer", [200, 200, 403, 403]],
    ["operator", [200, 200, 200, 403]],
    ["admin", [200, 200, 200, 200]],
  ])("as %p", async (role, wanted) => {
    const routes = new Elysia()
      .get("/t/anyone", () => new Response("ok"), access("anyone"))
      .get("/t/viewer", () => new Response("ok"), access("viewer"))
      .get("/t/operator", () => new Response("ok"), access("operator"))
      .get("/t/admin", () => new Response("ok"), access("admin"));
    const app = buildApp(
      depsOf({ controllers: [routes], identify: () => role && { role, name: "someone", how: "session" } }),
    );
    const found = [];
    for (const who of ["anyone", "viewer", "operator", "admin"]) {
      const head = await app.handle(new Request(`http://localhost/t/${who}`, { method: "HEAD" }));
      const response = await get(app, `/t/${who}`);
      expect(head.status).toBe(response.status);
      found.push(response.status);
    }
    expect(found).toEqual(wanted);
    expect((await get(app, "/front-door/live.m3u8")).status).toBe(role === undefined ? 401 : 200);
  });

  test("who may not use a route does not learn what is wrong with the request", async () => {
    const routes = new Elysia().get("/t/:n", () => "ok", {
      ...access("admin"),
      params: z.object({ n: z.coerce.number() }),
    });
    const app = buildApp(
      depsOf({
        controllers: [routes],
        identify: () => ({ role: "viewer", name: "someone", how: "session" }),
      }),
    );
    expect((await get(app, "/t/x")).status).toBe(403);
  });
});

describe("the Host header", () => {
  const app = buildApp(
    depsOf({ hosts: { isLoopbackOnly: true, publicUrl: "https://cctv.example.org/nightjar" } }),
  );
  test.each([
    ["localhost", 200],
    ["localhost:6478", 200],
    ["LOCALHOST.:6478", 200],
    ["127.0.0.1:6478", 200],
    ["[::1]:6478", 200],
    ["cctv.example.org", 200],
    ["evil.example.org", 403],
    ["localhost.evil.example.org", 403],
    ["127.0.0.1.evil.example.org", 403],
    ["", 403],
  ])("%p on loopback is %d", async (host, status) => {
    expect((await get(app, "/front-door/live.m3u8", { host })).status).toBe(status);
  });

  test("any name will do where others are meant to reach the server", async () => {
    const open = buildApp(depsOf({ hosts: { isLoopbackOnly: false } }));
    expect((await get(open, "/front-door/live.m3u8", { host: "pi.local" })).status).toBe(200);
  });
});

describe("errors", () => {
  const routes = new Elysia()
    .get(
      "/t/known",
      () => {
        throw new NightjarError("conflict", "Two <b> at once", { details: ["Try later"] });
      },
      access("viewer"),
    )
    .get(
      "/t/unknown",
      () => {
        throw new Error("secret inside");
      },
      access("viewer"),
    )
    .get(
      "/t/internal",
      () => {
        throw new NightjarError("internal", "secret inside");
      },
      access("viewer"),
    )
    .post("/t/login", () => "ok", { ...access("anyone"), body: z.object({ password: z.string().min(12) }) });
  const app = buildApp(depsOf({ controllers: [routes] }));

  test("are text, JSON or a page, as is wanted", async () => {
    const plain = await get(app, "/t/known");
    expect([plain.status, await plain.text()]).toEqual([409, "Two <b> at once\nTry later\n"]);
    const json = await get(app, "/t/known", { accept: "application/json" });
    expect(await json.json()).toEqual({
      error: "conflict",
      message: "Two <b> at once",
      details: ["Try later"],
    });
    const page = await get(app, "/t/known", { accept: "text/html,*/*" });
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(await page.text()).toContain("Two &lt;b&gt; at once");
  });

  test.each(["/t/unknown", "/t/internal"])("%s says nothing of what happened inside", async (path) => {
    const response = await get(app, path);
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain("secret");
  });

  test("what a form sent is not sent back", async () => {
    const send = (body: string, type = "application/json") =>
      app.handle(
        new Request("http://localhost/t/login", { method: "POST", body, headers: { "content-type": type } }),
      );
    const refused = await send(JSON.stringify({ password: "hunter2" }));
    expect(refused.status).toBe(422);
    const words = await refused.text();
    expect(words).toContain("password");
    expect(words).not.toContain("hunter2");
    expect((await send("{no json")).status).toBe(400);
  });

  test("a request before another one is answered for reading only", async () => {
    const headers = { "access-control-request-method": "GET", origin: "https://player.example.org" };
    const response = await app.handle(
      new Request("http://localhost/front-door/live.m3u8", { method: "OPTIONS", headers }),
    );
    expect(response.status).toBe(204);
    expect(response.headers.get("access-control-allow-methods")).toBe("GET, HEAD");
  });
});

describe("bad addresses", () => {
  let listening: Listening;
  beforeAll(async () => {
    listening = await listen(buildApp(depsOf()), [{ host: "127.0.0.1", port: 0 }]);
  });
  afterAll(() => listening.stop(true));

  /** The status of a request whose target is sent as it is, without a client that tidies it up. */
  const statusOf = (target: string, host = "localhost"): Promise<number> =>
    new Promise((resolve, reject) => {
      let answer = "";
      const socket = connect(listening.addresses[0]?.port ?? 0, "127.0.0.1", () => {
        socket.write(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      });
      socket.setTimeout(5000, () => socket.destroy(new Error("no answer")));
      socket.on("data", (chunk) => (answer += chunk.toString("latin1")));
      socket.on("error", reject);
      socket.on("close", () => resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0)));
    });

  const evil = [
    "..",
    "%2e%2e",
    ".%2e",
    "..%2f",
    "..%2f..%2f..%2fetc%2fpasswd",
    "%2f",
    "%5c..%5c",
    "%00",
    "a%00.m4s",
    "%zz",
    "%",
    "%ff",
    "%c0%ae",
    "x".repeat(5000),
    "%0d%0aset-cookie:a",
    "null",
    "__proto__",
    "constructor",
  ];
  const places = [
    "/*",
    "/*/live.m3u8",
    "/front-door/*",
    "/front-door/stream/*/playlist.m3u8",
    "/front-door/segment/*",
    "/front-door/init/*",
    "/front-door/media/*/5.v.m4s",
    "/front-door/media/5-5/*",
    "/front-door/archive-*",
    "/front-door/archive-*-60.m3u8",
    "/front-door/index-*.m3u8",
    "/front-door/timeshift_abs-*.m3u8",
    "/front-door/timeshift_rel-*.m3u8",
    "/streamer/*",
    "/streamer/*.m3u8?startTime=5",
    "/streamer/*/metadata?startTime=5",
  ];
  test.each(places)("in %s are refused", async (place) => {
    for (const part of evil) {
      const status = await statusOf(place.replace("*", part));
      expect([place, part, [400, 404, 414, 431].includes(status) || status]).toEqual([place, part, true]);
    }
  });

  test.each([
    "startTime=%00",
    "startTime=x&endTime=y",
    "startTime[]=5",
    "startTime=5&startTime=6&tz=%zz",
    "startTimestamp=-1",
    "startTimestamp=1e400",
    "startTimestamp=5&endTimestamp=4",
    `startTimestamp=${"9".repeat(400)}`,
    "startTimestamp=5&endTimestamp=9999999999",
    "endTime=5",
    "",
  ])("the query %p is refused", async (query) => {
    for (const path of [
      "/streamer/front-door.m3u8",
      "/metadata",
      "/streamer/GetNPVRPlayList",
      "/streamer/front-door/metadata",
    ]) {
      const separator = query === "" ? "" : "?";
      expect(await statusOf(`${path}${separator}${query}`)).toBe(400);
    }
  });

  test("unknown values of ?player and ?download are refused", async () => {
    expect(await statusOf("/front-door/live.m3u8?player=winamp")).toBe(400);
    expect(await statusOf("/front-door/live.m3u8?download=yes")).toBe(400);
  });
});

describe("listening", () => {
  test("a port in use is a mistake in the configuration that names it, and nothing is left listening", async () => {
    const app = buildApp(depsOf());
    const first = await listen(app, [{ host: "127.0.0.1", port: 0 }]);
    const free = await listen(app, [{ host: "127.0.0.1", port: 0 }]);
    const port = first.addresses[0]?.port ?? 0;
    const freePort = free.addresses[0]?.port ?? 0;
    await free.stop(true);
    const second = listen(app, [
      { host: "127.0.0.1", port: freePort },
      { host: "127.0.0.1", port },
    ]);
    expect(second).rejects.toThrow(`listen: 127.0.0.1:${port} can't be listened on: it is in use`);
    await second.catch(() => undefined);
    const again = await listen(app, [{ host: "127.0.0.1", port: freePort }]);
    await again.stop(true);
    await first.stop(true);
  });

  test("a host name of two letters leads to the right route", async () => {
    const app = buildApp(depsOf({ hosts: { isLoopbackOnly: false } }));
    const listening = await listen(app, [{ host: "127.0.0.1", port: 0 }]);
    const response = await fetch(`http://127.0.0.1:${listening.addresses[0]?.port}/playlist.m3u`, {
      headers: { host: "pi" },
    });
    expect(await response.text()).toContain("http://pi/front-door/index.m3u8");
    await listening.stop(true);
  });
});
