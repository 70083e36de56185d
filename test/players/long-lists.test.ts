import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type Hls from "hls.js";
import type { Page } from "playwright-core";
import { parseMediaPlaylist } from "../../src/media/m3u8-parse.ts";
import { launchChromium } from "../support/chromium.ts";
import { waitForRecording } from "../support/channels.ts";
import { fillDay, zoneInHour } from "../support/long-day.ts";
import { Nightjar } from "../support/nightjar.ts";
import { tempFolder, type TempFolder } from "../support/temp.ts";
import { playInVlc } from "../support/vlc.ts";
import { servePlayerPage } from "./page-server.ts";

/** Half a day and nearly a whole one, and the least that their lists hold. */
const days = [
  { id: "noon", zone: zoneInHour(12), entries: 21_600 },
  { id: "night", zone: zoneInHour(23), entries: 41_400 },
] as const;

/** A list must play within so long; ours on a machine that does nothing else. */
const START_MS = 3000;
const PICTURES_PER_SECOND = 25;

type Watched = {
  firstPictureMs: number;
  latencySeconds: number;
  reloads: { skipped: number; failed: boolean; bytes: number }[];
  whole: number;
  errors: string[];
  atMidnight: { seekMs: number; playingDate: string; frames: number };
  discontinuities: number;
};

/** Runs in the page: plays to the edge, lets the list be reloaded, and goes back to midnight. */
async function watch(url: string): Promise<Watched> {
  const page = globalThis as unknown as { Hls: typeof Hls };
  const video = document.querySelector("video")!;
  video.muted = true;
  const hls = new page.Hls({ debug: false });
  const watched: Watched = {
    firstPictureMs: Number.NaN,
    latencySeconds: Number.NaN,
    reloads: [],
    whole: 0,
    errors: [],
    atMidnight: { seekMs: Number.NaN, playingDate: "", frames: 0 },
    discontinuities: 0,
  };
  const { Events } = page.Hls;
  hls.on(Events.ERROR, (_, { details, fatal }) => void watched.errors.push(`${details} ${fatal}`));
  hls.on(Events.LEVEL_LOADED, (_, { details, stats }) => {
    const skipped = details.skippedSegments;
    if (skipped === 0) watched.whole += 1;
    else watched.reloads.push({ skipped, failed: details.deltaUpdateFailed === true, bytes: stats.total });
  });
  hls.on(Events.LEVEL_UPDATED, (_, { details }) => {
    watched.discontinuities = details.endCC - details.startCC;
    if (details.deltaUpdateFailed) watched.errors.push("the delta update failed");
    if (details.playlistParsingError) watched.errors.push(details.playlistParsingError.message);
  });
  const pause = (ms: number) => new Promise<void>((done) => void setTimeout(done, ms));
  const started = performance.now();
  hls.loadSource(url);
  hls.attachMedia(video);
  void video.play();
  await new Promise<void>((done) => {
    video.requestVideoFrameCallback(() => done());
    setTimeout(done, 15_000);
  });
  watched.firstPictureMs = performance.now() - started;
  await pause(9000);
  watched.latencySeconds = hls.latency;
  const seeked = performance.now();
  video.currentTime = video.seekable.start(0) + 0.5;
  const from = video.currentTime;
  while ((video.seeking || video.currentTime < from + 0.2) && performance.now() < seeked + 15_000)
    await pause(20);
  watched.atMidnight.seekMs = performance.now() - seeked;
  watched.atMidnight.playingDate = hls.playingDate?.toISOString() ?? "";
  const before = video.getVideoPlaybackQuality().totalVideoFrames;
  await pause(4000);
  watched.atMidnight.frames = video.getVideoPlaybackQuality().totalVideoFrames - before;
  hls.destroy();
  return watched;
}

