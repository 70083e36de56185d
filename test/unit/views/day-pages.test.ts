import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { TempFolder } from "../../support/temp.ts";
import { FakeFootage, fakeRecording } from "../status/fake-footage.ts";
import { ask, builtAssets, evil, now, pagesApp, worldOf } from "./pages-app.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let folder: TempFolder;

beforeAll(async () => {
  folder = await builtAssets();
});
afterAll(() => folder[Symbol.asyncDispose]());

const app = (footage = worldOf()) => pagesApp(folder.file("public"), footage);

/** The yard with an hour three days ago, besides what it has today. */
function oldWorld(): FakeFootage {
  const footage = worldOf();
  footage.recordingList.push(fakeRecording("yard", now - 3 * DAY, now - 3 * DAY + HOUR));
  return footage;
}

describe("a day's page", () => {
  test("leads to the days beside it that have footage, and to now", async () => {
    const server = await app(oldWorld());
    const old = (await ask(server, "/yard/2026-11-17")).text;
    expect(old).toContain("Tue 17 Nov 2026");
    expect(old).toContain('href="/yard/2026-11-20" rel="next"');
    expect(old).toContain('data-day-list="/yard/stream/2026-11-17/playlist.m3u8"');
    expect(old).toContain(`data-at="${now - 3 * DAY}"`);
    expect(old).not.toContain("data-today");
    expect(old).not.toContain("every 5s");
    expect((await ask(server, "/yard")).text).toContain('href="/yard/2026-11-17" rel="prev"');
  });

  test("links to a still picture of the moment it begins with, which is within a second", async () => {
    const footage = worldOf();
    const beginMs = now - 3 * DAY + 861;
    footage.recordingList.push(fakeRecording("yard", beginMs, beginMs + HOUR));
    const old = (await ask(await app(footage), "/yard/2026-11-17")).text;
    expect(old).toContain(`href="/yard/frame?at=${beginMs}"`);
  });

  test("without footage it has no player, and says so", async () => {
    const empty = (await ask(await app(oldWorld()), "/yard/2026-11-10")).text;
    expect(empty).toContain("Nothing kept of this day.");
    expect(empty).toContain('href="/yard/2026-11-17" rel="next"');
    expect(empty).not.toContain("<video");
    expect(empty).not.toContain("Download this hour");
  });

  test("a moment is shown by its own day", async () => {
    const server = await app(oldWorld());
    const at = Math.floor((now - 3 * DAY) / 1000);
    for (const path of [`/yard?at=${at}`, `/yard/2026-11-19?at=${at}`]) {
      const { status, headers } = await ask(server, path);
      expect([status, headers.get("location")]).toEqual([303, `/yard/2026-11-17?at=${at}`]);
    }
    expect((await ask(server, `/yard/2026-11-17?at=${at}`)).status).toBe(200);
  });

  test("where nothing is known because the storage is away, that is said instead of nothing recorded", async () => {
    const footage = new FakeFootage();
    footage.add("empty");
    const server = await app(footage);
    const pages = ["/empty", "/dates"];
    const lists = ["/empty/live.m3u8", "/playlist.php?channel=empty"];
    for (const path of pages) expect((await ask(server, path)).text).toContain("There is no footage yet");
    for (const path of lists) {
      const { status, text } = await ask(server, path);
      expect([path, status]).toEqual([path, 404]);
      expect(text).toContain("Nothing has been recorded on empty yet");
    }
    footage.away = { detail: "/mnt/cctv: went away", sinceMs: now - HOUR };
    for (const path of pages) {
      const { text } = await ask(server, path);
      expect(text).toContain("The storage is away since ");
      expect(text).toContain("/mnt/cctv: went away");
      expect(text).not.toContain("no footage yet");
    }
    for (const path of lists) {
      const { status, text } = await ask(server, path);
      expect([path, status]).toEqual([path, 503]);
      expect(text).toMatch(/The storage is away since \S+, so there is no footage of empty now/);
      expect(text).toContain("/mnt/cctv: went away");
    }
  });

  test("what is no day, or has not begun, is refused", async () => {
    const server = await app();
    for (const [path, status] of [
      ["/yard/2026-13-40", 400],
      ["/yard/2026-11-21", 404],
      ["/yard/playlist", 404],
      ["/nowhere/2026-11-20", 404],
      ["/dates/2026-02-30", 400],
      ["/dates/soon", 400],
      ["/dates?before=soon", 400],
      ["/dates?channel=nowhere", 404],
    ] as const) {
      expect([path, (await ask(server, path)).status]).toEqual([path, status]);
    }
  });

  test("of today renews its bar, its state and its gaps in one answer", async () => {
    const { text } = await ask(await app(), "/yard", { "hx-request": "true" });
    expect(text).toContain('<div id="bar" hx-swap-oob="innerMorph">');
    expect(text).toContain('<div id="state" hx-swap-oob="innerMorph">');
    expect(text).toContain("the source refused the request");
  });
});

