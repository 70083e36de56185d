import { expect, setDefaultTimeout, test } from "bun:test";
import { z } from "zod";
import { addDays } from "../../src/platform/zone.ts";
import { House, HOUR_MS, MINUTE_MS, SlowCamera, sumSeconds, wallTimes } from "./clock-support.ts";

setDefaultTimeout(60_000);

/** A day is 1728 of them; files are cut at key frames, so the one at midnight ends a little after it. */
const GOP_MS = 50_000;
const AFTER_MIDNIGHT_MS = 13_000;

type Day = {
  zone: string;
  date: string;
  hours: number;
  /** First instant of the day. */
  starts: string;
  /** Local times around the change, as a person asks for them, and how long that is. */
  ask: { from: string; to: string; hours: number };
  /** Beginnings of file names of the hours around the change, by their order. */
  files: string[];
};

const days: Day[] = [
  {
    zone: "Europe/Berlin",
    date: "2026-03-29",
    hours: 23,
    starts: "2026-03-28T23:00:00Z",
    ask: { from: "29/3/2026T01:00:00", to: "29/3/2026T04:00:00", hours: 2 },
    files: ["01-+0100", "03-+0200", "04-+0200"],
  },
  {
    zone: "Europe/Berlin",
    date: "2026-10-25",
    hours: 25,
    starts: "2026-10-24T22:00:00Z",
    ask: { from: "25/10/2026T01:00:00", to: "25/10/2026T04:00:00", hours: 4 },
    files: ["01-+0200", "02-+0200", "02-+0100", "03-+0100"],
  },
  {
    zone: "Asia/Kolkata",
    date: "2026-11-20",
    hours: 24,
    starts: "2026-11-19T18:30:00Z",
    ask: { from: "20/11/2026T01:00:00", to: "20/11/2026T04:00:00", hours: 3 },
    files: ["01-+0530", "02-+0530", "03-+0530"],
  },
  {
    zone: "Australia/Lord_Howe",
    date: "2026-10-04",
    hours: 23.5,
    starts: "2026-10-03T13:30:00Z",
    ask: { from: "4/10/2026T01:00:00", to: "4/10/2026T04:00:00", hours: 2.5 },
    files: ["01-+1030", "03-+1100", "04-+1100"],
  },
  {
    // Its clocks are set at midnight: there is no 00:00 on that day.
    zone: "Africa/Cairo",
    date: "2026-04-24",
    hours: 23,
    starts: "2026-04-23T22:00:00Z",
    ask: { from: "23/4/2026T23:00:00", to: "24/4/2026T02:00:00", hours: 2 },
    files: ["01-+0300", "02-+0300", "03-+0300"],
  },
];

/** What a file's folder and name say of its birth, ms UTC. */
function bornMs(path: string): number {
  const [, date, hour, minute, second, offset] =
    /^cam\/(\d{4}-\d\d-\d\d)\/(\d\d)-(\d\d)-(\d\d)([+-]\d{4})(?:-\d+)?\.mp4$/.exec(path) ?? [];
  if (offset === undefined) throw new Error(`a file named ${path}`);
  return Date.parse(`${date}T${hour}:${minute}:${second}${offset.slice(0, 3)}:${offset.slice(3)}`);
}

const span = z.object({ start_datetime: z.string(), end_datetime: z.string() });

