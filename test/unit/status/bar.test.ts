import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { barOf, barSummary, gapSentence } from "../../../src/status/bar.ts";
import type { DayCoverage, Gap } from "../../../src/status/coverage.ts";
import { daySpanMs } from "../../../src/platform/zone.ts";

const HOUR = 3_600_000;

function day(date: string, zone: string, change: Partial<DayCoverage> = {}): DayCoverage {
  const span = daySpanMs(date, zone);
  return { date, zone, ...span, nowMs: span.endMs, spans: [], gaps: [], ...change };
}

const gap = (startMs: number, endMs: number, change: Partial<Gap> = {}): Gap => ({
  startMs,
  endMs,
  reason: "source-offline",
  detail: "",
  isOpen: false,
  ...change,
});

describe("hours below the bar", () => {
  const hoursAfterMidnight = (date: string, zone: string) => {
    const it = day(date, zone);
    return barOf(it).hours.map((hour) => (hour.atMs - it.startMs) / HOUR);
  };
  test("an ordinary day", () =>
    expect(hoursAfterMidnight("2026-11-20", "Europe/Berlin")).toEqual([0, 6, 12, 18]));
  test("23 hours", () => expect(hoursAfterMidnight("2026-03-29", "Europe/Berlin")).toEqual([0, 5, 11, 17]));
  test("25 hours", () => expect(hoursAfterMidnight("2026-10-25", "Europe/Berlin")).toEqual([0, 7, 13, 19]));
  test("a day without midnight", () => {
    expect(hoursAfterMidnight("2018-11-04", "America/Sao_Paulo")).toEqual([0, 5, 11, 17]);
  });
});

describe("gaps", () => {
  test("for want of a program don't blame the camera", () => {
    const start = Date.UTC(2026, 10, 20, 2, 10, 5);
    const detail = 'The program "ffmpeg" was not found';
    expect(
      gapSentence(gap(start, start + 60_000, { reason: "source-unsupported", detail }), "Europe/Berlin"),
    ).toBe(
      "03:10:05 to 03:11:05, 1 min: ffmpeg was not found on this machine (install it, for example with: apt install ffmpeg)",
    );
  });

  test("say when, how long and why", () => {
    const start = Date.UTC(2026, 10, 20, 2, 10, 5);
    const closed = gap(start, start + 32 * 60_000, { detail: "connection refused" });
    expect(gapSentence(closed, "Europe/Berlin")).toBe(
      "03:10:05 to 03:42:05, 32 min: the source did not answer (connection refused)",
    );
    expect(gapSentence({ ...closed, detail: "", isOpen: true }, "Europe/Berlin")).toBe(
      "Since 03:10:05, 32 min: the source did not answer",
    );
  });

  test("that last to the end of the day end at 24:00", () => {
    const { startMs, endMs } = day("2026-11-20", "Europe/Berlin");
    const last = gap(endMs - 60_000, endMs);
    const words = "23:59:00 to 24:00:00, 1 min: the source did not answer";
    expect(gapSentence(last, "Europe/Berlin")).toBe(words);
    const gaps = Array.from({ length: 400 }, (_, n) =>
      gap(startMs + n * 20_000, startMs + n * 20_000 + 5_000),
    );
    const marks = barOf(
      day("2026-11-20", "Europe/Berlin", { gaps: [...gaps, gap(endMs - 5_000, endMs)] }),
    ).gaps;
    expect(marks.at(-1)?.words).toContain("to 24:00:00");
  });

  test("are drawn one by one where they lie two minutes apart, else as one mark that counts them", () => {
    const base = day("2026-11-20", "UTC");
    const every = (pitchMs: number, count: number) =>
      Array.from({ length: count }, (_, n) =>
        gap(base.startMs + n * pitchMs, base.startMs + n * pitchMs + 5_000),
      );
    expect(barOf({ ...base, gaps: every(126_000, 300) }).gaps).toHaveLength(300);
    expect(barOf({ ...base, gaps: every(126_000, 301) }).gaps).toHaveLength(1);
    expect(barOf({ ...base, gaps: every(20_000, 1000) }).gaps.map((mark) => mark.words)).toEqual([
      "00:00:00 to 05:33:05: 1000 gaps, 1 h 23 min in all",
    ]);
  });

  test("none is ever left out of the bar", () => {
    const base = day("2026-11-20", "UTC");
    const lengths = fc.array(
      fc.tuple(fc.integer({ min: 1, max: 200_000 }), fc.integer({ min: 1, max: 60_000 })),
      {
        maxLength: 900,
      },
    );
    fc.assert(
      fc.property(lengths, (pairs) => {
        let at = base.startMs;
        const gaps = pairs.map(([before, length]) => {
          const start = at + before;
          at = start + length;
          return gap(start, at);
        });
        const marks = barOf({ ...base, gaps }).gaps;
        expect(marks.length).toBeLessThanOrEqual(300);
        for (const each of gaps) {
          expect(marks.some((mark) => mark.startMs <= each.startMs && mark.endMs >= each.endMs)).toBe(true);
        }
      }),
      { seed: 8, numRuns: 60 },
    );
  });
});

test("a bar says in words what it shows", () => {
  const base = day("2026-11-20", "UTC");
  const spans = [{ startMs: base.startMs + HOUR, endMs: base.startMs + 3 * HOUR }];
  expect(barSummary({ ...base, spans })).toBe("2 h recorded, from 01:00, no gaps");
  expect(barSummary({ ...base, spans, gaps: [gap(0, 1)] })).toBe("2 h recorded, from 01:00, 1 gap");
  expect(barSummary(base)).toBe("Nothing recorded on this day");
});
