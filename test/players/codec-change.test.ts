import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Browser, Page } from "playwright-core";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { launchChromium } from "../support/chromium.ts";
import { waitForRecording } from "../support/channels.ts";
import { Nightjar } from "../support/nightjar.ts";
import { tempFolder, type TempFolder } from "../support/temp.ts";
import { waitFor } from "../support/wait.ts";

const RECORD_MS = 14_000;

const h265 = {
  exec: [
    ..."ffmpeg -re -f lavfi -i testsrc2=s=320x180:r=10 -c:v libx265 -preset ultrafast -x265-params".split(
      " ",
    ),
    ..."log-level=none:keyint=20:pools=1:frame-threads=1 -f mpegts -".split(" "),
  ],
  format: "mpegts",
};

const timelinesAnswer = z.array(z.object({ from: z.string(), to: z.string(), codecs: z.array(z.string()) }));

describe("a day in which the camera changes from H.264 with sound to H.265 without", () => {
  let folder: TempFolder;
  let server: Nightjar;
  let browser: Browser;
  let page: Page;
  let changeMs = 0;

  const record = (source: unknown) =>
    Nightjar.start({
      folder: folder.path,
      config: { auth: "none", timezone: "UTC", channels: { yard: { source } } },
    });
  const shown = () =>
    page.evaluate<{ isVideo: boolean; message: string; clock: string }>(
      `({ isVideo: !document.querySelector("video").hidden,
          message: document.querySelector("[data-message]").textContent,
          clock: document.querySelector("[data-clock]").textContent })`,
    );

  beforeAll(async () => {
    folder = await tempFolder();
    browser = await launchChromium();
    server = await record("demo:courtyard");
    await waitForRecording(server, ["yard"], { withFootage: true });
    await Bun.sleep(RECORD_MS);
    await server.stop();
    server = await record(h265);
    await waitForRecording(server, ["yard"], { withFootage: true });
    await Bun.sleep(RECORD_MS);
    const found = timelinesAnswer.parse(
      JSON.parse(await server.text("/api/channels/yard/timelines?day=today")),
    );
    expect(found.map(({ codecs }) => codecs.length)).toEqual([2, 1]);
    changeMs = Date.parse(found[0]!.to);
    page = await browser.newPage();
  }, 90_000);
  afterAll(async () => {
    await browser.close();
    await server[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  test("plays the video, goes on with still pictures where it can't play, says why, and goes back", async () => {
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error") errors.push(message.text());
    });
    await page.goto(`${server.url}/yard?at=${Math.floor(changeMs / 1000) - 5}`);
    await waitFor("video", async () => {
      const { isVideo, clock } = await shown();
      return isVideo && clock !== "";
    });
    await waitFor("still pictures", async () => !(await shown()).isVideo, { timeoutMs: 20_000 });
    await waitFor("one of them", () =>
      page.evaluate<boolean>("document.querySelector('[data-still-picture]').naturalWidth > 0"),
    );
    expect((await shown()).message).toContain("This browser can't play H.265.");
    await page.evaluate("document.querySelector('[data-scrub]').focus()");
    await page.keyboard.press("Home");
    await waitFor("video again", async () => (await shown()).isVideo, { timeoutMs: 15_000 });
    const decoded = "document.querySelector('video').getVideoPlaybackQuality().totalVideoFrames > 25";
    await waitFor("its pictures", () => page.evaluate<boolean>(decoded));
    expect(errors).toEqual([]);
  }, 90_000);
});

test("live video that changes is followed without a reload: to still pictures and back", async () => {
  await using folder = await tempFolder();
  await using server = await Nightjar.start({
    folder: folder.path,
    config: { auth: "none", timezone: "UTC", channels: { yard: { source: "demo:courtyard" } } },
  });
  const file = folder.file("nightjar.yaml");
  const first = await Bun.file(file).text();
  await waitForRecording(server, ["yard"], { withFootage: true });
  await using browser = await launchChromium();
  const page = await browser.newPage();
  const isPlaying = async (): Promise<boolean> => {
    const seconds = () =>
      page.evaluate<number>(
        "document.querySelector('video').hidden ? -1 : document.querySelector('video').currentTime",
      );
    const before = await seconds();
    await Bun.sleep(500);
    return before >= 0 && (await seconds()) > before;
  };
  await page.goto(`${server.url}/yard`);
  await waitFor("live video", isPlaying, { timeoutMs: 20_000 });
  await Bun.write(file, stringify({ ...parse(first), channels: { yard: { source: h265 } } }));
  server.signal("SIGHUP");
  const stills = "!document.querySelector('[data-still-picture]').hidden";
  await waitFor("still pictures", () => page.evaluate<boolean>(stills), { timeoutMs: 40_000 });
  await Bun.write(file, first);
  server.signal("SIGHUP");
  await waitFor("live video again", isPlaying, { timeoutMs: 60_000 });
}, 150_000);