describe("dates", () => {
  test("has a cell for each day with its length, size and gaps", async () => {
    const { text } = await ask(await app(oldWorld()), "/dates?channel=yard");
    expect(text).toContain("November 2026");
    expect(text).toContain('href="/yard/2026-11-17"');
    expect(text).toContain("Fri 20 Nov 2026: 1 h, 1.8 MB, 1 gap, 1 min 40 s");
    expect(text).not.toContain('href="/yard/2026-11-18"');
  });

  test("of all channels leads to the day of all", async () => {
    const server = await app(oldWorld());
    expect((await ask(server, "/dates")).text).toContain('href="/dates/2026-11-17"');
    const day = (await ask(server, "/dates/2026-11-17")).text;
    expect(day).toContain('href="/yard/2026-11-17"');
    expect(day).toContain("1 h recorded, no gaps");
  });

  test("says what it will be while there is no footage", async () => {
    expect((await ask(await app(new FakeFootage()), "/dates")).text).toContain("There is no footage yet");
  });
});

describe("playlists", () => {
  test("has every address of a channel, absolute, with what opens a player and its QR code", async () => {
    const server = await pagesApp(folder.file("public"), worldOf(), {
      publicUrl: "https://cctv.example.org/",
    });
    const { text } = await ask(server, "/playlists?channel=yard");
    for (const path of [
      "/yard/live.m3u8",
      "/yard/live.mpd",
      "/yard/master.m3u8",
      "/yard/stream/today/playlist.m3u8",
      "/yard/stream/today/playlist.mpd",
      "/yard/stream/0/playlist.m3u8",
      "/yard/stream/6/playlist.mpd",
    ]) {
      expect(text).toContain(`value="https://cctv.example.org${path}"`);
      expect(text).toContain(`src="/-/qr.svg?path=${encodeURIComponent(path)}"`);
    }
    expect(text).toContain('href="/yard/live.m3u8?download=1"');
  });

  test("makes the addresses of an interval out of local times", async () => {
    const query = "from=2026-11-20T14:00&to=2026-11-20T15:30:10";
    const { text } = await ask(await app(), `/playlists?channel=yard&${query}`);
    const from = Date.UTC(2026, 10, 20, 13) / 1000;
    for (const end of [".m3u8", ".mpd", ".mp4"])
      expect(text).toContain(`value="http://localhost/yard/archive-${from}-5410${end}"`);
    expect(text).toContain(`/streamer/yard.m3u8?startTimestamp=${from}&amp;endTimestamp=${from + 5410}"`);
  });

  test("makes the addresses of a day, which has its own", async () => {
    const { text } = await ask(await app(), "/playlists?channel=yard&day=2026-11-19");
    expect(text).toContain('value="http://localhost/yard/stream/2026-11-19/playlist.m3u8"');
    expect(text).toContain(`/yard/archive-${Date.UTC(2026, 10, 18, 23) / 1000}-86400.mp4`);
  });

  test.each([
    ["from=2026-11-20T14:00&to=2026-11-20T13:00", "after from"],
    ["from=yesterday&to=2026-11-20T13:00", "yesterday"],
    ["from=2026-01-01T00:00&to=2026-11-20T13:00", "7 days"],
    ["day=2026-02-30", "2026-02-30"],
  ])("shows the form again with the mistake: %s", async (query, words) => {
    const { status, text } = await ask(await app(), `/playlists?channel=yard&${query}`);
    expect(status).toBe(422);
    expect(text).toContain('role="alert"');
    expect(text).toContain(words);
  });

  test("QR codes are made of our own addresses only", async () => {
    const server = await app();
    const { status, text, headers } = await ask(server, "/-/qr.svg?path=/yard/live.m3u8");
    expect([status, headers.get("content-type")]).toEqual([200, "image/svg+xml"]);
    expect(text).toStartWith("<svg");
    for (const path of ["", "//example.org", "https://example.org", `/${"x".repeat(600)}`, evil])
      expect((await ask(server, `/-/qr.svg?path=${encodeURIComponent(path)}`)).status).toBe(400);
  });
});

describe("settings and errors", () => {
  test("settings say how long the storage lasts", async () => {
    const { text } = await ask(await app(), "/settings");
    expect(text).toContain("Storage");
    expect(text).toContain("today and 5 days before it");
    expect(text).toContain("of footage, new footage goes there");
  });

  test("a mistyped channel leads to the one that was meant", async () => {
    const { status, text } = await ask(await app(), "/yrad");
    expect(status).toBe(404);
    expect(text).toContain("Did you mean");
    expect(text).toContain('<a href="/yard">Yard</a>');
  });
});
