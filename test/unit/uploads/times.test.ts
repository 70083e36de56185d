import { describe, expect, test } from "bun:test";
import { parseDate, parseName } from "../../../src/uploads/file-names.ts";
import { byArrival, byMediaClock, type ClockAnchor } from "../../../src/uploads/second-hour.ts";
import { meaningsOf } from "../../../src/uploads/wall-times.ts";

describe("what a name means in a zone", () => {
  test.each([
    ["UTC", "2026-10-25", "020000", ["2026-10-25T02:00:00Z"], [""]],
    ["Europe/Berlin", "2026-10-25", "015959", ["2026-10-24T23:59:59Z"], [""]],
    [
      "Europe/Berlin",
      "2026-10-25",
      "020000",
      ["2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z"],
      ["", "+0100"],
    ],
    ["Europe/Berlin", "2026-10-25", "030000", ["2026-10-25T02:00:00Z"], [""]],
    [
      "America/St_Johns",
      "2026-11-01",
      "013000",
      ["2026-11-01T04:00:00Z", "2026-11-01T05:00:00Z"],
      ["", "-0330"],
    ],
    // Half an hour is repeated here, and here a whole hour around midnight.
    [
      "Australia/Lord_Howe",
      "2026-04-05",
      "014000",
      ["2026-04-04T14:40:00Z", "2026-04-04T15:10:00Z"],
      ["", "+1030"],
    ],
    [
      "America/Asuncion",
      "2024-03-23",
      "233000",
      ["2024-03-24T02:30:00Z", "2024-03-24T03:30:00Z"],
      ["", "-0400"],
    ],
    // Spring: left out by an hour, and a whole day.
    ["Europe/Berlin", "2026-03-29", "023000", ["2026-03-29T01:30:00Z"], [""]],
    ["Pacific/Apia", "2011-12-30", "120000", ["2011-12-30T22:00:00Z"], [""]],
    ["Africa/Cairo", "2026-04-24", "003000", ["2026-04-23T22:30:00Z"], [""]],
  ] as const)("%s %s %s", (zone, date, time, starts, offsets) => {
    const meanings = meaningsOf(date, { time, extension: "ts" }, zone) ?? [];
    expect(meanings.map(({ startMs }) => new Date(startMs).toISOString().replace(".000", ""))).toEqual([
      ...starts,
    ]);
    expect(meanings.map(({ name }) => name.offset ?? "")).toEqual([...offsets]);
    for (const { startMs, name } of meanings) {
      // The name under which it is kept means the same again, alone where it says its offset.
      const again = meaningsOf(date, name, zone) ?? [];
      expect(again.map((each) => each.startMs)).toContain(startMs);
      if (name.offset !== undefined) expect(again).toHaveLength(1);
    }
  });

  test("an offset that is not one of the zone then means nothing", () => {
    expect(
      meaningsOf("2026-10-25", { time: "020000", offset: "+0300", extension: "ts" }, "Europe/Berlin"),
    ).toBeUndefined();
  });
});

test.each(["2026-1-1", "2026-02-29", "26-01-01", "2026-00-01", "2026-01-32", "2026-1-1x", "", "+2026-01-01"])(
  "the date %p",
  (text) => {
    expect(parseDate(text)).toBe(text === "2026-1-1" ? "2026-01-01" : (undefined as unknown as string));
  },
);

test.each([
  ["video_235959.mp4", true],
  ["video_235959.MP4.Duration", true],
  ["video_235960.ts", false],
  ["video_245959.ts", false],
  ["video_235959.ts.part", false],
  ["video_235959+1.ts", false],
  ["video_235959", false],
  ["xvideo_235959.ts", false],
  ["video_235959.ts\n", false],
])("the name %p: %p", (text, isOne) => {
  expect(parseName(text) !== undefined).toBe(isOne);
});

describe("which of two hours", () => {
  const HOUR = 3_600_000;
  const two = [10 * HOUR, 11 * HOUR] as const;
  const anchor = (startMs: number, sourceTicks = startMs * 90): ClockAnchor => ({
    startMs,
    sourceTicks,
    isTs: true,
  });
  const clock = (startMs: number) => ({ sourceTicks: (startMs * 90) % 2 ** 33, isTs: true });

  test("a clock that runs on decides, also when it turned over", () => {
    const anchors = [anchor(8 * HOUR), anchor(8.5 * HOUR)].map((each) => ({
      ...each,
      sourceTicks: (each.sourceTicks + 2 ** 33 - 9 * HOUR * 90) % 2 ** 33,
    }));
    for (const startMs of two) {
      const sourceTicks = (startMs * 90 + 2 ** 33 - 9 * HOUR * 90) % 2 ** 33;
      expect(byMediaClock(two, { sourceTicks, isTs: true }, anchors)).toBe(startMs);
    }
  });

  test("one that begins anew with each file, one anchor alone, and none decide nothing", () => {
    const anew = [anchor(8 * HOUR, 0), anchor(8.5 * HOUR, 0), anchor(10 * HOUR - 10_000, 0)];
    expect(byMediaClock(two, { sourceTicks: 0, isTs: true }, anew)).toBeUndefined();
    expect(byMediaClock(two, clock(two[0]), [anchor(8 * HOUR)])).toBeUndefined();
    expect(byMediaClock(two, clock(two[0]), [])).toBeUndefined();
  });

  test.each([
    [10 * HOUR + 20_000, false, 0],
    [11 * HOUR - 1, true, 0],
    [11 * HOUR + 15_000, false, 1],
    [11 * HOUR + 15_000, true, 1],
    [12 * HOUR, false, 0],
    [12 * HOUR, true, 1],
  ])("by arrival at %d, the first name taken: %p", (arrivedMs, isFirstTaken, wanted) => {
    expect(byArrival(two, { arrivedMs, durationMs: 10_000, isFirstTaken })).toBe(two[wanted] ?? 0);
  });
});
