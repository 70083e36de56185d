import { describe, expect, test } from "bun:test";
import { CoverageReader, joinSpans } from "../../../src/status/coverage.ts";
import { dayStartMs } from "../../../src/platform/zone.ts";
import { FakeFootage, fakeRecording } from "./fake-footage.ts";

const HOUR = 3_600_000;
const zone = "Europe/Berlin";

describe("recorded spans", () => {
  test("overlapping spans are joined, and cut to what is asked for", () => {
    const spans = [
      { startMs: 50, endMs: 900 },
      { startMs: 400, endMs: 500 },
      { startMs: 2_000, endMs: 3_000 },
    ];
    expect(joinSpans(spans, { startMs: 100, endMs: 2_500 })).toEqual([
      { startMs: 100, endMs: 900 },
      { startMs: 2_000, endMs: 2_500 },
    ]);
  });
});

describe("today", () => {
  const day = dayStartMs("2026-10-25", zone);

  test("is 25 hours long when the clock is set back, and cut at midnight", () => {
    const footage = new FakeFootage();
    const channel = footage.add("yard", "Yard", zone);
    footage.recordingList.push(fakeRecording("yard", day - HOUR, day + HOUR));
    const today = new CoverageReader(footage, footage).today(channel, day + 2 * HOUR);
    expect(today.endMs - today.startMs).toBe(25 * HOUR);
    expect(today.date).toBe("2026-10-25");
    expect(today.spans).toEqual([{ startMs: day, endMs: day + HOUR }]);
  });

  test("has the gap that lasts still, to the time of asking", () => {
    const footage = new FakeFootage();
    const channel = footage.add("yard", "Yard", zone);
    footage.gap("yard", day - HOUR, day + 60_000, { reason: "interrupted", detail: "" });
    footage.outages.set("yard", { reason: "source-offline", detail: "refused", sinceMs: day + HOUR });
    const { gaps } = new CoverageReader(footage, footage).today(channel, day + 2 * HOUR);
    expect(gaps).toEqual([
      { startMs: day, endMs: day + 60_000, reason: "interrupted", detail: "", isOpen: false },
      {
        startMs: day + HOUR,
        endMs: day + 2 * HOUR,
        reason: "source-offline",
        detail: "refused",
        isOpen: true,
      },
    ]);
  });

  test("of a past day, a gap that lasts still ends with the day", () => {
    const footage = new FakeFootage();
    const channel = footage.add("yard", "Yard", zone);
    footage.outages.set("yard", { reason: "source-offline", detail: "refused", sinceMs: day - HOUR });
    const reader = new CoverageReader(footage, footage);
    expect(reader.day(channel, "2026-10-24", day + 2 * HOUR).gaps).toMatchObject([
      { startMs: day - HOUR, endMs: day, isOpen: false },
    ]);
    expect(reader.today(channel, day + 2 * HOUR).gaps).toMatchObject([{ startMs: day, isOpen: true }]);
  });

  test("recordings that follow one another are one span; a step of more than a tenth of a second is a hole", () => {
    const footage = new FakeFootage();
    const channel = footage.add("yard", "Yard", zone);
    footage.recordingList.push(
      fakeRecording("yard", day, day + HOUR),
      fakeRecording("yard", day + HOUR + 90, day + 2 * HOUR),
      fakeRecording("yard", day + 2 * HOUR + 101, day + 3 * HOUR),
    );
    expect(new CoverageReader(footage, footage).day(channel, "2026-10-25", day + 30 * HOUR).spans).toEqual([
      { startMs: day, endMs: day + 2 * HOUR },
      { startMs: day + 2 * HOUR + 101, endMs: day + 3 * HOUR },
    ]);
  });

  test("begins anew at midnight, and when the clock is set back", () => {
    const footage = new FakeFootage();
    const channel = footage.add("yard", "Yard", "UTC");
    const midnight = Date.UTC(2026, 10, 21);
    footage.recordingList.push(fakeRecording("yard", midnight - 30_000, midnight + 10_000));
    const reader = new CoverageReader(footage, footage);
    expect(reader.today(channel, midnight - 1_000).spans).toEqual([
      { startMs: midnight - 30_000, endMs: midnight },
    ]);
    expect(reader.today(channel, midnight + 1_000).spans).toEqual([
      { startMs: midnight, endMs: midnight + 10_000 },
    ]);
    expect(reader.today(channel, midnight - HOUR).spans).toEqual([
      { startMs: midnight - 30_000, endMs: midnight },
    ]);
  });
});
