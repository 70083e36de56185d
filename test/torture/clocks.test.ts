import { expect, setDefaultTimeout, test } from "bun:test";
import { daySpanMs, type LocalDate } from "../../src/platform/zone.ts";
import {
  checkedList,
  DAY_MS,
  HOUR_MS,
  MINUTE_MS,
  SECOND_MS,
  sumSeconds,
  wallTimes,
} from "../integration/clock-support.ts";
import { channelReport, intervalPath, waitForRecording } from "../support/channels.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { decodeErrors, frameHashes } from "../support/ffmpeg.ts";
import { Nightjar } from "../support/nightjar.ts";
import { tempFolder } from "../support/temp.ts";
import { waitFor } from "../support/wait.ts";

setDefaultTimeout(240_000);

const PICTURES_PER_SECOND = 25;

/** The executable with a clock of its own, and one synthetic camera. */
async function house(
  folder: string,
  clock: FakeClock,
  change: { zone?: string; keep?: object; launcher?: readonly string[] } = {},
) {
  const server = await Nightjar.start({
    folder,
    env: clock.env,
    launcher: change.launcher ?? [],
    config: {
      auth: "none",
      timezone: change.zone ?? "Europe/Berlin",
      storage: { path: "./footage", flush: "1s", min_free: "1MB" },
      channels: { cam: { source: "demo:courtyard", ...(change.keep ? { keep: change.keep } : {}) } },
    },
  });
  await waitForRecording(server, ["cam"], { withFootage: true });
  return server;
}

const listOf = async (server: Nightjar, path: string) => checkedList(await server.text(path));

/** What is listed, in the order of its times, and as long as its pictures are. */
async function expectInOrder(server: Nightjar, path: string) {
  const list = await listOf(server, path);
  let lastMs = 0;
  for (const { startMs, endMs } of wallTimes(list)) {
    expect(startMs).toBeGreaterThanOrEqual(lastMs - 100);
    lastMs = endMs;
  }
  return list;
}

/** An ended interval plays from its first picture to its last, without a word of complaint. */
async function expectPlays(server: Nightjar, path: string): Promise<void> {
  const list = await expectInOrder(server, path);
  expect(list.isEnded).toBe(true);
  const url = server.url + path;
  expect(await decodeErrors(url)).toBe("");
  const pictures = await frameHashes(url, "v");
  expect(pictures).toHaveLength(Math.round(sumSeconds(list) * PICTURES_PER_SECOND));
}

/** Days whose change falls into the recording: 25 and 23 hours, a zone of half hours, one without a midnight. */
const NIGHTS = [
  { zone: "Europe/Berlin", atMs: Date.UTC(2026, 9, 25, 1), date: "2026-10-25", hours: 25 },
  { zone: "Europe/Berlin", atMs: Date.UTC(2027, 2, 28, 1), date: "2027-03-28", hours: 23 },
  { zone: "Asia/Kolkata", atMs: Date.UTC(2026, 10, 21, 18, 30), date: "2026-11-22", hours: 24 },
  { zone: "Africa/Cairo", atMs: Date.UTC(2027, 3, 29, 22), date: "2027-04-30", hours: 23 },
] as const;

test.each(NIGHTS)("recorded over the change in $zone at $atMs", async ({ zone, atMs, date, hours }) => {
  await using folder = await tempFolder();
  const clock = new FakeClock(folder.path);
  clock.show(atMs - 12 * SECOND_MS);
  await using server = await house(folder.path, clock, { zone });
  await waitFor("the time after the change", () => clock.nowMs > atMs + 12 * SECOND_MS, {
    timeoutMs: 60_000,
  });
  const day = daySpanMs(date as LocalDate, zone);
  expect((day.endMs - day.startMs) / HOUR_MS).toBe(hours);
  const list = await expectInOrder(server, `/cam/stream/${date}/playlist.m3u8`);
  expect(list.segments.every(({ isDiscontinuity }) => !isDiscontinuity)).toBe(true);
  const times = wallTimes(list);
  // A list of a day begins with the segment that plays at midnight.
  expect(times[0]!.endMs).toBeGreaterThan(day.startMs);
  const isMidnight = day.startMs === atMs;
  if (isMidnight) expect(Math.abs(times[0]!.startMs - atMs)).toBeLessThanOrEqual(2500);
  else expect(times[0]!.startMs).toBeLessThan(atMs - 5 * SECOND_MS);
  expect(times.at(-1)!.endMs).toBeGreaterThan(clock.nowMs - 6 * SECOND_MS);
  expect(Math.abs(times.at(-1)!.endMs - times[0]!.startMs - sumSeconds(list) * 1000)).toBeLessThan(100);
  // Today goes over midnight: nothing that was listed has gone.
  const today = await expectInOrder(server, "/cam/stream/today/playlist.m3u8");
  expect(wallTimes(today)[0]!.startMs).toBeLessThan(atMs - 5 * SECOND_MS);
  const { day: told } = await channelReport(server, "cam");
  expect(told.gaps).toEqual([]);
  await expectPlays(server, intervalPath("cam", atMs - 8 * SECOND_MS, atMs + 8 * SECOND_MS));
});

