import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdir, writeFile } from "node:fs/promises";
import { buildApp } from "../../../src/app.ts";
import { parseMediaPlaylist } from "../../../src/media/m3u8-parse.ts";
import { playlistFaults, wallTimes } from "../../support/m3u8-validator.ts";
import { MemoryFiles } from "../../support/memory-files.ts";
import { MemoryFootage, StandingClock } from "../../support/memory-footage.ts";
import { tempFolder, type TempFolder } from "../../support/temp.ts";

const MINUTE_MS = 60_000;
/** Local time in Berlin of two summer days, and of the night in which the clock goes back. */
const berlin = (text: string): number =>
  Temporal.PlainDateTime.from(text).toZonedDateTime("Europe/Berlin").epochMilliseconds;
const NOW = berlin("2026-10-25T18:00:00");

const files = new MemoryFiles("garage");
const { footage } = files;
const clock = new StandingClock(NOW);
let folder: TempFolder;

const put = (startMs: number, name: string) =>
  files.put({ startMs, durationMs: MINUTE_MS, name, nowMs: NOW - 10 * MINUTE_MS });

/** A camera beside the garage. */
function addCamera(): void {
  const camera = new MemoryFootage("camera", "Europe/Berlin");
  camera.record({
    startMs: berlin("2026-10-24T12:00:00"),
    durations: Array.from({ length: 30 }, () => 180_000),
  });
  footage.channelList.push(...camera.channelList);
  for (const [id, run] of camera.runs) footage.runs.set(`camera ${id}`, { ...run, id: `camera ${id}` });
  footage.recordingList.push(...camera.recordingList.map((each) => ({ ...each, run: `camera ${each.run}` })));
}

const app = buildApp({
  playback: {
    footage,
    clock,
    segmentTargetMs: 2000,
    settledMs: (channel) => (channel === "garage" ? files.settledMs(clock.timeMs) : undefined),
    firstFileChannel: () => "garage",
  },
  hosts: { isLoopbackOnly: true },
});
const get = (path: string, init: RequestInit = {}): Promise<Response> =>
  Promise.resolve(app.handle(new Request(`http://localhost${path}`, init)));

beforeAll(async () => {
  folder = await tempFolder();
  footage.folder = folder.path;
  for (const minute of [2, 0, 1])
    put(
      berlin(`2026-10-24T23:58:00`) + minute * MINUTE_MS,
      `video_${["235800", "235900", "000000"][minute]}.ts`,
    );
  // The hour that comes twice: the second time an hour later, with the offset in its name.
  put(berlin("2026-10-25T02:30:00"), "video_023000.ts");
  put(berlin("2026-10-25T02:30:00") + 60 * MINUTE_MS, "video_023000+0100.ts");
  addCamera();
  const day = `${folder.path}/garage/2026-10-25`;
  await mkdir(day, { recursive: true });
  await mkdir(`${folder.path}/garage/2026-10-24`, { recursive: true });
  await writeFile(`${day}/video_023000.ts`, "first hour");
  await writeFile(`${day}/video_023000+0100.ts`, "second hour");
  await writeFile(`${folder.path}/garage/2026-10-24/video_235800.ts`, "0123456789");
  await writeFile(`${day}/secret.ts`, "nobody's");
  const [converted] = footage.recordingList;
  if (!converted) throw new Error("nothing recorded");
  footage.recordingList.push({
    ...converted,
    id: "converted",
    path: "garage/2026-10-24/video.mp4",
    segments: converted.segments.map((segment) => {
      const copy = { ...segment };
      delete copy.file;
      return copy;
    }),
  });
  await writeFile(`${folder.path}/garage/2026-10-24/video.mp4`, "a whole day");
  await writeFile(`${folder.path}/garage/2026-10-24/video.mp4.sha512sum`, "00ff  video.mp4\n");
});
afterAll(() => folder[Symbol.asyncDispose]());

