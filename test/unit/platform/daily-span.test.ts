import { expect, test } from "bun:test";
import {
  dailySpanEndMs,
  dailySpanMinutes,
  dailySpanNextMs,
  dailySpanText,
  parseDailySpan,
} from "../../../src/platform/daily-span.ts";

const at = (text: string): number => Temporal.ZonedDateTime.from(`${text}[Europe/Berlin]`).epochMilliseconds;
const localTime = (ms: number): string =>
  Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO("Europe/Berlin").toPlainDateTime().toString();
const endOf = (span: string, text: string): string | undefined => {
  const endMs = dailySpanEndMs(parseDailySpan(span)!, at(text), "Europe/Berlin");
  return endMs === undefined ? undefined : localTime(endMs);
};

test.each([
  ["22:00-06:00", "2026-11-21T21:59:59", undefined],
  ["22:00-06:00", "2026-11-21T22:00:00", "2026-11-22T06:00:00"],
  ["22:00-06:00", "2026-11-22T00:00:00", "2026-11-22T06:00:00"],
  ["22:00-06:00", "2026-11-22T05:59:59", "2026-11-22T06:00:00"],
  ["22:00-06:00", "2026-11-22T06:00:00", undefined],
  ["9:00 - 17:30", "2026-11-21T12:00:00", "2026-11-21T17:30:00"],
  ["9:00-17:30", "2026-11-21T18:00:00", undefined],
  ["00:00-06:00", "2026-11-21T23:59:59", undefined],
  ["00:00-06:00", "2026-11-21T00:00:00", "2026-11-21T06:00:00"],
  // The night in which the clock is set forward, and the one in which it is set back.
  ["22:00-06:00", "2026-03-29T01:30:00", "2026-03-29T06:00:00"],
  ["22:00-06:00", "2026-10-25T01:30:00", "2026-10-25T06:00:00"],
  ["22:00-02:30", "2026-03-29T01:30:00", "2026-03-29T03:00:00"],
])("%s at %s ends at %s", (span, time, end) => {
  expect(endOf(span, time)).toBe(end!);
});

test.each(["22:00", "24:00-06:00", "22:60-06:00", "06:00-06:00", "22-6", "", "22:00-06:00 daily"])(
  "%p is no span of a day",
  (text) => {
    expect(parseDailySpan(text)).toBeUndefined();
  },
);

test.each([
  ["22:00-06:00", "2026-11-21T21:59:59", "2026-11-21T22:00:00"],
  ["22:00-06:00", "2026-11-21T22:00:00", "2026-11-22T22:00:00"],
  ["22:00-06:00", "2026-11-22T06:00:00", "2026-11-22T22:00:00"],
  ["00:00-06:00", "2026-11-21T12:00:00", "2026-11-22T00:00:00"],
  // 02:30 does not exist in the night in which the clock is set forward.
  ["02:30-04:00", "2026-03-29T00:00:00", "2026-03-29T03:00:00"],
  ["22:00-06:00", "2026-10-25T02:30:00", "2026-10-25T22:00:00"],
])("%s after %s begins at %s", (span, time, start) => {
  expect(localTime(dailySpanNextMs(parseDailySpan(span)!, at(time), "Europe/Berlin"))).toBe(start);
});

test("a span is as long as the clock says, and is written as it was read", () => {
  const night = parseDailySpan("22:00 - 6:00")!;
  expect(dailySpanMinutes(night)).toBe(480);
  expect(dailySpanText(night)).toBe("22:00-06:00");
});
