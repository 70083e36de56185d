import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { seriousFindings, stickingOutPixels } from "../support/axe.ts";
import { launchChromium } from "../support/chromium.ts";
import { waitForRecording } from "../support/channels.ts";
import { Nightjar } from "../support/nightjar.ts";
import { tempFolder, type TempFolder } from "../support/temp.ts";
import { waitFor } from "../support/wait.ts";

const LONG = "The very long name of the camera at the back gate beside the bicycle stands, north side";

describe("pages in a browser", () => {
  let folder: TempFolder;
  let server: Nightjar;
  let browser: Browser;
  let today = "";

  beforeAll(async () => {
    folder = await tempFolder();
    const channels = {
      courtyard: { name: LONG, source: "demo:courtyard" },
      street: { name: "Street", source: "demo:street" },
    };
    [server, browser] = await Promise.all([
      Nightjar.start({ folder: folder.path, config: { auth: "none", timezone: "UTC", channels } }),
      launchChromium(),
    ]);
    await waitForRecording(server, ["courtyard", "street"], { withFootage: true });
    today = new Date().toISOString().slice(0, 10);
    const locked = await server.fetch("/api/channels/courtyard/locks", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ from: `${today}T00:00:00`, to: `${today}T23:59:59`, why: "long".repeat(50) }),
    });
    expect(locked.status).toBe(201);
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await server[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  /** A page whose complaints are collected; what is not found on purpose is no complaint. */
  async function open(context: BrowserContext, path: string): Promise<{ page: Page; complaints: string[] }> {
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on("console", (message) => {
      if (message.type() === "error" && path !== "/nowhere") complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.goto(server.url + path);
    return { page, complaints };
  }

  const inPage = <T>(page: Page, script: string) => page.evaluate<T>(script);

  test.each([
    [
      "dark",
      1280,
      ["/", "/courtyard", "/dates", "/playlists?channel=courtyard&day=2026-01-02", "/jobs", "/settings"],
    ],
    ["light", 360, ["/", "/street", "/dates/TODAY", "/playlists", "/jobs", "/nowhere"]],
    ["dark", 360, ["/timelapses", "/moments", "/-/clips", "/-/locks"]],
  ] as const)(
    "axe finds nothing serious, nothing sticks out, nobody complains: %s, %d px",
    async (colorScheme, width, paths) => {
      const context = await browser.newContext({ colorScheme, viewport: { width, height: 800 } });
      for (const path of paths) {
        const { page, complaints } = await open(context, path.replace("TODAY", today));
        const found = await seriousFindings(page);
        const over = await stickingOutPixels(page);
        expect({ path, found, over, complaints }).toEqual({ path, found: [], over: 0, complaints: [] });
        await page.close();
      }
      await context.close();
    },
    60_000,
  );

  test("the wall shows a picture of each channel, and keeps it when the words are renewed", async () => {
    const context = await browser.newContext();
    const { page, complaints } = await open(context, "/");
    const loaded = "[...document.querySelectorAll('.tile img')].filter((i) => i.naturalWidth === 480).length";
    await waitFor("two pictures", async () => (await inPage<number>(page, loaded)) === 2);
    await inPage(page, "document.querySelectorAll('.tile img').forEach((image) => { image.marked = true; })");
    const swapped = page.waitForResponse((response) => response.request().headers()["hx-request"] === "true");
    await swapped;
    await Bun.sleep(300);
    const kept = "[...document.querySelectorAll('.tile img')].filter((image) => image.marked).length";
    expect(await inPage<number>(page, kept)).toBe(2);
    expect(complaints).toEqual([]);
    await context.close();
  }, 30_000);

  test("everything can be reached and done by keyboard alone", async () => {
    const context = await browser.newContext();
    const { page, complaints } = await open(context, "/");
    const focused = () =>
      inPage<string>(page, "document.activeElement.getAttribute('href') ?? document.activeElement.className");
    const seen: string[] = [];
    for (let i = 0; i < 20 && seen.at(-1) !== "/street"; i += 1) {
      await page.keyboard.press("Tab");
      seen.push(await focused());
    }
    expect(seen).toEqual(
      expect.arrayContaining(["#main", "/", "/dates", "/playlists", "/settings", "/courtyard", "/street"]),
    );
    await page.keyboard.press("Enter");
    await page.waitForURL("**/street");
    const clock = () => inPage<string>(page, "document.querySelector('[data-clock]').textContent");
    await waitFor("live pictures", async () => (await clock()).endsWith(", live"), { timeoutMs: 15_000 });

    await page.keyboard.press("Space");
    await waitFor("a pause", () => inPage<boolean>(page, "document.querySelector('video').paused"));
    await waitFor("the address of the moment", () => page.url().includes("?at="));
    await page.keyboard.press("m");
    expect(await inPage<boolean>(page, "document.querySelector('video').muted")).toBe(false);
    await inPage(page, "document.querySelector('[data-scrub]').focus()");
    expect(await inPage<string>(page, "document.activeElement.getAttribute('role')")).toBe("slider");
    await page.keyboard.press("Home");
    const midnight = new Date().setUTCHours(0, 0, 0, 0) / 1000;
    await waitFor("the day's beginning", () => page.url().endsWith(`?at=${midnight}`));
    const said = () => inPage<string>(page, "document.querySelector('[data-message]').textContent");
    await waitFor("what plays instead", async () => (await said()).includes("Playing from"), {
      timeoutMs: 15_000,
    });
    await page.keyboard.press("l");
    await waitFor("live again", async () => (await clock()).endsWith(", live"), { timeoutMs: 15_000 });
    expect(new URL(page.url()).search).toBe("");
    expect(complaints).toEqual([]);
    await context.close();
  }, 60_000);

  test("a moment has its address, which is kept in step, and Back goes back", async () => {
    const context = await browser.newContext();
    const { day } = JSON.parse(await server.text("/api/channels/courtyard")) as {
      day: { recorded: { startMs: number }[] };
    };
    const firstMs = day.recorded[0]!.startMs;
    const at = Math.ceil(firstMs / 1000) + 2;
    const { page, complaints } = await open(context, `/courtyard?at=${at}`);
    const playing = () =>
      inPage<string>(page, "document.querySelector('[data-clock]').textContent.slice(0, 8)");
    const expected = [0, 1, 2, 3, 4].map((add) => new Date((at + add) * 1000).toISOString().slice(11, 19));
    await waitFor("that moment", async () => expected.includes(await playing()), { timeoutMs: 15_000 });
    await waitFor("another address", () => !page.url().endsWith(`at=${at}`), { timeoutMs: 12_000 });
    const kept = Number(new URL(page.url()).searchParams.get("at"));
    expect(kept).toBeGreaterThan(at);
    expect(kept).toBeLessThan(at + 15);

    await page.click("[data-live-button]");
    await waitFor("the live address", () => !page.url().includes("?at="));
    await page.goBack();
    const back = () => Number(new URL(page.url()).searchParams.get("at"));
    await waitFor("the moment again", () => Math.abs(back() - kept) < 10);
    expect(complaints).toEqual([]);
    await context.close();
  }, 60_000);

  test("pointing at the bar shows time and picture; a click goes there", async () => {
    const context = await browser.newContext();
    const { page, complaints } = await open(context, "/street");
    await waitFor(
      "the clock",
      async () => (await inPage<string>(page, "document.querySelector('[data-clock]').textContent")) !== "",
      { timeoutMs: 15_000 },
    );
    await page.keyboard.press("z");
    const box = (await page.locator("[data-scrub] .bar-picture").boundingBox())!;
    const spot = await inPage<{ x: number; width: number }>(
      page,
      `(() => { const box = document.querySelector('[data-recorded]').getBoundingClientRect();
        return { x: box.left, width: box.width }; })()`,
    );
    const x = spot.x + spot.width / 3;
    await page.mouse.move(x, box.y + 10);
    await waitFor("a picture of that moment", () =>
      inPage<boolean>(
        page,
        "(() => { const i = document.querySelector('[data-preview-picture]'); return !i.hidden && i.naturalWidth === 240; })()",
      ),
    );
    await page.mouse.click(x, box.y + 10);
    await waitFor("its address", () => page.url().includes("?at="));
    expect(complaints).toEqual([]);
    await context.close();
  }, 40_000);
});
