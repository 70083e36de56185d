import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdir } from "node:fs/promises";
import { parseMediaPlaylist } from "../../src/media/m3u8-parse.ts";
import { decodeErrors, probe } from "../support/ffmpeg.ts";
import { keptClip, type KeptClip } from "../support/kept-clip.ts";
import { playlistFaults, wallTimes } from "../support/m3u8-validator.ts";
import { Nightjar } from "../support/nightjar.ts";
import { tempFolder, type TempFolder } from "../support/temp.ts";
import { waitFor } from "../support/wait.ts";

const DATE = "2026-07-05";
/** Noon of that date in Berlin. */
const NOON = Date.UTC(2026, 6, 5, 10);
const SEGMENT_SECONDS = 2;

const config = {
  timezone: "Europe/Berlin",
  channels: { demo: { source: "demo:", enabled: false }, garage: { source: "upload" } },
};

let folder: TempFolder;
let server: Nightjar;
let clip: KeptClip;

const nameOf = (index: number): string => `video_1200${String(index * SEGMENT_SECONDS).padStart(2, "0")}.ts`;

beforeAll(async () => {
  folder = await tempFolder();
  clip = await keptClip({ format: "ts", seconds: 12, segmentSeconds: SEGMENT_SECONDS });
  server = await Nightjar.start({ folder: folder.path, config });
  // The newest first, and one of them never comes.
  for (const [index, body] of [...clip.segments.entries()].toReversed()) {
    if (index === 3) continue;
    const { status } = await fetch(`${server.url}/${DATE}/${nameOf(index)}`, {
      method: "PUT",
      body: new Blob([new Uint8Array(body)]),
    });
    expect(status).toBe(201);
  }
}, 60_000);
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

describe("a date of uploads", () => {
  test.each([
    `/playlist.php?date=${DATE}`,
    `/playlist?date=${DATE}`,
    `/${DATE}/playlist.m3u8`,
    `/garage/${DATE}/playlist.m3u8`,
  ])("%s plays, in order, with its hole", async (path) => {
    const text = await (await fetch(server.url + path)).text();
    expect(playlistFaults(text)).toEqual([]);
    expect(wallTimes(text).map(({ startMs }) => (startMs - NOON) / 1000)).toEqual([0, 2, 4, 8, 10]);
    expect(parseMediaPlaylist(text)).toMatchObject({ type: "VOD", isEnded: true });
    const { streams } = await probe(server.url + path);
    const video = streams.find(({ codec_type }) => codec_type === "video");
    expect(Number(video?.nb_read_packets)).toBe(5 * SEGMENT_SECONDS * 25);
  });

  test("without a date it leads to the newest, and a page stays a page", async () => {
    const response = await fetch(`${server.url}/playlist.php`, { redirect: "manual" });
    expect([response.status, response.headers.get("location")]).toEqual([302, `?date=${DATE}`]);
    const page = await fetch(`${server.url}/garage/${DATE}`, { headers: { accept: "text/html" } });
    expect(page.headers.get("content-type")).toContain("text/html");
    const unknown = await fetch(`${server.url}/playlist.php?date=2026-07-06`);
    expect([unknown.status, (await unknown.text()).includes("#EXTM3U")]).toEqual([404, false]);
  });

  test("its files are where they were sent, with ranges", async () => {
    for (const path of [`/${DATE}/${nameOf(1)}`, `/garage/${DATE}/${nameOf(1)}`]) {
      const bytes = await (await fetch(server.url + path)).bytes();
      expect(Buffer.compare(bytes, clip.segments[1] ?? new Uint8Array())).toBe(0);
      const part = await fetch(server.url + path, { headers: { range: "bytes=188-375" } });
      expect([part.status, (await part.bytes()).length]).toEqual([206, 188]);
    }
    expect((await fetch(`${server.url}/${DATE}/${nameOf(3)}`)).status).toBe(404);
  });

  test("/metadata and recording_status.json tell the hole", async () => {
    const query = `startTime=5/7/2026T12:00:00&endTime=5/7/2026T12:01:00`;
    const spans = (await (await fetch(`${server.url}/metadata?channel_name=garage&${query}`)).json()) as {
      start_datetime: string;
      end_datetime: string;
    }[];
    const seconds = spans.map((span) =>
      [span.start_datetime, span.end_datetime].map((text) => (Date.parse(`${text}+02:00`) - NOON) / 1000),
    );
    expect(seconds).toHaveLength(2);
    for (const [index, wanted] of [0, 6, 8, 12].entries())
      expect(Math.abs((seconds.flat()[index] ?? 0) - wanted)).toBeLessThan(0.1);
  });

  test("an interval as .ts is its segments, and as .mp4 it decodes", async () => {
    const interval = `${server.url}/garage/archive-${NOON / 1000}-6`;
    const ts = await (await fetch(`${interval}.ts`)).bytes();
    expect(Buffer.compare(ts, Buffer.concat(clip.segments.slice(0, 3)))).toBe(0);
    expect(await decodeErrors(`${interval}.mp4`)).toBe("");
    const dash = await fetch(`${interval}.mpd`);
    expect([dash.status, await dash.text()]).toEqual([404, expect.stringContaining(".m3u8")]);
  });

  test("a still is of the time asked for", async () => {
    const response = await fetch(`${server.url}/garage/frame?at=${NOON + 3500}`);
    expect(response.headers.get("content-type")).toBe("image/jpeg");
    expect(Date.parse(response.headers.get("x-picture-time") ?? "")).toBe(NOON + 3000);
  });
});

test("without ffmpeg an MP4 of it is one clear 503, and all else is there", async () => {
  await mkdir(folder.file("empty"), { recursive: true });
  await server[Symbol.asyncDispose]();
  server = await Nightjar.start({ folder: folder.path, config, env: { PATH: folder.file("empty") } });
  const interval = `${server.url}/garage/archive-${NOON / 1000}-6`;
  // What was not in a journal yet is found again.
  const isThere = async () => (await fetch(`${interval}.m3u8`)).ok;
  await waitFor("the files of before the restart", isThere, { timeoutMs: 10_000 });
  for (const method of ["GET", "HEAD"]) expect((await fetch(`${interval}.mp4`, { method })).status).toBe(503);
  expect(await (await fetch(`${interval}.mp4`)).text()).toContain("ffmpeg, which was not found");
  expect((await fetch(`${interval}.ts`)).status).toBe(200);
});