describe("playlists of dates", () => {
  test.each([
    "/playlist.php?date=2026-10-24",
    "/playlist?date=2026-10-24&live=0",
    "/playlist.php?date=2026-10-24&channel=garage",
    "/2026-10-24/playlist.m3u8",
    "/garage/2026-10-24/playlist.m3u8",
    "/GARAGE/2026-10-24/playlist.m3u8",
  ])("%s: the day only, ended, also with a slash behind it and by HEAD", async (path) => {
    for (const each of [path, path.replace(/(\?|$)/, "/$1")]) {
      const response = await get(each);
      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toBe("application/vnd.apple.mpegurl");
      const text = await response.text();
      expect(playlistFaults(text)).toEqual([]);
      const { segments, isEnded, type } = parseMediaPlaylist(text);
      expect([segments.length >= 2, isEnded, type]).toEqual([true, true, "VOD"]);
      expect((await get(each, { method: "HEAD" })).status).toBe(200);
      for (const { uri } of segments)
        expect(new URL(uri, `http://localhost${each}`).pathname).toStartWith("/garage/segment/");
    }
  });

  test.each([
    "/playlist.php?date=2026-10-24&live=1",
    "/playlist.php?date=2026-10-25",
    "/playlist.php?date=2026-10-25&live=1&target-duration=90",
    "/live/playlist.m3u8",
    "/2026-10-25/playlist.m3u8",
  ])("%s stays open, from its date on", async (path) => {
    const text = await (await get(path)).text();
    expect(playlistFaults(text)).toEqual([]);
    const { isEnded, targetDurationSeconds } = parseMediaPlaylist(text);
    expect(isEnded).toBe(false);
    expect(targetDurationSeconds).toBe(path.includes("target") ? 90 : 60);
    const times = wallTimes(text).map(({ startMs }) => startMs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times.at(-1)).toBe(berlin("2026-10-25T02:30:00") + 60 * MINUTE_MS);
    if (path.includes("10-24")) expect(times).toContain(berlin("2026-10-24T23:58:00"));
  });

  test.each([
    ["/playlist.php", "?date=2026-10-25"],
    ["/playlist", "?date=2026-10-25"],
    ["/playlist.php?live=1", "?live=1&date=2026-10-25"],
    ["/playlist.php?channel=camera", "?channel=camera&date=2026-10-24"],
    [
      "/playlist.php?live=1&channel=camera&target-duration=5",
      "?live=1&channel=camera&target-duration=5&date=2026-10-24",
    ],
  ])("%s leads to the newest date", async (path, location) => {
    const response = await get(path, { redirect: "manual" });
    expect([response.status, response.headers.get("location")]).toEqual([302, location]);
  });

  test("a camera's dates are there as well, its growing lists by its own numbers", async () => {
    const day = await (await get("/camera/2026-10-24/playlist.m3u8")).text();
    expect(playlistFaults(day)).toEqual([]);
    expect(parseMediaPlaylist(day)).toMatchObject({ isEnded: true });
    const open = await (await get("/playlist.php?date=2026-10-24&live=1&channel=camera")).text();
    expect(playlistFaults(open)).toEqual([]);
    expect(parseMediaPlaylist(open)).toMatchObject({ isEnded: false, mediaSequence: 0 });
    expect(parseMediaPlaylist(open).segments).toHaveLength(30);
  });

  test("a click downloads the address", async () => {
    const response = await get("/playlist.php?date=2026-10-24&live=1&download=1");
    expect(response.headers.get("content-disposition")).toContain("attachment");
    expect(await response.text()).toBe("#EXTM3U\nhttp://localhost/playlist.php?date=2026-10-24&live=1\n");
  });

  test.each([
    ["/playlist.php?date=2026-10-23", 404, "Nothing was recorded"],
    ["/playlist.php?date=2026-10-23&live=1", 404, "Nothing was recorded"],
    ["/playlist.php?date=2026-10-26", 404, "has not begun"],
    ["/playlist.php?date=2026-10-26&live=1", 404, "has not begun"],
    ["/playlist.php?date=2026-02-29", 400, "date is"],
    ["/playlist.php?date=24.10.2026", 400, "date is"],
    ["/playlist.php?date=24/10/2026", 400, "date is"],
    ["/playlist.php?date=today", 400, "date is"],
    ["/playlist.php?date=2026-10-24&live=yes", 400, "live is"],
    ["/playlist.php?date=2026-10-24&target-duration=0", 400, "target-duration is"],
    ["/playlist.php?date=2026-10-24&target-duration=2.5", 400, "target-duration is"],
    ["/playlist.php?date=2026-10-24&channel=nobody", 404, "There is no channel"],
    ["/2026-10-23/playlist.m3u8", 404, "Nothing was recorded"],
    ["/2026-13-01/playlist.m3u8", 404, "nothing at this address"],
    ["/garage/2026-10-32/playlist.m3u8", 404, "nothing at this address"],
    ["/garage/yesterday/playlist.m3u8", 404, "nothing at this address"],
    ["/nobody/2026-10-24/playlist.m3u8", 404, "There is no channel"],
    ["/garage/2026-10-24/video_235801.ts", 404, "There is no file"],
    ["/garage/2026-10-24/video_..%2F2026-10-25%2Fsecret.ts", 404, ""],
    ["/garage/2026-10-25/secret.ts", 404, ""],
    ["/garage/2026-10-25/video.mp4", 404, "There is no file"],
    ["/garage/2026-10-25/video.mp4.sha512sum", 404, "There is no file"],
    ["/garage/2026-10-24/video_235800.ts.sha512sum", 404, "There is no file"],
    ["/camera/2026-10-24/video_120000.ts", 404, "There is no file"],
    ["/2026-10-24/video_235801.mp4", 404, "There is no file"],
  ])("%s is a %d: %s", async (path, status, words) => {
    const response = await get(path);
    const text = await response.text();
    expect(response.status).toBe(status);
    expect(text).toContain(words);
    expect(text).not.toContain("#EXTM3U");
  });
});

