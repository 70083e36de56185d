import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { packSegments, unpackSegments, unpackSteps } from "../../../src/media/segment-list.ts";
import {
  segmentsOfSteps,
  stepsBetween,
  stepsOf,
  type SegmentTimes,
} from "../../../src/media/segment-steps.ts";

const START_MS = Date.UTC(2026, 10, 21, 6);

/** Segments of which most are as the one before them lets expect. */
const anyTimes = fc
  .array(
    fc.record({
      durationTicks: fc.constantFrom(180_000, 180_000, 180_000, 180_045, 900_000),
      skipped: fc.constantFrom(0, 0, 0, 0, 2),
      driftMs: fc.constantFrom(0, 0, 0, 0, -3, 40),
      holeTicks: fc.constantFrom(0, 0, 0, 0, 90_000),
    }),
    { maxLength: 60 },
  )
  .map((shapes) => {
    const times: SegmentTimes[] = [];
    for (const { durationTicks, skipped, driftMs, holeTicks } of shapes) {
      const last = times.at(-1);
      times.push({
        ordinal: (last ? last.ordinal + 1 : 0) + skipped,
        startMs: (last ? last.startMs + Math.round(last.durationTicks / 90) : START_MS) + driftMs,
        mediaTicks: (last ? last.mediaTicks + last.durationTicks : 0) + holeTicks,
        durationTicks,
      });
    }
    return times;
  });

const bytes = { offsetBytes: 0, headerBytes: 0, videoBytes: 9, audioBytes: 0, activityBytes: 0 };

describe("steps of segments", () => {
  test("tell each of them, and any part of them", () => {
    fc.assert(
      fc.property(anyTimes, fc.nat(60), fc.nat(60), (times, from, length) => {
        const steps = stepsOf(times);
        expect([...segmentsOfSteps(steps)]).toEqual(times);
        const part = [...segmentsOfSteps(stepsBetween(steps, from, from + length))];
        expect(part).toEqual(times.slice(from, from + length));
      }),
      { seed: 5, numRuns: 300 },
    );
  });

  test("are read from a packed list as from its segments", () => {
    fc.assert(
      fc.property(anyTimes, (times) => {
        const segments = times.map((each, index) => ({ ...each, ...bytes, offsetBytes: index * 9 }));
        const packed = packSegments(segments, START_MS);
        expect(unpackSegments(packed, START_MS)).toEqual(segments);
        expect(unpackSteps(packed, START_MS)).toEqual(stepsOf(times));
      }),
      { seed: 6, numRuns: 300 },
    );
  });

  test("are one where each segment begins as the one before it lets expect", () => {
    const steady = Array.from({ length: 1800 }, (_, ordinal) => ({
      ordinal,
      startMs: START_MS + ordinal * 2000,
      mediaTicks: ordinal * 180_000,
      durationTicks: 180_000,
    }));
    expect(stepsOf(steady)).toEqual([{ ...steady[0]!, count: 1800 }]);
  });
});
