import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { openArchive, type OpenArchive } from "../../src/archive/open-archive.ts";
import { Supervisors } from "../../src/capture/supervisors.ts";
import { configFromObject } from "../../src/config/load.ts";
import type { Config } from "../../src/config/config.ts";
import { listen } from "../../src/listen.ts";
import type { RunEnd } from "../../src/media/reasons.ts";
import { diskFiles } from "../../src/platform/files.ts";
import { makeApp } from "../../src/serve.ts";
import { ageByCopy } from "../support/age-by-copy.ts";
import { launchChromium } from "../support/chromium.ts";
import { frameHashes } from "../support/ffmpeg.ts";
import { playlistFaults, wallTimes } from "../support/m3u8-validator.ts";
import { encodeClip, type Clip } from "../support/recorded-clip.ts";
import { tempFolder, type TempFolder } from "../support/temp.ts";
import { otherInit } from "../unit/archive/aged-rig.ts";
import { WaitingClock } from "../unit/archive/kept-archive.ts";

setDefaultTimeout(60_000);

const DATE = "2026-11-18";
const NEXT = "2026-11-19";
/** A day that browsers without H.265 can't play. */
const NEWER_CODEC = "2026-11-17";
const offline: RunEnd = { reason: "source-offline", detail: "no route to host" };
const wide = encodeClip({ seconds: 6 });
const newer = encodeClip({ seconds: 6, codec: "libx265" });
const small = encodeClip({ seconds: 4, size: "160x90" });

let folder: TempFolder;
let config: Config;
let clock: WaitingClock;
let opened: OpenArchive;
let server: Awaited<ReturnType<typeof listen>>;
let url = "";

/** Records a clip as one run, in time, and lets a minute go by. */
async function record(clip: Clip): Promise<void> {
  const run = opened.archive.openRun("front", clip.parameters, (end) => {
    throw new Error(end.detail);
  });
  const all = [
    ...clip.video.map((one) => ({ ...one, track: "video" as const, atMs: one.ticks / 90 })),
    ...clip.audio.map((one) => ({ ...one, track: "audio" as const, atMs: one.ticks / 48 })),
  ].sort((a, b) => a.atMs - b.atMs);
  let lastMs = 0;
  for (const { sample, payload, ticks, track, atMs } of all) {
    clock.pass(Math.max(0, atMs - lastMs));
    lastMs = Math.max(lastMs, atMs);
    const arrivalMs = clock.monotonicMs();
    run.fragment({ track, decodeTicks: Math.round(ticks), samples: [sample], payload, arrivalMs });
    await Bun.sleep(0);
  }
  await run.close(offline);
  await opened.archive.flushNow();
  clock.pass(60_000);
}

async function open(): Promise<void> {
  opened = await openArchive({ config, clock });
  const supervisors = new Supervisors({ archive: opened.archive, clock });
  const app = await makeApp({ current: () => config, opened, supervisors, clock });
  server = await listen(app, [{ host: "127.0.0.1", port: 0 }]);
  url = `http://127.0.0.1:${server.addresses[0]?.port ?? 0}`;
}

async function close(): Promise<void> {
  await server.stop(true);
  await opened.close();
}

beforeAll(async () => {
  folder = await tempFolder();
  config = configFromObject(
    {
      data: folder.file("data"),
      auth: "none",
      timezone: "Europe/Berlin",
      channels: { front: { source: "rtsp://127.0.0.1:1/a", enabled: false } },
    },
    { folder: folder.path, systemZone: "UTC", reservedIds: [] },
  );
  await Bun.write(join(config.dataFolder, "keep"), "");
  clock = new WaitingClock(Date.UTC(2026, 10, 17, 12));
  await open();
  await record(newer);
  clock.set(Date.UTC(2026, 10, 18, 10, 59, 50));
  await record(wide);
  await record(wide);
  await record(small);
  await record(wide);
  // Into the next day, which is not aged.
  clock.set(Date.UTC(2026, 10, 18, 22, 59, 57));
  await record(wide);
  clock.set(Date.UTC(2026, 10, 21, 12));
});

afterAll(async () => {
  await close();
  await folder[Symbol.asyncDispose]();
});

const get = (path: string, init: RequestInit = {}) => fetch(url + path, init);
const text = async (path: string) => {
  const answer = await get(path);
  expect([path, answer.status]).toEqual([path, 200]);
  return answer.text();
};

