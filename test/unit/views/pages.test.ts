import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { loadAssets } from "../../../src/pages/assets.ts";
import { type TempFolder } from "../../support/temp.ts";
import { FakeFootage } from "../status/fake-footage.ts";
import { ask, builtAssets, evil, now, pagesApp, worldOf } from "./pages-app.ts";

let folder: TempFolder;

beforeAll(async () => {
  folder = await builtAssets();
});
afterAll(() => folder[Symbol.asyncDispose]());

const app = (footage = worldOf(), change: { auth?: "none" | "accounts"; publicUrl?: string } = {}) =>
  pagesApp(folder.file("public"), footage, change);

describe("every page", () => {
  const paths = [
    "/",
    "/yard",
    "/yard/",
    "/evil",
    "/yard?at=1795180000",
    "/yard/2026-11-20",
    "/yard/2026-11-19",
    "/dates",
    "/dates?channel=yard",
    "/dates/2026-11-20",
    "/playlists",
    "/playlists?channel=evil",
    `/playlists?channel=yard&from=${encodeURIComponent(evil)}&to=x`,
    "/settings",
    "/nowhere",
  ];

  test.each(paths)("%s has nothing inline and nothing foreign", async (path) => {
    const { text, headers } = await ask(await app(), path);
    expect(headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(text).toStartWith("<!doctype html><html");
    expect(text).not.toMatch(/<style|\sstyle=|\son[a-z]+=|javascript:/i);
    expect(text.match(/<script(?![^>]* src="\/assets\/)/g)).toBeNull();
    expect(text).not.toContain("<script>alert");
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy).toMatch(/script-src 'self'|default-src 'self'/);
    expect(policy).not.toContain("unsafe");
  });

  test.each(paths)("%s names only assets that are there", async (path) => {
    const server = await app();
    const { text } = await ask(server, path);
    const addresses = [...text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map((match) => match[1] ?? "");
    expect(addresses.length).toBeGreaterThan(3);
    for (const address of new Set(addresses)) {
      const { status, headers } = await ask(server, address, {}, "HEAD");
      expect([address, status]).toEqual([address, 200]);
      expect(headers.get("cache-control")).toContain("immutable");
    }
  });

  test("says so when no account is needed", async () => {
    for (const path of paths) {
      expect((await ask(await app(worldOf(), { auth: "none" }), path)).text).toContain("auth: none");
      expect((await ask(await app(), path)).text).not.toContain("auth: none");
    }
  });
});

describe("the list of channels", () => {
  test("shows state, day and gap reasons in words, escaped", async () => {
    const { text } = await ask(await app(), "/");
    expect(text).toContain("Recording");
    expect(text).toContain("1 gap today, 1 min 40 s");
    expect(text).toContain("the source refused the request");
    expect(text).toContain("1.0 GB free");
    expect(text).toContain("&quot;>&lt;script>alert(1)&lt;/script>");
  });

  test("answers htmx with the part that changes", async () => {
    const { text, headers } = await ask(await app(), "/", { "hx-request": "true" });
    expect(text).not.toContain("<html");
    expect(text).toContain('id="tile-yard"');
    expect(headers.get("vary")).toContain("HX-Request");
  });

  test("is an explanation and one next step while there is none", async () => {
    const { text } = await ask(await app(new FakeFootage()), "/");
    expect(text).toContain("No channels yet");
    expect(text).toContain("/etc/nightjar/nightjar.yaml");
    expect(text).toContain("source: rtsp://");
  });
});

describe("a channel's page", () => {
  test("has the player", async () => {
    const { text } = await ask(await app(), "/yard");
    expect(text).toContain('data-live="/yard/live.m3u8?parts=1"');
    expect(text).toContain('data-codecs="avc1.64001f,mp4a.40.2"');
    expect(text).toContain('data-day-list="/yard/stream/today/playlist.m3u8"');
  });

  test("keeps the video outside the part that renews itself", async () => {
    const server = await app();
    const whole = (await ask(server, "/yard")).text;
    expect(whole.indexOf("<video")).toBeGreaterThan(0);
    expect(whole.indexOf("<video")).toBeLessThan(whole.indexOf('id="now"'));
    expect((await ask(server, "/yard", { "hx-request": "true" })).text).not.toContain("<video");
  });

  test("takes a moment by address, in local time too, and refuses what is none", async () => {
    const server = await app();
    expect((await ask(server, "/yard?at=1795180000")).text).toContain('data-at="1795180000000"');
    expect((await ask(server, "/yard?at=2026-11-20T14:03:27")).text).toContain(
      `data-at="${Date.UTC(2026, 10, 20, 13, 3, 27)}"`,
    );
    expect((await ask(server, "/yard?at=")).status).toBe(200);
    for (const bad of ["yesterday", "-5", "1e9", "999999999999999", "%00", evil, "2026-13-40T99:00:00"]) {
      const { status, text } = await ask(server, `/yard?at=${encodeURIComponent(bad)}`);
      expect([bad, status]).toEqual([bad, 400]);
      expect(text).not.toContain("<script>alert");
    }
  });

  test("without footage it has no player", async () => {
    expect((await ask(await app(), "/evil")).text).not.toContain("<video");
  });

  test("of an unknown channel is a page with 404", async () => {
    const { status, text } = await ask(await app(), "/nowhere");
    expect(status).toBe(404);
    expect(text).toContain("There is no channel");
  });
});

describe("JSON", () => {
  test("health, with its status code", async () => {
    const { status, text, headers } = await ask(await app(), "/health");
    expect(status).toBe(200);
    expect(headers.get("cache-control")).toBe("no-store");
    expect(JSON.parse(text)).toMatchObject({
      status: "starting",
      version: "1.2.3",
      channels: { configured: 2, recording: 1 },
    });
    expect((await ask(await app(), "/health", {}, "HEAD")).status).toBe(200);
  });

  test("channels", async () => {
    const { channels } = JSON.parse((await ask(await app(), "/api/channels")).text) as {
      channels: { id: string; state: string }[];
    };
    expect(channels.map(({ id, state }) => [id, state])).toEqual([
      ["yard", "recording"],
      ["evil", "never-seen"],
    ]);
  });

  test("one channel with its day", async () => {
    const server = await app();
    const found = JSON.parse((await ask(server, "/api/channels/YARD")).text) as {
      id: string;
      day: { recorded: unknown[]; gaps: unknown[] };
    };
    expect(found.id).toBe("yard");
    expect(found.day.recorded).toEqual([{ startMs: now - 3_600_000, endMs: now - 4_000 }]);
    expect(found.day.gaps).toHaveLength(1);
    expect((await ask(server, "/api/channels/nowhere")).status).toBe(404);
  });
});

describe("assets", () => {
  test("live below an address that changes with their bytes", async () => {
    const before = await loadAssets(folder.file("public"));
    await Bun.write(folder.file("public/js/new.js"), "export {};\n");
    const after = await loadAssets(folder.file("public"));
    expect(after.url("css/base.css")).not.toBe(before.url("css/base.css"));
    expect(() => before.url("css/none.css")).toThrow("public/css/none.css is missing");
  });

  test("nothing beside the listed files is served", async () => {
    const server = await app();
    const prefix = (await loadAssets(folder.file("public"))).url("js/page.js").replace("js/page.js", "");
    for (const path of [
      `${prefix}../package.json`,
      `${prefix}%2e%2e/package.json`,
      `${prefix}js/..%2fcss/base.css`,
      prefix,
      `${prefix}js`,
    ]) {
      expect([path, (await ask(server, path)).status]).toEqual([path, 404]);
    }
  });
});
