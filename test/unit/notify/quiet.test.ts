import { expect, test } from "bun:test";
import { parseQuietTime } from "../../../src/config/notify.ts";
import { quietEndMs } from "../../../src/notify/quiet.ts";

const at = (text: string): number => Temporal.ZonedDateTime.from(`${text}[Europe/Berlin]`).epochMilliseconds;
const endOf = (quiet: string, text: string): string | undefined => {
  const endMs = quietEndMs(parseQuietTime(quiet)!, at(text), "Europe/Berlin");
  return endMs === undefined
    ? undefined
    : Temporal.Instant.fromEpochMilliseconds(endMs)
        .toZonedDateTimeISO("Europe/Berlin")
        .toPlainDateTime()
        .toString();
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
])("%s at %s ends at %s", (quiet, time, end) => {
  expect(endOf(quiet, time)).toBe(end!);
});

test.each(["22:00", "24:00-06:00", "22:60-06:00", "06:00-06:00", "22-6", "", "22:00-06:00 daily"])(
  "%p is no quiet time",
  (text) => {
    expect(parseQuietTime(text)).toBeUndefined();
  },
);
