import { describe, expect, test } from "bun:test";
import { buildApp } from "../../../src/app.ts";
import { wallTimes } from "../../support/m3u8-validator.ts";
import { MemoryFootage, StandingClock } from "../../support/memory-footage.ts";

/** Segments of a minute from the Friday before the clock goes forth in spring to the Monday after it, in Berlin. */
const FROM = Date.UTC(2024, 2, 29);
const MINUTES = 4 * 24 * 60;
const footage = new MemoryFootage("front-door", "Europe/Berlin");
footage.record({
  startMs: FROM,
  durations: Array.from({ length: MINUTES }, () => 60 * 90_000),
  perRecording: 60,
});
/** And the days around the one in autumn. */
const AUTUMN = Date.UTC(2024, 9, 26);
footage.record({
  startMs: AUTUMN,
  durations: Array.from({ length: MINUTES }, () => 60 * 90_000),
  perRecording: 60,
});
/** And the fifth of July: the seventh of May was not recorded. */
const JULY = Date.UTC(2024, 6, 5);
footage.record({
  startMs: JULY,
  durations: Array.from({ length: 24 * 60 }, () => 60 * 90_000),
  perRecording: 60,
});

const appOf = (naiveTimes: "channel" | "utc") => {
  const clock = new StandingClock(Date.UTC(2024, 10, 20));
  const playback = { footage, clock, segmentTargetMs: 60_000, naiveTimes };
  return buildApp({ playback, hosts: { isLoopbackOnly: true } });
};
const apps = { channel: appOf("channel"), utc: appOf("utc") };
const get = (path: string, naive: "channel" | "utc" = "channel"): Promise<Response> =>
  Promise.resolve(apps[naive].handle(new Request(`http://localhost${path}`)));

const iso = (ms: number | undefined): string => (ms === undefined ? "" : new Date(ms).toISOString());

/** Addresses of HLS PVR that take an interval; what they answer begins at a time. */
const addresses = {
  "/streamer/front-door.m3u8?": async (response: Response) =>
    iso(wallTimes(await response.text())[0]?.startMs),
  "/streamer/front-door.m3u8/?": async (response: Response) =>
    iso(wallTimes(await response.text())[0]?.startMs),
  "/streamer/GetNPVRPlayList?channel_name=front-door&": async (response: Response) =>
    iso(wallTimes(await response.text())[0]?.startMs),
  "/metadata?channel_name=front-door&": async (response: Response) => startOf(await response.json()),
  "/streamer/front-door/metadata?": async (response: Response) => startOf(await response.json()),
};

/** The zone of an answer of `/metadata` is that of its times, so a start is compared as it stands. */
const startOf = (entries: unknown): string =>
  (entries as { start_datetime: string }[])[0]?.start_datetime ?? "";

type Case = { start: string; end?: string; utc: string; more?: string; naive?: "utc" };

const cases: Case[] = [
  // Day first, padded or not: the fifth of July, never the seventh of May.
  { start: "5/7/2024T12:22:00", end: "5/7/2024T12:25:00", utc: "2024-07-05T10:22" },
  { start: "05/07/2024T12:22:00", end: "05/07/2024T12:25:00", utc: "2024-07-05T10:22" },
  { start: "5/07/2024T2:02:00", end: "05/7/2024T02:05:00", utc: "2024-07-05T00:02" },
  { start: "5/7/2024 12:22:00", end: "5/7/2024 12:25", utc: "2024-07-05T10:22" },
  { start: "5/7/2024T12:22:00", end: "5/7/2024T12:25:00", utc: "2024-07-05T12:22", naive: "utc" },
  // ISO 8601 with and without offset.
  { start: "2024-07-05T12:22:00", end: "2024-07-05T12:25:00", utc: "2024-07-05T10:22" },
  { start: "2024-07-05T12:22:00Z", end: "2024-07-05T12:25:00Z", utc: "2024-07-05T12:22" },
  { start: "2024-07-05T12:22:00%2B05:30", end: "2024-07-05T12:25:00%2B0530", utc: "2024-07-05T06:52" },
  { start: "2024-07-05T12:22:00+05:30", end: "2024-07-05T12:25:00+05:30", utc: "2024-07-05T06:52" },
  { start: "2024-07-05", end: "2024-07-05T02:03:00", utc: "2024-07-05T00:00" },
  // Unix seconds and milliseconds.
  { start: "1720174920", end: "1720175100", utc: "2024-07-05T10:22" },
  { start: "1720174920000", end: "1720175100000", utc: "2024-07-05T10:22" },
  { start: "1720174920.5", end: "1720175100", utc: "2024-07-05T10:22" },
  // Zones that are asked for.
  { start: "5/7/2024T12:22:00", end: "5/7/2024T12:25:00", utc: "2024-07-05T06:52", more: "&tz=Asia/Kolkata" },
  { start: "5/7/2024T12:22:00", end: "5/7/2024T12:25:00", utc: "2024-07-05T12:22", more: "&tz=UTC" },
  { start: "5/7/2024T12:22:00", end: "5/7/2024T12:25:00", utc: "2024-07-05T11:22", more: "&tz=%2B01:00" },
  // Summer time begins: what the clock leaves out is taken as if it had not been set; an offset tells exactly.
  { start: "31/3/2024T01:59:00", end: "31/3/2024T03:02:00", utc: "2024-03-31T00:59" },
  { start: "31/3/2024T02:30:00", end: "31/3/2024T03:40:00", utc: "2024-03-31T01:30" },
  { start: "2024-03-31T03:30:00%2B02:00", end: "2024-03-31T03:40:00%2B02:00", utc: "2024-03-31T01:30" },
  // It ends: the hour that comes twice is the first one, and the second by its offset.
  { start: "27/10/2024T02:30:00", end: "27/10/2024T02:40:00", utc: "2024-10-27T00:30" },
  { start: "2024-10-27T02:30:00%2B01:00", end: "2024-10-27T02:40:00%2B01:00", utc: "2024-10-27T01:30" },
  { start: "27/10/2024T03:00:00", end: "27/10/2024T03:10:00", utc: "2024-10-27T02:00" },
];

