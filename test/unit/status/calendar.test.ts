import { describe, expect, test } from "bun:test";
import { dayStartMs } from "../../../src/platform/zone.ts";
import { calendarDays, calendarOf, SHOWN_MONTHS } from "../../../src/status/calendar.ts";
import { FakeFootage, fakeRecording } from "./fake-footage.ts";

const HOUR = 3_600_000;
const zone = "Europe/Berlin";
const at = (date: string, hours: number) => dayStartMs(date, zone) + hours * HOUR;

function world() {
  const footage = new FakeFootage();
  const channel = footage.add("yard", "Yard", zone);
  const record = (date: string, from: number, to: number) =>
    footage.recordingList.push(fakeRecording("yard", at(date, from), at(date, to)));
  return { footage, channel, record, facts: { footage, history: footage } };
}

describe("days of a calendar", () => {
  test("have their length, the bytes of what begins on them, and their gaps", () => {
    const { footage, channel, record, facts } = world();
    record("2026-10-24", 23, 25);
    record("2026-10-25", 3, 25);
    footage.gap("yard", at("2026-10-25", 1), at("2026-10-25", 3), { reason: "source-offline", detail: "" });
    const days = calendarDays({ ...facts, nowMs: at("2026-11-02", 0) }, channel, "2026-10-24", "2026-11-01");
    expect(days).toEqual([
      {
        date: "2026-10-24",
        recordedMs: HOUR,
        possibleMs: 24 * HOUR,
        sizeBytes: 3_600_000,
        gaps: 0,
        gapMs: 0,
        channels: 1,
      },
      // The day on which the clock is set back has 25 hours.
      {
        date: "2026-10-25",
        recordedMs: 23 * HOUR,
        possibleMs: 25 * HOUR,
        sizeBytes: 22 * 1_800_000,
        gaps: 1,
        gapMs: 2 * HOUR,
        channels: 1,
      },
    ]);
  });

  test("a gap over midnight belongs to both days, and one that lasts still ends now", () => {
    const { footage, channel, record, facts } = world();
    record("2026-11-01", 0, 20);
    footage.outages.set("yard", { reason: "source-offline", detail: "", sinceMs: at("2026-11-01", 20) });
    const days = calendarDays({ ...facts, nowMs: at("2026-11-02", 6) }, channel, "2026-11-01", "2026-12-01");
    expect(days.map(({ date, gaps, gapMs }) => [date, gaps, gapMs])).toEqual([
      ["2026-11-01", 1, 4 * HOUR],
      ["2026-11-02", 1, 6 * HOUR],
    ]);
  });
});

describe("a calendar", () => {
  test("has the newest months that have footage, and says from where it goes on", () => {
    const { channel, record, facts } = world();
    for (const month of ["01", "03", "04", "07", "08"]) record(`2026-${month}-10`, 1, 2);
    const nowMs = at("2026-11-20", 12);
    const first = calendarOf({ ...facts, nowMs }, [channel], "2026-11");
    expect(first.months.map(({ month }) => month)).toEqual(["2026-08", "2026-07", "2026-04"]);
    expect(first.months.length).toBe(SHOWN_MONTHS);
    const second = calendarOf({ ...facts, nowMs }, [channel], first.earlier!);
    expect(second.months.map(({ month }) => month)).toEqual(["2026-03", "2026-01"]);
    expect(second.earlier).toBeUndefined();
  });

  test("adds up what channels have of the same date", () => {
    const { footage, channel, record, facts } = world();
    const other = footage.add("gate", "Gate", zone);
    record("2026-11-19", 0, 10);
    footage.recordingList.push(fakeRecording("gate", at("2026-11-19", 5), at("2026-11-19", 6)));
    const { months } = calendarOf({ ...facts, nowMs: at("2026-11-20", 0) }, [channel, other], "2026-11");
    expect(months[0]!.days).toMatchObject([
      { date: "2026-11-19", recordedMs: 11 * HOUR, possibleMs: 48 * HOUR, channels: 2 },
    ]);
  });
});