const fromS = Date.UTC(2026, 10, 18, 10, 59, 50) / 1000;
const lengthS = 13 * 3600;
const lists = [
  `/front/stream/${DATE}/playlist.m3u8`,
  `/front/stream/${DATE}/playlist.m3u8?player=vlc`,
  `/front/${DATE}/playlist.m3u8`,
  `/${DATE}/playlist.m3u8`,
  `/playlist.php?date=${DATE}`,
  `/front/archive-${fromS}-${lengthS}.m3u8`,
  `/streamer/front.m3u8?startTimestamp=${fromS}&endTimestamp=${fromS + lengthS}`,
];
const facts = [
  `/metadata?startTimestamp=${fromS}&endTimestamp=${fromS + lengthS}&gaps=1`,
  `/front/recording_status.json?from=${fromS}&to=${fromS + lengthS}`,
];

/** Everything that says what is there. */
async function shown() {
  const times = new Map<string, number[]>();
  for (const list of lists) {
    const body = await text(list);
    expect([list, playlistFaults(body)]).toEqual([list, []]);
    times.set(
      list,
      wallTimes(body).map(({ startMs }) => startMs),
    );
  }
  return { times, facts: await Promise.all(facts.map(text)) };
}

const urisOf = async (list: string): Promise<string[]> => {
  const body = await text(list);
  const base = new URL(list, url);
  return wallTimes(body).map(({ uri }) => new URL(uri, base).pathname);
};

const dashSegment = async (): Promise<string> => {
  const path = `/front/stream/${DATE}/playlist.mpd`;
  const mpd = await text(path);
  const template = /media="([^"]*)\/\$Time\$\.v\.m4s"/.exec(mpd)?.[1];
  const ticks = /<S t="(\d+)"/.exec(mpd)?.[1];
  return new URL(`${template}/${ticks}.v.m4s`, new URL(path, url)).pathname;
};

