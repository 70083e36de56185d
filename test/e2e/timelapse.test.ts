import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { readdir } from "node:fs/promises";
import { seriousFindings, stickingOutPixels } from "../support/axe.ts";
import { waitForRecording } from "../support/channels.ts";
import { launchChromium } from "../support/chromium.ts";
import { fillDay } from "../support/long-day.ts";
import { Nightjar, nightjarCommand } from "../support/nightjar.ts";
import { tempFolder, type TempFolder } from "../support/temp.ts";
import { waitFor } from "../support/wait.ts";

const DAY_MS = 86_400_000;
const channels = { yard: { name: "Yard", source: "demo:", enabled: false }, hall: { source: "upload" } };
const config = { timezone: "UTC", channels };

/** Dates of the footage: the whole of the first day, and the last hour of the one before. */
const todayMs = Math.floor(Date.now() / DAY_MS) * DAY_MS;
const dateOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
const day = dateOf(todayMs - DAY_MS);
const before = dateOf(todayMs - 2 * DAY_MS);
const numbers = (date: string): number[] => date.split("-").map(Number);

type Facts = { codec: string; pixels: string; seconds: number; pictures: number };

function factsOf(path: string): Facts {
  const entries = "stream=codec_name,pix_fmt,nb_read_frames:format=duration";
  const done = Bun.spawnSync(
    [
      "ffprobe",
      "-v",
      "error",
      "-count_frames",
      "-select_streams",
      "v",
      "-show_entries",
      entries,
      "-of",
      "json",
      path,
    ],
    { timeout: 60_000 },
  );
  if (done.exitCode !== 0) throw new Error(done.stderr.toString());
  const { streams, format } = JSON.parse(done.stdout.toString()) as {
    streams: Record<string, string>[];
    format: { duration: string };
  };
  return {
    codec: streams[0]?.["codec_name"] ?? "",
    pixels: streams[0]?.["pix_fmt"] ?? "",
    seconds: Number(format.duration),
    pictures: Number(streams[0]?.["nb_read_frames"]),
  };
}

