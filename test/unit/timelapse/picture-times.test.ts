import { describe, expect, test } from "bun:test";
import { pictureCount, pictureTimes, shownMs, shownOf } from "../../../src/timelapse/picture-times.ts";
import { daySpanMs } from "../../../src/platform/zone.ts";
import { MemoryFootage } from "../../support/memory-footage.ts";

const ZONE = "Europe/Berlin";
const HOUR_MS = 3_600_000;
/** Segments of two seconds. */
const hours = (count: number): number[] => Array.from({ length: count * 1800 }, () => 180_000);

const partsOf = (footage: MemoryFootage, date: string, skip?: { fromMinute: number; toMinute: number }) =>
  shownOf(footage, "front-door", { ...daySpanMs(date, ZONE), skip, zone: ZONE });
const spans = (parts: ReturnType<typeof partsOf>) => parts.map(({ fromMs, toMs }) => [fromMs, toMs]);

describe("picture times", () => {
  test("lie at equal distances over what was recorded of the day, none in a hole", () => {
    const { startMs, endMs } = daySpanMs("2026-11-20", ZONE);
    const footage = new MemoryFootage();
    footage.record({ startMs: startMs - 2 * HOUR_MS, durations: hours(3) });
    footage.record({ startMs: startMs + 10 * HOUR_MS, durations: hours(20) });
    const parts = partsOf(footage, "2026-11-20");
    expect(shownMs(parts)).toBe(15 * HOUR_MS);
    const times = [...pictureTimes(parts, 1500)].map(({ atMs }) => atMs);
    expect(times).toHaveLength(1500);
    const stepMs = 36_000;
    expect(times.slice(0, 3)).toEqual([startMs + 18_000, startMs + 54_000, startMs + 90_000]);
    expect(times[100]).toBe(startMs + 10 * HOUR_MS + 18_000);
    expect(times.at(-1)).toBe(endMs - stepMs / 2);
    for (const { stretch, atMs } of pictureTimes(parts, 1500))
      expect(stretch.first.startMs <= atMs && atMs < stretch.last.startMs + 2000).toBe(true);
  });

  test("leave out a time of day, on a day on which the clock is set too", () => {
    const { startMs } = daySpanMs("2026-10-25", ZONE);
    const footage = new MemoryFootage();
    footage.record({ startMs: startMs - HOUR_MS, durations: hours(27) });
    // 22:00-05:00: the hour that is there twice lies in it.
    const parts = partsOf(footage, "2026-10-25", { fromMinute: 22 * 60, toMinute: 5 * 60 });
    const from = Date.UTC(2026, 9, 25, 4);
    const to = Date.UTC(2026, 9, 25, 21);
    expect([shownMs(parts), spans(parts)[0]?.[0], spans(parts).at(-1)?.[1]]).toEqual([
      17 * HOUR_MS,
      from,
      to,
    ]);
    const noon = partsOf(footage, "2026-10-25", { fromMinute: 12 * 60, toMinute: 13 * 60 });
    expect(shownMs(noon)).toBe(24 * HOUR_MS);
    expect(
      [...pictureTimes(noon, 24)].filter(
        ({ atMs }) => atMs >= Date.UTC(2026, 9, 25, 11) && atMs < Date.UTC(2026, 9, 25, 12),
      ),
    ).toEqual([]);
  });

  test("there are as many as asked for, however little was recorded; none where nothing was", () => {
    const footage = new MemoryFootage();
    const { startMs } = daySpanMs("2026-11-20", ZONE);
    footage.record({ startMs, durations: [180_000] });
    expect([...pictureTimes(partsOf(footage, "2026-11-20"), 7)]).toHaveLength(7);
    expect(partsOf(footage, "2026-11-21")).toEqual([]);
    expect([pictureCount(60_000, 25), pictureCount(1, 25)]).toEqual([1500, 1]);
  });
});
