import { expect, test } from "bun:test";
import { seriousFindings, stickingOutPixels } from "../support/axe.ts";
import { launchChromium } from "../support/chromium.ts";
import { waitForRecording } from "../support/channels.ts";
import { Nightjar } from "../support/nightjar.ts";
import { tempFolder } from "../support/temp.ts";

/** A zone where it is between 14:00 and 15:00, whenever the test runs: of a day's first hour a part would be a few pixels. */
const HOURS_AHEAD = 14 - new Date().getUTCHours();
const ZONE = `Etc/GMT${HOURS_AHEAD > 0 ? "-" : "+"}${Math.abs(HOURS_AHEAD)}`;

test("on a day's page a part is chosen by keys, pointer and touch, downloaded and locked; a moment is made beside it", async () => {
  await using folder = await tempFolder();
  const channels = { yard: { name: "Yard", source: "demo:courtyard" } };
  const config = { timezone: ZONE, channels };
  await using server = await Nightjar.start({ folder: folder.path, config });
  await waitForRecording(server, ["yard"], { withFootage: true });
  const browser = await launchChromium();
  try {
    const viewport = { width: 390, height: 900 };
    const page = await browser.newPage({ viewport, timezoneId: "Asia/Tokyo", hasTouch: true });
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(String(error)));
    page.setDefaultTimeout(20_000);
    await page.goto(`${server.url}/yard`);
    await page.click(".moment-form button");
    await page.waitForSelector("#moment img");
    expect(await page.getAttribute("#moment a", "href")).toMatch(/^\/-\/clips\/\d+\.mp4\?download=1$/);

    await page.click("details.span > summary");
    await page.click("[data-span-toggle]");
    const from = page.locator("#span-from");
    const secondsOf = async (field: "from" | "to") =>
      Date.parse(`${await page.inputValue(`#span-${field}`)}Z`) / 1000 - HOURS_AHEAD * 3600;
    const before = await secondsOf("from");
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("Shift+ArrowLeft");
    await page.keyboard.press("PageUp");
    expect((await secondsOf("from")) - before).toBe(-1 - 10 + 60);
    expect(await page.getAttribute("[data-span-edge=from]", "aria-valuetext")).toBe(
      (await from.inputValue()).slice(11),
    );

    const layer = (await page.locator("[data-span-layer]").boundingBox())!;
    const day = await page.evaluate(() => {
      const bar = document.querySelector<HTMLElement>("[data-bar]")!;
      return { start: Number(bar.dataset["start"]), now: Number(bar.dataset["now"]) };
    });
    const share = (day.now - day.start) / 86_400_000;
    const finger = await page.context().newCDPSession(page);
    const touch = (type: "touchStart" | "touchMove", shareOfDay: number, y: number) =>
      finger.send("Input.dispatchTouchEvent", {
        type,
        touchPoints: [{ x: layer.x + layer.width * shareOfDay, y: layer.y + y }],
      });
    await touch("touchStart", share * 0.2, 15);
    // A finger is never exactly level: that must not scroll the page instead.
    for (const step of [1, 2, 3, 4]) await touch("touchMove", share * (0.2 + step * 0.1), 15 + step * 4);
    await finger.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
    const touched = { from: await secondsOf("from"), to: await secondsOf("to") };
    const dayAt = (part: number) => (day.start + (day.now - day.start) * part) / 1000;
    expect(Math.abs(touched.from - dayAt(0.2))).toBeLessThan(400);
    expect(Math.abs(touched.to - dayAt(0.6))).toBeLessThan(400);
    await page.mouse.move(layer.x + layer.width * share * 0.5, layer.y + 20);
    await page.mouse.down();
    await page.mouse.move(layer.x + layer.width * share + 20, layer.y + 20, { steps: 4 });
    await page.mouse.up();
    const dragged = { from: await secondsOf("from"), to: await secondsOf("to") };
    expect(Math.abs(dragged.from - dayAt(0.5))).toBeLessThan(400);
    expect(Math.abs(dragged.to - day.now / 1000)).toBeLessThan(10);

    await page.waitForSelector("#span-facts a[download]");
    const download = new URL((await page.getAttribute("#span-facts a[download]", "href")) ?? "", server.url);
    expect((await fetch(download)).headers.get("content-type")).toBe("video/mp4");
    const swapped = await fetch(`${server.url}/-/spans/yard?from=2026-11-21T23:00&to=2026-11-21T01:00`, {
      headers: { "hx-request": "true" },
    });
    expect(await swapped.text()).toContain("“To” has to be a time after “From”");
    await page.fill("#span-why", "A van");
    await page.click("button:has-text('Lock it')");
    await page.waitForSelector("#span-facts :text('It is locked')");
    expect(await stickingOutPixels(page)).toBe(0);
    expect(await seriousFindings(page)).toEqual([]);
    await page.reload();
    expect(await page.locator(".bar-lock").count()).toBe(1);
    expect(errors).toEqual([]);
  } finally {
    await browser.close();
  }
}, 90_000);