describe("files of dates", () => {
  test.each([
    ["/garage/2026-10-24/video_235800.ts", "0123456789", "video/mp2t"],
    ["/2026-10-24/video_235800.ts", "0123456789", "video/mp2t"],
    ["/2026-10-24/video_235800.ts/", "0123456789", "video/mp2t"],
    ["/garage/2026-10-25/video_023000.ts", "first hour", "video/mp2t"],
    ["/garage/2026-10-25/video_023000+0100.ts", "second hour", "video/mp2t"],
    ["/2026-10-25/video_023000%2B0100.ts", "second hour", "video/mp2t"],
    ["/GARAGE/2026-10-25/video_023000.TS", "first hour", "video/mp2t"],
    ["/Garage/2026-10-25/VIDEO_023000.TS", "first hour", "video/mp2t"],
    ["/2026-10-25/VIDEO_023000.ts", "first hour", "video/mp2t"],
    ["/garage/2026-10-24/video.mp4", "a whole day", "video/mp4"],
    ["/2026-10-24/video.mp4", "a whole day", "video/mp4"],
    ["/2026-10-24/video.mp4.sha512sum", "00ff  video.mp4\n", "text/plain; charset=utf-8"],
    ["/garage/2026-10-24/video.mp4.sha512sum", "00ff  video.mp4\n", "text/plain; charset=utf-8"],
  ])("%s is the file as it lies there", async (path, content, type) => {
    const response = await get(path);
    expect([response.status, response.headers.get("content-type"), await response.text()]).toEqual([
      200,
      type,
      content,
    ]);
    const head = await get(path, { method: "HEAD" });
    expect(Number(head.headers.get("content-length"))).toBe(content.length);
    const part = await get(path, { headers: { range: "bytes=2-4" } });
    expect([part.status, await part.text()]).toEqual([206, content.slice(2, 5)]);
    const etag = response.headers.get("etag") ?? "";
    expect((await get(path, { headers: { "if-none-match": etag } })).status).toBe(304);
  });

  test("one that has gone is a 404", async () => {
    expect((await get("/garage/2026-10-24/video_235900.ts")).status).toBe(404);
  });
});