describe("timelapses of the executable", () => {
  let folder: TempFolder;
  let server: Nightjar;
  const clipsFolder = () => join(folder.path, "data/archive/yard/clips");
  const dates = async (): Promise<number[][]> =>
    JSON.parse(await server.text("/yard/timelapse")) as number[][];
  const start = async (): Promise<void> => {
    server = await Nightjar.start({ folder: folder.path, config });
  };

  beforeAll(async () => {
    folder = await tempFolder();
    {
      await using first = await Nightjar.start({
        folder: folder.path,
        config: { ...config, channels: { ...channels, yard: { source: "demo:", timelapse: false } } },
      });
      await waitForRecording(first, ["yard"], { withFootage: true });
      await first.stop();
    }
    await fillDay(folder.path, ["yard"], todayMs);
    await mkdir(clipsFolder(), { recursive: true });
    await Bun.write(join(clipsFolder(), ".making-timelapse-half.mp4"), "left half made by a kill");
    await start();
    // A kill in the midst of the first one costs what was made of it, no more.
    await waitFor(
      "a timelapse that is being made",
      async () => /"progress":0\.[1-9]/.test(await server.text("/api/jobs?kind=timelapse&state=running")),
      { timeoutMs: 60_000, everyMs: 100 },
    );
    await server.kill();
    await start();
  }, 120_000);
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  test("days that were missed are made up for at the start: a whole one is 60 s long", async () => {
    await waitFor("both days", async () => (await dates()).length === 2, { timeoutMs: 60_000, everyMs: 200 });
    expect(await dates()).toEqual([numbers(before), numbers(day)]);
    const path = folder.file("day.mp4");
    await Bun.write(path, await server.fetch(`/yard/timelapse/${day.replaceAll("-", "/")}`));
    const facts = factsOf(path);
    expect(facts).toMatchObject({ codec: "h264", pixels: "yuv420p", pictures: 1500 });
    expect(Math.abs(facts.seconds - 60)).toBeLessThanOrEqual(2);
    expect((await readdir(clipsFolder())).sort()).toEqual([
      `timelapse_${before}_00-00-00+0000_1d.mp4`,
      `timelapse_${day}_00-00-00+0000_1d.mp4`,
    ]);
  }, 90_000);

  test("is answered with ranges, HEAD and a tag, its date padded or not", async () => {
    const unpadded = `/yard/timelapse/${numbers(day).join("/")}/`;
    const whole = await server.fetch(unpadded);
    const bytes = await whole.bytes();
    expect(whole.headers.get("content-type")).toBe("video/mp4");
    const head = await server.fetch(unpadded, { method: "HEAD" });
    expect(head.headers.get("content-length")).toBe(String(bytes.length));
    const part = await server.fetch(unpadded, { headers: { range: "bytes=4-7" } });
    expect([part.status, await part.text()]).toEqual([206, "ftyp"]);
    const tag = whole.headers.get("etag") ?? "";
    expect((await server.fetch(unpadded, { headers: { "if-none-match": tag } })).status).toBe(304);
    const missing = await server.fetch("/yard/timelapse/2020/1/1");
    expect([missing.status, await missing.text()]).toEqual([404, expect.stringContaining(day)]);
    expect((await server.fetch("/yard/timelapse/2020/13/1")).status).toBe(400);
    expect(await server.text("/hall/timelapse")).toBe("[]");
    const poster = await server.fetch(`${unpadded}poster.jpg`);
    expect(poster.headers.get("content-type")).toBe("image/jpeg");
  });

  test("plays in Chromium from its page, which looks right on a phone", async () => {
    await using browser = await launchChromium();
    const context = await browser.newContext({ viewport: { width: 390, height: 800 }, colorScheme: "light" });
    const page = await context.newPage();
    await page.goto(`${server.url}/timelapses`);
    expect(await seriousFindings(page)).toEqual([]);
    expect(await stickingOutPixels(page)).toBe(0);
    expect(await page.locator(".film").count()).toBe(2);
    const played = await page.evaluate<number[]>(`(async () => {
      const video = document.querySelector(".film video");
      await video.play();
      while (video.currentTime < 1) await new Promise((done) => setTimeout(done, 50));
      return [video.duration, video.videoWidth, video.error ? 1 : 0];
    })()`);
    expect(Math.abs((played[0] ?? 0) - 60)).toBeLessThanOrEqual(2);
    expect(played.slice(1)).toEqual([160, 0]);
    await page.getByRole("button", { name: "Make today's so far" }).click();
    const third = page.locator(".film").nth(2);
    await third.waitFor({ timeout: 30_000 });
    const today = page.locator(".film").first();
    expect(await today.locator("h2").textContent()).toContain(", 00:00 to ");
    await today.locator("summary").click();
    await today.getByRole("button", { name: /for good/ }).click();
    await third.waitFor({ state: "detached" });
  }, 60_000);

  test("any interval at any speed is a job, and so is a day again, in the place of the former", async () => {
    const made = async (body: unknown): Promise<Record<string, unknown>> => {
      const answer = await server.fetch("/api/channels/yard/timelapses", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      expect(answer.status).toBe(202);
      const address = answer.headers.get("location") ?? "";
      let job: Record<string, unknown> = {};
      await waitFor(
        "the job's end",
        async () => {
          job = JSON.parse(await server.text(address)) as Record<string, unknown>;
          return job["state"] !== "queued" && job["state"] !== "running";
        },
        { timeoutMs: 30_000, everyMs: 100 },
      );
      return job;
    };
    expect(await made({ from: `${day}T10:00`, to: `${day}T11:00`, speed: 360 })).toMatchObject({
      state: "done",
    });
    const listed = async () =>
      (JSON.parse(await server.text("/api/clips?kind=timelapse")) as { clips: Record<string, unknown>[] })
        .clips;
    const [first] = await listed();
    expect(first).toMatchObject({ local_time: `${day}T10:00:00`, whole_day: false, duration_seconds: 10 });
    await Bun.write(folder.file("hour.mp4"), await server.fetch(String(first?.["address"])));
    expect(factsOf(folder.file("hour.mp4")).pictures).toBe(250);
    expect(await made({ date: before })).toMatchObject({ state: "done" });
    expect(await dates()).toEqual([numbers(before), numbers(day)]);
    expect(await listed()).toHaveLength(3);
    for (const [body, status] of [
      [{ from: `${day}T10:00`, to: `${day}T09:00` }, 400],
      [{ from: `${day}T10:00`, to: `${day}T11:00`, speed: 1 }, 400],
      [{ from: `${day}T10:00`, length: "1s", speed: 60 }, 400],
      [{ date: "2031-01-01" }, 404],
      [{ from: "2020-01-01T10:00", to: "2020-01-01T11:00" }, 404],
    ] as const) {
      const answer = await server.fetch("/api/channels/yard/timelapses", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      expect([body, answer.status]).toEqual([body, status]);
    }
  }, 60_000);

  test("they are there after a kill; one that was deleted is not made again; remove takes them along", async () => {
    await server.kill();
    await start();
    expect(await dates()).toEqual([numbers(before), numbers(day)]);
    const { clips } = JSON.parse(await server.text("/api/clips?channel=yard")) as {
      clips: { id: number; local_time: string }[];
    };
    const id = clips.find(({ local_time: time }) => time === day)?.id;
    expect((await server.fetch(`/api/clips/${id}`, { method: "DELETE" })).status).toBe(204);
    expect((await server.fetch(`/yard/timelapse/${day.replaceAll("-", "/")}`)).status).toBe(404);
    await server.stop();
    await start();
    await Bun.sleep(1500);
    expect(await dates()).toEqual([numbers(before)]);
    expect(await server.text("/api/jobs?kind=timelapse&state=queued,running")).toBe('{"jobs":[],"total":0}');
    await server.stop();
    const removed = await nightjarCommand(["remove", "yard", "--footage", "--yes"], { folder: folder.path });
    expect(removed.stdout).toContain("2 films were deleted.");
    expect(await readdir(clipsFolder())).toEqual([]);
  }, 60_000);
});
