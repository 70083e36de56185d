import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Browser } from "playwright-core";
import { seriousFindings, stickingOutPixels } from "../support/axe.ts";
import { launchChromium } from "../support/chromium.ts";
import { waitForRecording } from "../support/channels.ts";
import { Nightjar } from "../support/nightjar.ts";
import { tempFolder } from "../support/temp.ts";

/** Where the pictures of all pages are left, to be looked at. */
const OUT = resolve(import.meta.dir, "../../dist/screenshots");
const WIDTHS = [390, 1280, 2560];
const SCHEMES = ["dark", "light"] as const;
const LONG = "The very long name of the camera at the back gate beside the bicycle stands, north side";

/** Two cameras that record, one that never answers, and the rest switched off: more would only load the machine. */
const channelsOf = (count: number) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => {
      const name = index === 1 ? LONG : `Camera ${index + 1}`;
      const source =
        index === 2 ? "rtsp://127.0.0.1:9/none" : index % 2 === 0 ? "demo:courtyard" : "demo:street";
      return [`cam${index + 1}`, { name, source, enabled: index < 3 }];
    }),
  );

describe.each([0, 1, 16])("all pages with %d channels", (count) => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
    mkdirSync(OUT, { recursive: true });
  });
  afterAll(() => browser.close());

  test("fit the screen, and axe finds nothing serious, light and dark; pictures of them lie in dist/screenshots", async () => {
    await using folder = await tempFolder();
    const config = { auth: "none", channels: channelsOf(count) };
    await using server = await Nightjar.start({ folder: folder.path, config });
    const recording = ["cam1", "cam2"].slice(0, count);
    await waitForRecording(server, recording, { withFootage: true });
    const today = new Date().toISOString().slice(0, 10);
    const pages: Record<string, string> = {
      wall: "/",
      dates: "/dates",
      playlists: "/playlists",
      settings: "/settings",
      moments: "/moments",
      clips: "/-/clips",
      locks: "/-/locks",
    };
    if (count > 0) {
      Object.assign(pages, {
        channel: "/cam1",
        day: `/cam1/${today}`,
        part: `/-/spans/cam1?from=${Date.now() - 10_000}&to=${Date.now()}`,
        date: `/dates/${today}`,
        addresses: "/playlists?channel=cam1&day=2026-01-02",
        missing: "/nowhere",
      });
    }
    const faults: string[] = [];
    for (const colorScheme of SCHEMES) {
      for (const width of WIDTHS) {
        const height = width < 500 ? 844 : Math.round((width * 9) / 16);
        const context = await browser.newContext({ colorScheme, viewport: { width, height } });
        const page = await context.newPage();
        for (const [name, path] of Object.entries(pages)) {
          await page.goto(server.url + path);
          await page.waitForTimeout(name === "channel" || name === "day" ? 2000 : 700);
          const over = await stickingOutPixels(page);
          if (over > 0) faults.push(`${path} at ${width}: ${over} px stick out`);
          if (width === 1280)
            faults.push(...(await seriousFindings(page)).map((found) => `${path} ${JSON.stringify(found)}`));
          await page.screenshot({ path: join(OUT, `${count}-${name}-${width}-${colorScheme}.png`) });
        }
        await context.close();
      }
    }
    expect(faults).toEqual([]);
  }, 180_000);
});