/** How `/metadata` writes an instant: local time without offset, in the zone in which the times were read. */
function writtenAs(utc: string, { more = "", naive }: Case): string {
  const given = new URLSearchParams(more).get("tz");
  const zone = given ?? (naive === "utc" ? "UTC" : "Europe/Berlin");
  const local = Temporal.Instant.from(`${utc}:00Z`).toZonedDateTimeISO(zone).toPlainDateTime();
  return local.toString({ fractionalSecondDigits: 6 });
}

describe.each(Object.entries(addresses))("%s", (address, firstOf) => {
  test.each(cases)("from $start to $end $more begins at $utc UTC", async (each) => {
    const { start, end, utc, more = "", naive = "channel" } = each;
    const response = await get(`${address}startTime=${start}&endTime=${end}${more}`, naive);
    expect(response.status).toBe(200);
    const first = await firstOf(response);
    if (address.includes("metadata")) expect(first.slice(0, 16)).toBe(writtenAs(utc, each).slice(0, 16));
    else expect(first.slice(0, 16)).toBe(utc);
  });

  test("time stamps, and which of both counts", async () => {
    const stamps = "startTimestamp=1720174920&endTimestamp=1720175100";
    expect((await firstOf(await get(address + stamps))).slice(11, 16)).toMatch(/^1[02]:22$/);
    const both = await get(`${address}${stamps}&startTime=5/7/2024T12:23:00`);
    expect((await firstOf(both)).slice(14, 16)).toBe("23");
  });

  test.each([
    ["", 400, "startTime is"],
    ["startTime=", 400, "startTime is"],
    ["endTime=5/7/2024T12:25:00", 400, "startTime is"],
    ["startTime=7/13/2024T12:00:00", 400, "startTime is"],
    ["startTime=31/2/2024T12:00:00", 400, "startTime is"],
    ["startTime=5/7/24T12:00:00", 400, "startTime is"],
    ["startTime=5/7/2024T24:00:00", 400, "startTime is"],
    ["startTime=5/7/2024T12:60:00", 400, "startTime is"],
    ["startTime=yesterday", 400, "startTime is"],
    ["startTime=2024-07-05T12:00:00%2B99:00", 400, "startTime is"],
    ["startTimestamp=-5", 400, "startTimestamp is"],
    ["startTimestamp=1e9", 400, "startTimestamp is"],
    ["startTime=5/7/2024T12:00:00&endTime=5/7/2024T11:00:00", 400, "endTime is"],
    ["startTime=5/7/2024T12:00:00&endTime=soon", 400, "endTime is"],
    ["startTime=5/7/2024T12:00:00&endTime=5/9/2024T12:00:00", 400, "at most"],
    ["startTime=5/7/2030T12:00:00", 400, "in the past"],
    ["startTime=5/7/2024T12:00:00&endTime=5/7/2024T13:00:00&tz=Mars/Crater", 400, "tz is"],
  ])("%p is a %d that says %p", async (query, status, words) => {
    const response = await get(address + query);
    const text = await response.text();
    expect([response.status, text.includes("#EXTM3U")]).toEqual([status, false]);
    expect(text).toContain(words);
  });
});

test("an interval of which nothing was recorded: a 404 for players, an empty list for /metadata", async () => {
  const interval = "startTime=7/5/2024T12:22:00&endTime=7/5/2024T12:25:00";
  const list = await get(`/streamer/front-door.m3u8?${interval}`);
  expect([list.status, await list.text()]).toEqual([404, expect.stringContaining("Nearest footage before")]);
  expect(await (await get(`/metadata?channel_name=front-door&${interval}`)).json()).toEqual([]);
});

test("an unknown channel is a 404 that names the others", async () => {
  for (const path of [
    "/streamer/nobody.m3u8?startTimestamp=1",
    "/metadata?channel_name=nobody&startTimestamp=1",
  ]) {
    const response = await get(path);
    expect([response.status, await response.text()]).toEqual([404, expect.stringContaining("front-door")]);
  }
});
