import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Browser } from "playwright-core";
import { launchChromium } from "../support/chromium.ts";
import { longRecordingConfig, makeLongRecording, type LongRecording } from "../support/long-recording.ts";
import { Nightjar } from "../support/nightjar.ts";
import { tempFolder, type TempFolder } from "../support/temp.ts";
import { playInVlc } from "../support/vlc.ts";

const CLIP_SECONDS = 20;
const HOUR_SECONDS = 3600;

type Seen = {
  durationSeconds: number;
  /** After each seek: where it stands, and how long that took, in ms. */
  seeks: { atSeconds: number; tookMs: number }[];
  pictures: number;
};

/** Plays in a `<video>`, and goes to parts of its length. Runs in the page. */
const PLAY = `async (url, shares) => {
  const video = document.createElement("video");
  video.muted = true;
  document.body.append(video);
  const event = (name) => new Promise((resolve, reject) => {
    video.addEventListener(name, resolve, { once: true });
    video.addEventListener("error", () => reject(new Error(video.error.message)), { once: true });
    setTimeout(() => reject(new Error("no " + name)), 15000);
  });
  const loaded = event("loadedmetadata");
  video.src = url;
  await loaded;
  const seeks = [];
  await video.play();
  for (const share of shares) {
    const begun = performance.now();
    const sought = event("seeked");
    video.currentTime = video.duration * share;
    await sought;
    const tookMs = performance.now() - begun;
    await new Promise((resolve) => setTimeout(resolve, 1000));
    seeks.push({ atSeconds: video.currentTime - 1, tookMs });
  }
  return { durationSeconds: video.duration, seeks, pictures: video.getVideoPlaybackQuality().totalVideoFrames };
}`;

describe("an hour as MP4", () => {
  let folder: TempFolder;
  let long: LongRecording;
  let server: Nightjar;
  let browser: Browser;
  let url = "";

  beforeAll(async () => {
    folder = await tempFolder();
    const clip = { seconds: CLIP_SECONDS, size: "640x360" };
    long = await makeLongRecording(folder.path, clip, (2 * HOUR_SECONDS) / CLIP_SECONDS);
    server = await Nightjar.start({ folder: folder.path, config: longRecordingConfig(long.channel) });
    url = `${server.url}/${long.channel}/archive-${Math.floor(long.startMs / 1000) + 600}-${HOUR_SECONDS}.mp4`;
    browser = await launchChromium();
  }, 90_000);
  afterAll(async () => {
    await browser.close();
    await server[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  test("Chromium knows its length, goes anywhere in it, and asks for little", async () => {
    const page = await browser.newPage();
    let requests = 0;
    page.on("request", (request) => (requests += request.url() === url ? 1 : 0));
    await page.goto(`${server.url}/health`);
    const shares = [0.83, 0.25, 0.6, 0.999, 0];
    const { durationSeconds, seeks, pictures } = await page.evaluate<Seen>(
      `(${PLAY})(${JSON.stringify(url)}, ${JSON.stringify(shares)})`,
    );
    await page.close();
    expect(durationSeconds).toBeCloseTo(HOUR_SECONDS, 0);
    for (const [index, { atSeconds, tookMs }] of seeks.entries()) {
      expect(Math.abs(atSeconds - durationSeconds * shares[index]!)).toBeLessThan(1.5);
      expect(tookMs).toBeLessThan(3000);
    }
    expect(pictures).toBeGreaterThan(60);
    expect(requests).toBeLessThan(20);
  });

  test("VLC knows its length and goes anywhere in it, with sound", async () => {
    const steps = [
      { playSeconds: 2 },
      { seekSeconds: 3000 },
      { playSeconds: 3 },
      { seekSeconds: 100 },
      { playSeconds: 3 },
    ];
    const { lengthSeconds, timesSeconds, counters, complaints } = await playInVlc(url, steps);
    expect(complaints).toEqual([]);
    expect(Math.abs(lengthSeconds - HOUR_SECONDS)).toBeLessThan(2);
    const [, , far, , near] = timesSeconds;
    expect(far).toBeGreaterThanOrEqual(3001);
    expect(far).toBeLessThan(3010);
    expect(near).toBeGreaterThanOrEqual(101);
    expect(near).toBeLessThan(110);
    const [, sought, played, back, end] = counters;
    expect(played!.playedAudioBuffers - sought!.playedAudioBuffers).toBeGreaterThan(80);
    expect(end!.playedAudioBuffers - back!.playedAudioBuffers).toBeGreaterThan(80);
    expect(end!.decodedVideo - back!.decodedVideo).toBeGreaterThan(50);
  });
});
