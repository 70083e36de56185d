import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Elysia } from "elysia";
import { readForm } from "../../../src/access/form.ts";
import { isForeignChange } from "../../../src/access/origin.ts";
import { clientAddress } from "../../../src/access/peer.ts";
import { access } from "../../../src/access/policy.ts";
import { localPath } from "../../../src/access/sign-in-answer.ts";
import { buildApp, type AppDeps } from "../../../src/app.ts";
import { listen, openAddresses, type Listening } from "../../../src/listen.ts";
import { MemoryFootage, StandingClock } from "../../support/memory-footage.ts";

const T = Date.UTC(2026, 10, 20, 11);

function appOf(change: Partial<AppDeps> = {}) {
  const footage = new MemoryFootage();
  footage.record({ startMs: T, durations: [180_000, 180_000] });
  const playback = { footage, clock: new StandingClock(T + 60_000), segmentTargetMs: 2000 };
  const routes = new Elysia()
    .post("/t/form", async ({ request }) => Response.json([...(await readForm(request))]), {
      parse: "none",
      ...access("anyone"),
    })
    .get("/t/address", ({ request }) => new Response(clientAddress(request)), access("anyone"));
  return buildApp({
    playback,
    hosts: { isLoopbackOnly: false },
    controllers: [routes],
    identify: () => undefined,
    ...change,
  });
}

const LIVE = "http://nightjar.test/front-door/live.m3u8";

describe("a stranger", () => {
  const app = appOf();
  const ask = (headers: Record<string, string>, method = "GET"): Promise<Response> =>
    Promise.resolve(app.handle(new Request(LIVE, { headers, method })));

  test.each<[string, Record<string, string>, boolean]>([
    ["a player", { "user-agent": "VLC/3.0.24" }, true],
    ["curl", { accept: "*/*" }, true],
    ["a page over an encrypted way", { "sec-fetch-mode": "cors", "sec-fetch-site": "same-origin" }, false],
    ["a page over a plain way", { referer: "http://nightjar.test/front-door" }, false],
    ["a page of another site", { origin: "https://player.example.org" }, false],
    ["htmx", { "hx-request": "true", accept: "text/html" }, false],
  ])("%s gets a 401; asked for a password: %p %p", async (_, headers, isAsked) => {
    for (const method of ["GET", "HEAD"]) {
      const response = await ask(headers, method);
      expect([response.status, response.headers.has("www-authenticate")]).toEqual([401, isAsked]);
      expect(response.headers.get("cache-control")).toBe("no-store");
    }
  });

  test("who wants a page gets the login, with the way back", async () => {
    const response = await ask({ accept: "text/html,*/*;q=0.8", "sec-fetch-mode": "navigate" });
    expect([response.status, response.headers.get("location")]).toEqual([
      303,
      "/login?next=%2Ffront-door%2Flive.m3u8",
    ]);
  });

  test("a part of a page that renews itself sends the whole page to the login", async () => {
    const response = await ask({
      "hx-request": "true",
      accept: "text/html",
      "hx-current-url": "http://nightjar.test/front-door?at=5",
    });
    expect(response.headers.get("hx-redirect")).toBe("/login?next=%2Ffront-door%3Fat%3D5");
    const odd = await ask({ "hx-request": "true", "hx-current-url": "javascript:alert(1)" });
    expect(odd.headers.get("hx-redirect")).toBe("/login");
  });

  test("a page of another site may ask before it reads with a password of its own", async () => {
    const headers = {
      origin: "https://player.example.org",
      "access-control-request-method": "GET",
      "access-control-request-headers": "authorization",
    };
    const response = await ask(headers, "OPTIONS");
    expect(response.status).toBe(204);
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect(response.headers.get("access-control-allow-headers")).toContain("Authorization");
    expect(response.headers.has("access-control-allow-credentials")).toBe(false);
  });

  test("learns at an old ticket's address that it is old", async () => {
    const response = await app.handle(new Request(LIVE.replace("/front", "/-/t/u1-abc-def/front")));
    expect([response.status, await response.text()]).toEqual([
      401,
      "This address for players is no longer good\nIt ends after 30 days, and when the password changes: sign in and copy it again\n",
    ]);
  });

  test.each([
    "/-/t/",
    "/-/t/x",
    "/-/t/x/",
    "/-/t//front-door/live.m3u8",
    "/-/t/x/-/t/x/front-door/live.m3u8",
  ])("%s leads nowhere", async (path) => {
    const response = await app.handle(new Request(`http://nightjar.test${path}`));
    expect([401, 403, 404]).toContain(response.status);
  });
});

