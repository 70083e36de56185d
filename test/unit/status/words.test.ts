import { describe, expect, test } from "bun:test";
import { resolve } from "node:path";
import * as words from "../../../src/status/words.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const at = (iso: string): number => Temporal.Instant.from(iso).epochMilliseconds;

describe("durations", () => {
  const cases: [number, string][] = [
    [0, "under 1 s"],
    [499, "under 1 s"],
    [500, "1 s"],
    [12_345, "12 s"],
    [59_499, "59 s"],
    [59_500, "1 min"],
    [MINUTE + 20 * SECOND, "1 min 20 s"],
    [4 * MINUTE, "4 min"],
    [10 * MINUTE - 501, "9 min 59 s"],
    [10 * MINUTE - 500, "10 min"],
    [10 * MINUTE + 29 * SECOND, "10 min"],
    [HOUR - 31 * SECOND, "59 min"],
    [HOUR - 30 * SECOND, "1 h"],
    [3 * HOUR + 12 * MINUTE, "3 h 12 min"],
    [24 * HOUR - 30 * SECOND, "1 d"],
    [25 * HOUR, "1 d 1 h"],
    [5 * 24 * HOUR + 3 * HOUR, "5 d 3 h"],
  ];
  test.each(cases)("%d ms is %s", (ms, expected) => expect(words.durationWords(ms)).toBe(expected));
});

describe("sizes and rates", () => {
  const cases: [number, string][] = [
    [0, "0 B"],
    [-1, "0 B"],
    [999, "999 B"],
    [1000, "1.0 kB"],
    [9_949, "9.9 kB"],
    [9_951, "10 kB"],
    [999_499, "999 kB"],
    [999_500, "1.0 MB"],
    [4_120_000_000, "4.1 GB"],
    [412e9, "412 GB"],
    [2e12, "2.0 TB"],
    [3e18, "3000 PB"],
  ];
  test.each(cases)("%d bytes are %s", (bytes, expected) => expect(words.sizeWords(bytes)).toBe(expected));
  test("bit rates", () => expect(words.bitrateWords(4_120_000)).toBe("4.1 Mbit/s"));
});

describe("times and dates of a zone", () => {
  const cases: [string, string, string, string][] = [
    ["2026-11-20T13:03:27Z", "Europe/Berlin", "14:03:27", "Fri 20 Nov 2026"],
    ["2026-11-20T23:30:00Z", "Europe/Berlin", "00:30:00", "Sat 21 Nov 2026"],
    ["2026-07-05T10:00:00.999Z", "Asia/Kolkata", "15:30:00", "Sun 5 Jul 2026"],
    ["2026-10-25T00:30:00Z", "Europe/Berlin", "02:30:00", "Sun 25 Oct 2026"],
    ["2026-10-25T01:30:00Z", "Europe/Berlin", "02:30:00", "Sun 25 Oct 2026"],
  ];
  test.each(cases)("%s in %s", (iso, zone, time, date) => {
    expect(words.timeWords(at(iso), zone)).toBe(time);
    expect(words.dateWords(at(iso), zone)).toBe(date);
  });

  test("the page's script writes times and dates the same way", async () => {
    const script = (await import(resolve(import.meta.dir, "../../../public/js/time.js"))) as Pick<
      typeof words,
      "timeWords" | "dateWords"
    >;
    for (const [iso, zone] of cases) {
      expect(script.timeWords(at(iso), zone)).toBe(words.timeWords(at(iso), zone));
      expect(script.dateWords(at(iso), zone)).toBe(words.dateWords(at(iso), zone));
    }
  });

  test("since names the date only when it is another day", () => {
    const now = at("2026-11-20T23:30:00Z");
    expect(words.sinceWords(at("2026-11-20T23:10:00Z"), now, "Europe/Berlin")).toBe("00:10");
    expect(words.sinceWords(at("2026-11-20T22:10:00Z"), now, "Europe/Berlin")).toBe("Fri 20 Nov 2026, 23:10");
  });
});