test.each(days)("$zone, $date: $hours hours", async ({ zone, date, hours, starts, ask, files }) => {
  const startMs = Date.parse(starts);
  const endMs = startMs + hours * HOUR_MS;
  const beginMs = startMs - 90 * MINUTE_MS + AFTER_MIDNIGHT_MS;
  await using house = await House.make({ zone, wallMs: beginMs, keep: { days: 1 }, flush: "60s" });
  const camera = new SlowCamera(house, GOP_MS);

  // Five minutes after midnight, today begins ten minutes before it; the day itself does not.
  await camera.sendUntil(startMs + 5 * MINUTE_MS);
  const early = await house.get("/cam/stream/today/playlist.m3u8");
  const shown = wallTimes(await house.list("/cam/stream/today/playlist.m3u8"));
  expect(shown[0]!.startMs).toBeLessThanOrEqual(startMs - 10 * MINUTE_MS);
  expect(shown[0]!.endMs).toBeGreaterThan(startMs - 10 * MINUTE_MS);
  const before = await house.list(`/cam/stream/${addDays(date, -1)}/playlist.m3u8`);
  expect(before.isEnded).toBe(true);
  expect(wallTimes(before).at(-1)!.startMs).toBeLessThan(startMs);
  expect(wallTimes(before).at(-1)!.endMs).toBeGreaterThanOrEqual(startMs);

  // The day's own list has so far lost nothing, and begins with what plays at its first instant.
  const begun = await house.list(`/cam/stream/${date}/playlist.m3u8`);
  expect(begun).toMatchObject({ type: "EVENT", mediaSequence: 0, isEnded: false });
  expect(wallTimes(begun)[0]!.startMs).toBe(startMs + AFTER_MIDNIGHT_MS - GOP_MS);

  // After six hours, today is as long as it has lasted, and has only lost what lay before midnight.
  await camera.sendUntil(startMs + 6 * HOUR_MS);
  const later = await house.list("/cam/stream/today/playlist.m3u8", early);
  expect(Math.abs(sumSeconds(later) - 6 * 3600)).toBeLessThanOrEqual((2 * GOP_MS) / 1000);

  // An interval that a person names by local times.
  const query = `startTime=${ask.from}&endTime=${ask.to}`;
  const asked = await house.list(`/streamer/cam.m3u8?${query}`);
  expect(Math.abs(sumSeconds(asked) - ask.hours * 3600)).toBeLessThanOrEqual((2 * GOP_MS) / 1000);
  const spans = z.array(span).parse(JSON.parse(await house.get(`/streamer/cam/metadata?${query}`)));
  const isoFrom = (text: string) => {
    const [, d, m, y, time] = /^(\d+)\/(\d+)\/(\d+)(T.*)$/.exec(text)!;
    return `${y}-${m!.padStart(2, "0")}-${d!.padStart(2, "0")}${time}.000000`;
  };
  expect(spans).toEqual([{ start_datetime: isoFrom(ask.from), end_datetime: isoFrom(ask.to) }]);
  const fromMs = startMs + HOUR_MS;
  const seconds = 3 * 3600;
  const interval = await house.list(`/cam/archive-${fromMs / 1000}-${seconds}.m3u8`);
  expect(Math.abs(sumSeconds(interval) - seconds)).toBeLessThanOrEqual((2 * GOP_MS) / 1000);

  await camera.sendUntil(endMs + 25 * MINUTE_MS);
  await house.machine.pass(MINUTE_MS);

  // The day, while the one before it was being deleted: a segment belongs to the day in which it begins.
  const day = await house.list(`/cam/stream/${date}/playlist.m3u8`);
  expect(day.isEnded).toBe(true);
  expect(day.segments.every(({ isDiscontinuity }) => !isDiscontinuity)).toBe(true);
  const times = wallTimes(day);
  expect(times[0]!.startMs).toBe(startMs + AFTER_MIDNIGHT_MS);
  expect(times.at(-1)!.startMs).toBeLessThan(endMs);
  expect(times.at(-1)!.endMs).toBeGreaterThanOrEqual(endMs);
  const sumMs = sumSeconds(day) * 1000;
  expect(Math.abs(sumMs - hours * HOUR_MS)).toBeLessThanOrEqual(GOP_MS);
  for (const [i, { startMs: atMs, tagged }] of times.entries()) {
    const countedMs = times[0]!.startMs + i * GOP_MS;
    if (tagged && Math.abs(atMs - countedMs) > 1) throw new Error(`segment ${i}: ${atMs - countedMs} ms off`);
  }

  // Files are born in the folder of their local date, change at midnight, and soon after each full hour.
  const recordings = house.all();
  const inDay = recordings.filter(({ path }) => path.startsWith(`cam/${date}/`));
  for (const { path, startMs: firstMs, segments } of recordings) {
    expect(bornMs(path)).toBe(Math.floor(firstMs / 1000) * 1000);
    const lastMs = segments.at(-1)!.startMs;
    for (const midnightMs of [startMs, endMs])
      if (firstMs < midnightMs) expect(lastMs).toBeLessThan(midnightMs);
    // Where the clocks are set by half an hour, one of them lasts from a full hour to the next one but a half.
    const longestMs = hours % 1 === 0 ? HOUR_MS : 1.5 * HOUR_MS;
    expect(lastMs - firstMs).toBeLessThan(longestMs + 6 * MINUTE_MS);
  }
  expect(inDay[0]!.startMs - startMs).toBeLessThan(GOP_MS);
  const names = [...recordings].map(({ path }) => path.slice(path.lastIndexOf("/") + 1));
  const beginnings = names.map((name) => `${name.slice(0, 3)}${name.slice(8, 13)}`);
  const at = beginnings.indexOf(files[0]!);
  expect(beginnings.slice(at, at + files.length)).toEqual(files);
  expect(new Set(recordings.map(({ path }) => path)).size).toBe(recordings.length);

  // Today and one day before it are kept: the first day is gone, and nothing of the second.
  expect(recordings.some(({ path }) => path.startsWith(`cam/${addDays(date, -1)}/`))).toBe(false);
  expect(house.gaps()).toEqual([]);
});