test.each<[string | null, string]>([
  ["/a/b?c=d#e", "/a/b?c=d#e"],
  [null, "/"],
  ["", "/"],
  ["a", "/"],
  ["//evil.example.org", "/"],
  ["/\\evil.example.org", "/"],
  ["/a\\b", "/"],
  ["https://evil.example.org/", "/"],
  ["javascript:alert(1)", "/"],
  ["/a\r\nset-cookie: x=1", "/"],
  ["/\t/evil.example.org", "/"],
  [`/${"a".repeat(2000)}`, "/"],
])("after signing in %p leads to %p", (given, path) => {
  expect(localPath(given)).toBe(path);
});

describe("a change", () => {
  const change = (headers: Record<string, string>, publicUrl?: string): boolean =>
    isForeignChange(
      new Request(LIVE, { method: "POST", headers: { host: "nightjar.test", ...headers } }),
      publicUrl,
    );

  test.each<[Record<string, string>, boolean]>([
    [{}, false],
    [{ "sec-fetch-site": "same-origin" }, false],
    [{ "sec-fetch-site": "none" }, false],
    [{ "sec-fetch-site": "same-site" }, true],
    [{ "sec-fetch-site": "cross-site" }, true],
    [{ origin: "http://nightjar.test" }, false],
    [{ origin: "http://nightjar.test:81" }, true],
    [{ origin: "https://cctv.example.org" }, true],
    [{ origin: "null" }, true],
  ])("with %p is foreign: %p", (headers, isForeign) => {
    expect(change(headers)).toBe(isForeign);
  });

  test("may come from the public address, under whatever name a proxy asks", () => {
    expect(change({ origin: "https://cctv.example.org" }, "https://cctv.example.org/nightjar")).toBe(false);
    expect(change({ origin: "https://evil.example.org" }, "https://cctv.example.org")).toBe(true);
  });
});

describe("over a socket", () => {
  let listening: Listening;
  let port = 0;
  beforeAll(async () => {
    listening = await listen(appOf(), [{ host: "::", port: 0 }]);
    port = listening.addresses[0]?.port ?? 0;
  });
  afterAll(() => listening.stop(true));
  const ask = (path: string, init: RequestInit = {}, host = "127.0.0.1") =>
    fetch(`http://${host}:${port}${path}`, init);
  const form = (body: BodyInit, type = "application/x-www-form-urlencoded") =>
    ask("/t/form", { method: "POST", body, headers: { "content-type": type } });

  test("every address is IPv4, too, and people are told addresses that they can type", async () => {
    expect(await (await ask("/t/address")).text()).toBe("127.0.0.1");
    expect(await (await ask("/t/address", {}, "[::1]")).text()).toBe("::1");
    const shown = openAddresses(listening.addresses);
    expect(shown[0]).toBe(`localhost:${port}`);
    for (const address of shown) expect(address).toMatch(/^[a-z\d.]+:\d+$/);
  });

  test("a proxy on this machine is believed for whom it asks: its last word only", async () => {
    const headers = { "x-forwarded-for": "1.2.3.4, 10.0.0.7" };
    expect(await (await ask("/t/address", { headers })).text()).toBe("10.0.0.7");
  });

  test("a form is read, and nothing that is none or too large", async () => {
    expect(await (await form("a=1&b=%C3%BC&a=2")).json()).toEqual([
      ["a", "1"],
      ["b", "ü"],
      ["a", "2"],
    ]);
    expect((await form("a=1", "text/plain")).status).toBe(400);
    expect((await form("a".repeat(70_000))).status).toBe(400);
    expect((await form("a=1&".repeat(300))).status).toBe(400);
    expect((await form("a".repeat(2_000_000))).status).toBe(413);
  });
});