describe("an aged day at every address", () => {
  let before: Awaited<ReturnType<typeof shown>>;
  let oldUris: string[];
  let oldDash = "";
  let oldFrames = 0;

  test("shows the same times, spans and gaps as before", async () => {
    before = await shown();
    oldUris = await urisOf(lists[0]!);
    oldDash = await dashSegment();
    oldFrames = (await frameHashes(`${url}/front/archive-${fromS}-8.mp4`, "v")).length;
    const days = opened.aged.days("front", "");
    expect(days.map(({ date }) => date)).toEqual([NEWER_CODEC, DATE, NEXT]);
    for (const day of days.slice(0, 2)) {
      const source = (await opened.aged.source(day, ""))!;
      await opened.aged.replace(source, await ageByCopy(source, diskFiles(), otherInit));
    }
    const after = await shown();
    expect(after.times).toEqual(before.times);
    expect(after.facts).toEqual(before.facts);
    expect(before.times.get(lists[0]!)!.length).toBeGreaterThan(10);
  });

  test("has addresses of its own; the old ones answer with the old bytes for an hour", async () => {
    const uris = await urisOf(lists[0]!);
    expect(uris.filter((uri) => oldUris.includes(uri))).toEqual([]);
    for (const uri of [...uris, ...oldUris]) expect([uri, (await get(uri)).status]).toEqual([uri, 200]);
    const dash = await dashSegment();
    expect(dash).not.toBe(oldDash);
    expect((await get(dash)).status).toBe(200);
    expect((await get(oldDash)).status).toBe(200);
  });

  test("is decoded by ffmpeg from lists, from the interval and from the file", async () => {
    const frames = await frameHashes(`${url}/front/archive-${fromS}-8.mp4`, "v");
    expect(frames.length).toBe(oldFrames);
    const film = await frameHashes(`${url}/front/${DATE}/video.mp4`, "v");
    // Three runs of six seconds, and the part of the fourth before midnight.
    expect(film.length).toBeGreaterThanOrEqual(3 * 150);
    const second = await frameHashes(`${url}/front/${DATE}/video-2.mp4`, "v");
    expect(second.length).toBe(100);
    const journal = join(config.storage.path, "front", DATE, "video.m3u8");
    expect((await frameHashes(journal, "v")).length).toBe(film.length);
    const dash = await frameHashes(`${url}/front/stream/${DATE}/playlist.mpd`, "v");
    // ffmpeg plays the first period alone.
    expect(dash.length).toBe(300);
  });

  test("its files and checksums are there as they are, with Range; and linked from the pages", async () => {
    for (const name of ["video.mp4", "video-2.mp4"]) {
      const path = `/front/${DATE}/${name}`;
      const whole = await get(path);
      const bytes = new Uint8Array(await whole.arrayBuffer());
      const part = await get(path, { headers: { range: "bytes=100-199" } });
      expect(part.status).toBe(206);
      expect(new Uint8Array(await part.arrayBuffer())).toEqual(bytes.slice(100, 200));
      const sum = new Bun.CryptoHasher("sha512").update(bytes).digest("hex");
      expect(await text(`${path}.sha512sum`)).toBe(`${sum}  ${name}\n`);
      expect(await text(`/${DATE}/${name}.sha512sum`)).toBe(`${sum}  ${name}\n`);
      for (const page of [`/dates/${DATE}`, "/dates?view=list"]) {
        expect(await text(page)).toContain(`href="${path}"`);
        expect(await text(page)).toContain(`href="${path}.sha512sum"`);
      }
      expect(await text(`/front/${DATE}`)).toContain(path);
    }
    expect(await text(`/dates/${NEXT}`)).not.toContain("video.mp4");
    expect((await get(`/front/${DATE}/video-3.mp4`)).status).toBe(404);
    expect((await get(`/front/${NEXT}/video.mp4`)).status).toBe(404);
  });

  test("its recordings are listed with addresses that answer, and its timelines lie below 0", async () => {
    const { recordings } = JSON.parse(
      await text(`/api/channels/front/recordings?from=${fromS}&to=${fromS + lengthS}`),
    ) as { recordings: { address?: string; file?: string; url?: string }[] };
    expect(recordings.length).toBeGreaterThan(4);
    for (const each of recordings) {
      const address = each.address ?? each.file ?? each.url ?? "";
      expect([address, (await get(address, { method: "HEAD" })).status]).toEqual([address, 200]);
    }
    const timelines = JSON.parse(await text(`/api/channels/front/timelines?day=${DATE}`)) as {
      timeline: number;
      list: string;
    }[];
    expect(timelines.filter(({ timeline }) => timeline < 0)).toHaveLength(2);
    for (const { list } of timelines) expect(playlistFaults(await text(list))).toEqual([]);
  });

  test("stills are decoded from it, and the next day is as it was", async () => {
    const still = await get(`/front/frame?at=${fromS + 3}&width=160`);
    expect([still.status, still.headers.get("content-type")]).toEqual([200, "image/jpeg"]);
    expect((await frameHashes(`${url}/front/stream/${NEXT}/playlist.m3u8`, "v")).length).toBeGreaterThan(0);
  });

  test("a browser plays it where it can; elsewhere it says why, shows stills, and offers VLC and the film", async () => {
    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      await page.goto(`${url}/front/${DATE}`);
      await page.waitForFunction(() => (document.querySelector("video")?.currentTime ?? 0) > 1);
      expect(await page.locator("[data-message]").isVisible()).toBe(false);

      await page.goto(`${url}/front/${NEWER_CODEC}`);
      const message = page.locator("[data-message]");
      await message.filter({ hasText: "This browser can't play H.265." }).waitFor();
      const links = await message
        .locator("a")
        .evaluateAll((all) => all.map((each) => each.getAttribute("href")));
      expect(links).toEqual([
        `/front/stream/${NEWER_CODEC}/playlist.m3u8?download=1`,
        `/front/${NEWER_CODEC}/video.mp4?download=1`,
      ]);
      const still = page.locator("img[data-still-picture]");
      await still.waitFor();
      await page.waitForFunction(
        () => (document.querySelector<HTMLImageElement>("img[data-still-picture]")?.naturalWidth ?? 0) > 0,
      );
    } finally {
      await browser.close();
    }
  });

  test("an hour later the old addresses are gone, and nothing else", async () => {
    clock.pass(3_600_000);
    await close();
    await open();
    for (const uri of oldUris.filter((each) => !each.includes("init")))
      expect([uri, [200, 404].includes((await get(uri)).status)]).toEqual([uri, true]);
    const statuses = await Promise.all(oldUris.map(async (uri) => (await get(uri)).status));
    // The run over midnight has an hour in the next day, whose segments stay.
    expect(statuses.filter((status) => status === 404).length).toBeGreaterThan(10);
    expect((await get(oldDash)).status).toBe(404);
    const after = await shown();
    expect(after.times).toEqual(before.times);
    expect(after.facts).toEqual(before.facts);
  });
});
