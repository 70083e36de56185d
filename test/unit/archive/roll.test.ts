import { describe, expect, test } from "bun:test";
import { fileLimits, nextChangeMs, staggerMs } from "../../../src/archive/write/roll.ts";
import { dayStartMs } from "../../../src/platform/zone.ts";

const HOUR = 3_600_000;

/** All starts of files of one local day when recording never stops. */
function startsOf(date: string, zone: string, channel = "front-door"): number[] {
  const starts = [dayStartMs(date, zone)];
  const end = dayStartMs(Temporal.PlainDate.from(date).add({ days: 1 }).toString(), zone);
  for (let at = starts[0]!; at < end && starts.length < 100;) {
    at = nextChangeMs(at, channel, zone);
    if (at < end) starts.push(at);
    else expect(at).toBe(end);
  }
  return starts;
}

describe("change of files", () => {
  test("a channel's stagger is stable and under five minutes", () => {
    const all = Array.from({ length: 200 }, (_, i) => staggerMs(`channel-${i}`));
    expect(staggerMs("front-door")).toBe(staggerMs("front-door"));
    expect(Math.max(...all)).toBeLessThan(300_000);
    expect(new Set(all.map((ms) => Math.floor(ms / 60_000))).size).toBe(5);
  });

  const days: [string, string, number][] = [
    ["2025-03-30", "Europe/Berlin", 23],
    ["2025-10-26", "Europe/Berlin", 25],
    ["2025-06-01", "Europe/Berlin", 24],
    ["2025-06-01", "Asia/Kolkata", 24],
    ["2025-06-01", "Pacific/Chatham", 24],
    ["2018-11-04", "America/Sao_Paulo", 23],
    ["2025-04-06", "Australia/Lord_Howe", 24],
    ["2025-10-05", "Australia/Lord_Howe", 23],
  ];
  test.each(days)(
    "%s in %s has %d files, each ending after the full hour, the last at midnight",
    (date, zone, files) => {
      const starts = startsOf(date, zone);
      expect(starts).toHaveLength(files);
      for (const start of starts.slice(1)) {
        const local = Temporal.Instant.fromEpochMilliseconds(
          start - staggerMs("front-door"),
        ).toZonedDateTimeISO(zone);
        expect([local.minute, local.second]).toEqual([0, 0]);
      }
    },
  );

  test("a file that begins just before the hour goes on for it", () => {
    const tenFiftyEight = Date.UTC(2025, 5, 1, 10, 58);
    const change = nextChangeMs(tenFiftyEight, "front-door", "UTC");
    expect(change).toBeGreaterThanOrEqual(tenFiftyEight + 2 * 60_000);
    expect(change).toBeLessThanOrEqual(tenFiftyEight + HOUR + 5 * 60_000);
  });
});

describe("size of files", () => {
  test("the smallest of an hour, 1/24 of what is kept, 1/16 of the storage by channels", () => {
    expect(fileLimits({}, 1600e9, 4)).toEqual({ maxMs: HOUR, maxBytes: 25e9 });
    expect(fileLimits({ maxAgeMs: 2 * HOUR }, 1600e9, 4).maxMs).toBe(HOUR / 12);
    expect(fileLimits({ days: 0 }, 1600e9, 4).maxMs).toBe(HOUR);
    expect(fileLimits({ maxBytes: 24e6 }, 64e6, 1)).toEqual({ maxMs: HOUR, maxBytes: 1e6 });
    expect(fileLimits({}, 64e6, 1).maxBytes).toBe(4e6);
    expect(fileLimits({}, 64e6, 1, { durationMs: 60_000 })).toEqual({ maxMs: 60_000, maxBytes: Infinity });
    expect(fileLimits({}, 64e6, 1, { bytes: 8e6 })).toEqual({ maxMs: HOUR, maxBytes: 8e6 });
  });
});
