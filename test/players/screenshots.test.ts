import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Browser, BrowserContextOptions, Cookie } from "playwright-core";
import { seriousFindings, stickingOutPixels } from "../support/axe.ts";
import { launchChromium } from "../support/chromium.ts";
import { waitForRecording } from "../support/channels.ts";
import { Nightjar, nightjarCommand } from "../support/nightjar.ts";
import { tempFolder } from "../support/temp.ts";

/** Where the pictures of all pages are left, to be looked at. */
const OUT = resolve(import.meta.dir, "../../dist/screenshots");
const WIDTHS = [390, 1280, 2560];
const SCHEMES = ["dark", "light"] as const;
const LONG = "The very long name of the camera at the back gate beside the bicycle stands, north side";
const PASSWORD = "a nightjar sits still";

/** Two cameras that record, one that never answers, files, and the rest switched off: more would only load the machine. */
const channelsOf = (count: number) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => {
      const name = index === 1 ? LONG : `Camera ${index + 1}`;
      const cameras = [
        { source: "demo:courtyard" },
        { source: "demo:street" },
        { source: "rtsp://127.0.0.1:9/none" },
        { source: "upload" },
      ];
      const kind = cameras[index] ?? { source: "demo:courtyard", enabled: false };
      return [`cam${index + 1}`, { name, ...kind }];
    }),
  );

/** Addresses of all pages that there are with so many channels, by the names of their pictures. */
function pagesWith(count: number): Record<string, string> {
  const now = Date.now();
  const today = new Date(now).toISOString().slice(0, 10);
  const always = {
    wall: "/",
    dates: "/dates",
    timelapses: "/timelapses",
    moments: "/moments",
    playlists: "/playlists",
    jobs: "/jobs",
    settings: "/settings",
    cameras: "/settings/cameras",
    "add-camera": "/settings/add-camera",
    clips: "/-/clips",
    locks: "/-/locks",
    missing: "/nowhere",
  };
  if (count === 0) return always;
  const one = {
    ...always,
    channel: "/cam1",
    day: `/cam1/${today}`,
    "empty-day": "/cam1/2001-02-03",
    part: `/-/spans/cam1?from=${now - 10_000}&to=${now}`,
    date: `/dates/${today}`,
    addresses: "/playlists?channel=cam1&day=2026-01-02",
    "channel-moments": "/moments?channel=cam1",
    "change-camera": "/settings/cameras/cam1",
    "remove-camera": "/settings/cameras/cam1/remove",
  };
  if (count === 1) return one;
  return {
    ...one,
    "long-channel": "/cam2",
    "long-addresses": "/playlists?channel=cam2&day=2026-01-02",
    "dark-channel": "/cam3",
    "files-channel": "/cam4",
    files: "/-/files/cam4",
    quarantine: "/-/files/cam4/quarantine",
  };
}

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
  mkdirSync(OUT, { recursive: true });
});
afterAll(() => browser.close());

/** Takes pictures of pages at all widths, light and dark; answers what sticks out, and what axe finds. */
async function taken(prefix: string, url: string, pages: Record<string, string>, cookies: Cookie[] = []) {
  const faults: string[] = [];
  for (const colorScheme of SCHEMES) {
    for (const width of WIDTHS) {
      const height = width < 500 ? 844 : Math.round((width * 9) / 16);
      const options: BrowserContextOptions = { colorScheme, viewport: { width, height } };
      const context = await browser.newContext(options);
      await context.addCookies(cookies);
      const page = await context.newPage();
      for (const [name, path] of Object.entries(pages)) {
        await page.goto(url + path);
        await page.waitForTimeout(name.includes("channel") || name === "day" ? 2000 : 500);
        const over = await stickingOutPixels(page);
        if (over > 0) faults.push(`${path} at ${width}: ${over} px stick out`);
        if (width === 1280)
          faults.push(...(await seriousFindings(page)).map((found) => `${path} ${JSON.stringify(found)}`));
        const fullPage = width === 1280;
        await page.screenshot({ path: join(OUT, `${prefix}-${name}-${width}-${colorScheme}.png`), fullPage });
      }
      await context.close();
    }
  }
  return faults;
}

describe.each([0, 1, 16])("all pages with %d channels", (count) => {
  test("fit the screen, and axe finds nothing serious, light and dark; pictures of them lie in dist/screenshots", async () => {
    await using folder = await tempFolder();
    const config = { auth: "none", channels: channelsOf(count) };
    await using server = await Nightjar.start({ folder: folder.path, config });
    const recording = ["cam1", "cam2"].slice(0, count);
    await waitForRecording(server, recording, { withFootage: true });
    if (count > 0) {
      const made = await fetch(`${server.url}/cam1/moment/generate/4`, { method: "POST" });
      expect(made.status).toBe(200);
    }
    expect(await taken(String(count), server.url, pagesWith(count))).toEqual([]);
  }, 300_000);
});

test("so do the pages of people: set-up, signing in, and what an admin sees", async () => {
  await using folder = await tempFolder();
  const config = { auth: "accounts", channels: channelsOf(1) };
  await using server = await Nightjar.start({ folder: folder.path, config });
  const faults = await taken("people", server.url, { setup: "/setup" });
  const added = await nightjarCommand(["user", "add", "anna", "--role", "admin"], {
    folder: folder.path,
    input: `${PASSWORD}\n`,
  });
  expect(added.code).toBe(0);
  faults.push(...(await taken("people", server.url, { login: "/login" })));
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${server.url}/login`);
  await page.fill("[name=name]", "anna");
  await page.fill("[name=password]", PASSWORD);
  await Promise.all([page.waitForNavigation(), page.click("button.main")]);
  const cookies = await context.cookies();
  await context.close();
  const pages = { people: "/settings/people", password: "/settings/password", settings: "/settings" };
  faults.push(...(await taken("people", server.url, pages, cookies)));
  expect(faults).toEqual([]);
}, 300_000);
