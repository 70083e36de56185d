import { describe, expect, test } from "bun:test";
import {
  addressInterval,
  intervalParameters,
  parseTime,
  zoneParameter,
} from "../../../src/playback/time-parameters.ts";
import { dateOfDay } from "../../../src/playback/days.ts";

const iso = (ms: number): string => new Date(ms).toISOString();
const BERLIN = "Europe/Berlin";

describe("parseTime", () => {
  const cases: [string, string, string][] = [
    ["5/7/2024T12:22:03", "UTC", "2024-07-05T12:22:03.000Z"],
    ["05/07/2024T12:22:03", BERLIN, "2024-07-05T10:22:03.000Z"],
    ["5/7/2024 2:02:03", "UTC", "2024-07-05T02:02:03.000Z"],
    ["29/2/2024T00:00:00", "UTC", "2024-02-29T00:00:00.000Z"],
    ["2024-07-05T12:22:03", BERLIN, "2024-07-05T10:22:03.000Z"],
    ["2024-07-05T12:22:03.25", "UTC", "2024-07-05T12:22:03.250Z"],
    ["2024-07-05T12:22:03Z", BERLIN, "2024-07-05T12:22:03.000Z"],
    ["2024-07-05T12:22:03+02:00", "UTC", "2024-07-05T10:22:03.000Z"],
    ["2024-07-05T12:22:03 02:00", "UTC", "2024-07-05T10:22:03.000Z"],
    ["2024-07-05T12:22:03-0330", "UTC", "2024-07-05T15:52:03.000Z"],
    ["2024-07-05 12:22", "UTC", "2024-07-05T12:22:00.000Z"],
    ["2024-07-05", BERLIN, "2024-07-04T22:00:00.000Z"],
    ["1720182123", BERLIN, "2024-07-05T12:22:03.000Z"],
    ["1720182123456", BERLIN, "2024-07-05T12:22:03.456Z"],
    ["1720182123.5", BERLIN, "2024-07-05T12:22:03.500Z"],
    // The hour that autumn repeats: the first; the one that spring leaves out: as before the change.
    ["27/10/2024T02:30:00", BERLIN, "2024-10-27T00:30:00.000Z"],
    ["31/3/2024T02:30:00", BERLIN, "2024-03-31T01:30:00.000Z"],
    ["5/7/2024T12:00:00", "Asia/Kolkata", "2024-07-05T06:30:00.000Z"],
  ];
  test.each(cases)("%s in %s is %s", (text, zone, wanted) => {
    expect(iso(parseTime("startTime", text, zone))).toBe(wanted);
  });

  const bad = [
    "",
    "now",
    "7/13/2024T12:00:00",
    "31/2/2024T12:00:00",
    "5/7/2024T24:00:00",
    "5/7/24T12:00:00",
    "2024-13-01",
    "2024-07-05T12:22:03+99:00",
    "-5",
    "1e9",
    "99999999999999999999",
    "999999999999999",
    "1/1/0001T00:00:00",
    "9".repeat(1000),
    "2024-07-05T12:22:03\u0000",
  ];
  test.each(bad)("%p is refused with its name, what was given and what is wanted", (text) => {
    expect(() => parseTime("startTime", text, "UTC")).toThrow(/^startTime is ".*"; wanted: D\/M\/YYYY/);
  });
});

test("tz is a zone or an offset", () => {
  expect(zoneParameter(new URLSearchParams("tz=Europe/Berlin"), "UTC")).toBe("Europe/Berlin");
  expect(zoneParameter(new URLSearchParams("tz=+02:00"), "UTC")).toBe("+02:00");
  expect(zoneParameter(new URLSearchParams(""), "Asia/Tokyo")).toBe("Asia/Tokyo");
  expect(() => zoneParameter(new URLSearchParams("tz=Mars/Crater"), "UTC")).toThrow('tz is "Mars/Crater"');
});

describe("intervalParameters", () => {
  const now = Date.UTC(2024, 6, 5, 13);
  const of = (query: string) => {
    const { fromMs, toMs } = intervalParameters(new URLSearchParams(query), "UTC", now);
    return `${iso(fromMs)} ${iso(toMs)}`;
  };

  test("date and time win over the time stamp; a missing end is now", () => {
    expect(of("startTime=5/7/2024T12:00:00&startTimestamp=5")).toBe(
      "2024-07-05T12:00:00.000Z 2024-07-05T13:00:00.000Z",
    );
    expect(of("startTimestamp=1720180800&endTimestamp=1720180860")).toBe(
      "2024-07-05T12:00:00.000Z 2024-07-05T12:01:00.000Z",
    );
    expect(of("startTime=5/7/2024T12:00:00&endTime=5/7/2024T12:30:00&tz=+01:00")).toBe(
      "2024-07-05T11:00:00.000Z 2024-07-05T11:30:00.000Z",
    );
  });

  test.each([
    ["", "startTime is"],
    ["startTime=", "startTime is"],
    ["startTime=5/7/2024T12:00:00&endTime=5/7/2024T12:00:00", "endTime is"],
    ["startTime=5/7/2024T12:00:00&endTime=5/7/2023T12:00:00", "endTime is"],
    ["startTime=5/7/2024T12:00:00&endTime=5/7/2025T12:00:00", "7 days"],
    ["startTime=5/7/2030T12:00:00", "in the past"],
    ["startTimestamp=abc", "startTimestamp is"],
  ])("%p is refused: %s", (query, words) => {
    expect(() => of(query)).toThrow(words);
  });
});

describe("addressInterval", () => {
  const now = 1_000_000_000_000;

  test("seconds, or until now", () => {
    expect(addressInterval("999999000-60", now)).toEqual({
      fromMs: 999_999_000_000,
      toMs: 999_999_060_000,
      isOpen: false,
    });
    expect(addressInterval("999999000-now", now)).toEqual({
      fromMs: 999_999_000_000,
      toMs: now,
      isOpen: true,
    });
    expect(addressInterval("999999000-3600", now).isOpen).toBe(true);
  });

  test.each([
    ["x-60", "from is"],
    ["999999000", "duration is"],
    ["999999000-", "from is"],
    ["999999000-0", "duration is"],
    ["999999000--5", "from is"],
    ["999999000-1e3", "duration is"],
    ["999999000-999999999999", "7 days"],
    ["1000000001-now", "in the past"],
    ["1-now", "7 days"],
  ])("%p is refused: %s", (text, words) => {
    expect(() => addressInterval(text, now)).toThrow(words);
  });
});

describe("dateOfDay", () => {
  // A Saturday.
  const now = Date.UTC(2026, 10, 21, 6);

  test("a number is the latest such day before today", () => {
    expect(dateOfDay("0", "UTC", now)).toEqual({ date: "2026-11-16", isToday: false });
    expect(dateOfDay("4", "UTC", now)).toEqual({ date: "2026-11-20", isToday: false });
    expect(dateOfDay("5", "UTC", now)).toEqual({ date: "2026-11-14", isToday: false });
    expect(dateOfDay("6", "UTC", now)).toEqual({ date: "2026-11-15", isToday: false });
  });

  test("today is the zone's", () => {
    expect(dateOfDay("2026-11-21", "UTC", now).isToday).toBe(true);
    expect(dateOfDay("2026-11-20", "America/Los_Angeles", now).isToday).toBe(true);
  });

  test.each(["7", "-1", "yesterday", "2026-02-30", "2026-11-22", "20261121", "0001-01-01", "../x"])(
    "%p is refused",
    (text) => {
      expect(() => dateOfDay(text, "UTC", now)).toThrow();
    },
  );
});