test.each([{ isKilled: false }, { isKilled: true }])(
  "a start 40 minutes in the past, set right after 30 s (killed then: $isKilled): dated anew, in order",
  async ({ isKilled }) => {
    await using folder = await tempFolder();
    const clock = new FakeClock(folder.path);
    const fromMs = Date.now() - SECOND_MS;
    {
      await using first = await house(folder.path, clock);
      await Bun.sleep(10_000);
      await first.kill();
    }
    clock.set(-40 * MINUTE_MS);
    // The power is away for a while.
    await Bun.sleep(5000);
    const wokenMs = Date.now();
    const launcher = clock.reboot();
    let server = await house(folder.path, clock, { launcher });
    try {
      await Bun.sleep(30_000);
      clock.set(0);
      if (isKilled) {
        await Bun.sleep(700);
        await server.kill();
        await server.nothingLeft();
        server = await house(folder.path, clock, { launcher });
      }
      await waitFor(
        "footage of now",
        async () => {
          const last = wallTimes(await listOf(server, "/cam/live.m3u8")).at(-1);
          return last !== undefined && Math.abs(last.endMs - Date.now()) < 6 * SECOND_MS;
        },
        { timeoutMs: 40_000, everyMs: 500 },
      );
      await Bun.sleep(6000);
      const path = intervalPath("cam", fromMs, Date.now() - 4 * SECOND_MS);
      await expectPlays(server, path);
      const times = wallTimes(await listOf(server, path));
      expect(times[0]!.startMs - fromMs).toBeLessThan(5 * SECOND_MS);
      // The 30 s of the wrong clock lie where they were taken.
      const unsure = times.filter(
        ({ startMs }) => startMs > wokenMs - SECOND_MS && startMs < wokenMs + 32 * SECOND_MS,
      );
      expect(unsure.length).toBeGreaterThanOrEqual(10);
      const { gaps } = (await channelReport(server, "cam")).day;
      expect(gaps[0]?.reason).toBe("interrupted");
      if (!isKilled) expect(gaps.map(({ reason }) => reason)).toEqual(["interrupted", "clock-stepped"]);
    } finally {
      await server[Symbol.asyncDispose]();
    }
  },
);

const IN_2036_MS = Date.UTC(2036, 1, 6, 12);

test.each([{ how: "jumps to 2036 while it records" }, { how: "shows 2036 at the start" }])(
  "a clock that $how: nothing is deleted, and what comes after it is in order",
  async ({ how }) => {
    await using folder = await tempFolder();
    const clock = new FakeClock(folder.path);
    const keep = { hours: 24 };
    const fromMs = Date.now() - SECOND_MS;
    let server = await house(folder.path, clock, { keep });
    try {
      await Bun.sleep(8000);
      const before = await listOf(server, intervalPath("cam", fromMs, Date.now()));
      const isJump = how.startsWith("jumps");
      if (!isJump) await server.stop();
      clock.show(IN_2036_MS);
      if (!isJump) server = await house(folder.path, clock, { keep });
      // Retention looks once a minute, and once again.
      await Bun.sleep(130_000);
      const uris = async () =>
        (await listOf(server, intervalPath("cam", fromMs, fromMs + HOUR_MS))).segments.map(({ uri }) => uri);
      expect(await uris()).toEqual(expect.arrayContaining(before.segments.map(({ uri }) => uri)));
      const health = await server.fetch("/health");
      expect(await health.text()).toContain("nightjar storage confirm");
      clock.set(0);
      await waitFor(
        "footage of now",
        async () => {
          const last = wallTimes(await listOf(server, "/cam/live.m3u8")).at(-1);
          return last !== undefined && Math.abs(last.endMs - Date.now()) < 6 * SECOND_MS;
        },
        { timeoutMs: 40_000, everyMs: 500 },
      );
      await expectInOrder(server, "/cam/stream/today/playlist.m3u8");
      expect(await uris()).toEqual(expect.arrayContaining(before.segments.map(({ uri }) => uri)));
      expect(IN_2036_MS - Date.now()).toBeGreaterThan(DAY_MS);
    } finally {
      await server[Symbol.asyncDispose]();
    }
  },
);