describe("today's list of a long day", () => {
  let folder: TempFolder;
  let server: Nightjar;
  let startedMs = 0;
  const config = (isRecorded: boolean) => ({
    channels: Object.fromEntries(
      days.map(({ id, zone }) => [id, { source: "demo:", timezone: zone, enabled: isRecorded }]),
    ),
  });
  const today = (id: string) => `${server.url}/${id}/stream/today/playlist.m3u8`;

  beforeAll(async () => {
    folder = await tempFolder();
    {
      await using first = await Nightjar.start({ folder: folder.path, config: config(true) });
      await waitForRecording(first, [days[0].id], { withFootage: true });
      await first.stop();
    }
    startedMs = Date.now();
    await fillDay(
      folder.path,
      days.map(({ id }) => id),
      startedMs,
    );
    // What is recorded now has another init: there is a discontinuity a little before the live edge.
    server = await Nightjar.start({ folder: folder.path, config: config(true) });
    await waitForRecording(
      server,
      days.map(({ id }) => id),
      { withFootage: true },
    );
    await Bun.sleep(6000);
  }, 90_000);
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  test.each(days)(
    "of $id is long, and has a discontinuity at what is recorded now",
    async ({ id, entries }) => {
      const { segments } = parseMediaPlaylist(await (await fetch(today(id))).text());
      expect(segments.length).toBeGreaterThanOrEqual(entries);
      expect(segments.filter(({ isDiscontinuity }) => isDiscontinuity)).toHaveLength(1);
    },
  );

  test.each(days)(
    "of $id in hls.js: at the edge within 3 s, reloads are deltas, back to midnight",
    async ({ id, entries }) => {
      const served = await servePlayerPage();
      const browser = await launchChromium();
      try {
        const page: Page = await browser.newPage();
        await page.goto(served.url);
        await page.waitForFunction("typeof Hls === 'function'");
        const watched = await page.evaluate<Watched>(`(${watch.toString()})(${JSON.stringify(today(id))})`);
        expect(watched.errors).toEqual([]);
        expect(watched.firstPictureMs).toBeLessThan(START_MS);
        expect(watched.latencySeconds).toBeLessThan(12);
        // hls.js asks for all of it again where its copy is older than half of the skip boundary.
        expect(watched.whole).toBeLessThanOrEqual(2);
        expect(watched.reloads.length).toBeGreaterThanOrEqual(3);
        for (const { skipped, failed, bytes } of watched.reloads) {
          expect(failed).toBe(false);
          expect(skipped).toBeGreaterThan(entries - 100);
          expect(bytes).toBeLessThan(3000);
        }
        expect(watched.discontinuities).toBe(1);
        const { startMs } = await midnightOf(server, id);
        expect(Math.abs(Date.parse(watched.atMidnight.playingDate) - startMs)).toBeLessThan(4000);
        expect(watched.atMidnight.seekMs).toBeLessThan(START_MS);
        expect(watched.atMidnight.frames).toBeGreaterThan(3 * PICTURES_PER_SECOND);
      } finally {
        await browser.close();
        await served.stop();
      }
    },
  );

  test.each(days)("of $id in VLC: at the edge, and back to midnight", async ({ id }) => {
    const { counters, complaints, lengthSeconds } = await playInVlc(today(id), [
      { playSeconds: 5 },
      { playSeconds: 3 },
      { seekSeconds: 5 },
      { playSeconds: 5 },
    ]);
    const [start, on, back, after] = counters;
    expect(start!.decodedVideo).toBeGreaterThan(PICTURES_PER_SECOND);
    expect(on!.decodedVideo - start!.decodedVideo).toBeGreaterThan(2 * PICTURES_PER_SECOND);
    expect(after!.decodedVideo - back!.decodedVideo).toBeGreaterThan(3 * PICTURES_PER_SECOND);
    expect(complaints).toEqual([]);
    expect(lengthSeconds).toBeGreaterThan(3600);
  });
});

async function midnightOf(server: Nightjar, id: string): Promise<{ startMs: number }> {
  const { segments } = parseMediaPlaylist(await server.text(`/${id}/stream/today/playlist.m3u8`));
  return { startMs: segments[0]!.programDateTimeMs! };
}
