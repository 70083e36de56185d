import { describe, expect, test } from "bun:test";
import { CoverageReader, joinSpans, recordedSpans } from "../../../src/status/coverage.ts";
import { dayStartMs } from "../../../src/platform/zone.ts";
import { FakeFootage, fakeRecording } from "./fake-footage.ts";

const HOUR = 3_600_000;
const zone = "Europe/Berlin";
const wide = { startMs: 0, endMs: Number.MAX_SAFE_INTEGER };

describe("recorded spans", () => {
  test("segments that follow one another are one span; a missing one is a hole", () => {
    const recording = fakeRecording("yard", 10_000, 20_000);
    const holed = { ...recording, segments: recording.segments.filter((segment) => segment.ordinal !== 2) };
    expect(recordedSpans([recording], () => 90_000, wide)).toEqual([{ startMs: 10_000, endMs: 20_000 }]);
    expect(recordedSpans([holed], () => 90_000, wide)).toEqual([
      { startMs: 10_000, endMs: 14_000 },
      { startMs: 16_000, endMs: 20_000 },
    ]);
  });

  test("a shorter timescale makes longer segments", () => {
    const recording = fakeRecording("yard", 0, 2_000);
    expect(recordedSpans([recording], () => 45_000, wide)).toEqual([{ startMs: 0, endMs: 4_000 }]);
  });

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
    const today = new CoverageReader(footage).today(channel, day + 2 * HOUR);
    expect(today.endMs - today.startMs).toBe(25 * HOUR);
    expect(today.date).toBe("2026-10-25");
    expect(today.spans).toEqual([{ startMs: day, endMs: day + HOUR }]);
  });

  test("has the gap that lasts still, to the time of asking", () => {
    const footage = new FakeFootage();
    const channel = footage.add("yard", "Yard", zone);
    footage.gap("yard", day - HOUR, day + 60_000, { reason: "interrupted", detail: "" });
    footage.outages.set("yard", { reason: "source-offline", detail: "refused", sinceMs: day + HOUR });
    const { gaps } = new CoverageReader(footage).today(channel, day + 2 * HOUR);
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

  test("reads only the newest minutes again, and all of it after a minute", () => {
    const footage = new FakeFootage();
    const channel = footage.add("yard", "Yard", zone);
    const now = day + 5 * HOUR;
    footage.recordingList.push(fakeRecording("yard", day, now));
    const reader = new CoverageReader(footage);
    const asked = () => reader.today(channel, now).spans;
    expect(asked()).toEqual([{ startMs: day, endMs: now }]);
    footage.reads = [];
    expect(reader.today(channel, now + 5_000).spans).toEqual([{ startMs: day, endMs: now }]);
    expect(footage.reads.map((read) => read.fromMs)).toEqual([now - 600_000]);

    footage.recordingList = [fakeRecording("yard", day + HOUR, now)];
    expect(reader.today(channel, now + 61_000).spans).toEqual([{ startMs: day + HOUR, endMs: now }]);
  });

  test("begins anew at midnight, and when the clock is set back", () => {
    const footage = new FakeFootage();
    const channel = footage.add("yard", "Yard", "UTC");
    const midnight = Date.UTC(2026, 10, 21);
    footage.recordingList.push(fakeRecording("yard", midnight - 30_000, midnight + 10_000));
    const reader = new CoverageReader(footage);
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
