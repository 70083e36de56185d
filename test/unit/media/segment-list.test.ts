import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  packSegments,
  segmentBytes,
  wholeKib,
  unpackSegments,
  type Segment,
} from "../../../src/media/segment-list.ts";
import { NightjarError } from "../../../src/platform/errors.ts";

const START_MS = Date.UTC(2026, 10, 21, 6);

const plainSegments = (count: number): Segment[] =>
  Array.from({ length: count }, (_, ordinal) => ({
    ordinal,
    startMs: START_MS + ordinal * 2000,
    mediaTicks: ordinal * 180_000,
    durationTicks: 180_000,
    offsetBytes: ordinal * 1_000_900,
    headerBytes: 900,
    videoBytes: 970_000,
    audioBytes: 30_000,
    activityBytes: wholeKib(300_000),
  }));

const anySegments = fc
  .array(
    fc.record({
      skipped: fc.nat(3),
      driftMs: fc.integer({ min: -5000, max: 5000 }),
      holeTicks: fc.nat(1_000_000),
      holeBytes: fc.nat(10_000_000),
      durationTicks: fc.nat(2_000_000),
      headerBytes: fc.nat(100_000),
      videoBytes: fc.nat(2 ** 40),
      audioBytes: fc.nat(2 ** 20),
      activityBytes: fc.nat(2 ** 40).map(wholeKib),
    }),
    { maxLength: 50 },
  )
  .map((shapes) => {
    const segments: Segment[] = [];
    for (const { skipped, driftMs, holeTicks, holeBytes, ...rest } of shapes) {
      const last = segments.at(-1);
      segments.push({
        ...rest,
        ordinal: (last ? last.ordinal + 1 : 0) + skipped,
        startMs: (last?.startMs ?? START_MS) + 2000 + driftMs,
        mediaTicks: (last ? last.mediaTicks + last.durationTicks : 0) + holeTicks,
        offsetBytes: (last ? last.offsetBytes + segmentBytes(last) : 0) + holeBytes,
      });
    }
    return segments;
  });

describe("packed segment list", () => {
  test("an hour of two-second segments takes about 11 bytes each", () => {
    const packed = packSegments(plainSegments(1800), START_MS);
    expect(packed.length / 1800).toBeLessThan(11.1);
    expect(unpackSegments(packed, START_MS)).toEqual(plainSegments(1800));
  });

  test("what was packed is unpacked, whatever is missing or drifts", () => {
    fc.assert(
      fc.property(anySegments, (segments) => {
        expect(unpackSegments(packSegments(segments, START_MS), START_MS)).toEqual(segments);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  test("with files of their own, in any order of their numbers", () => {
    const files = fc.array(
      fc.record({
        ordinal: fc.nat(2 ** 20),
        startMs: fc.integer({ min: 0, max: 4e12 }),
        mediaTicks: fc.nat(2 ** 48),
        durationTicks: fc.nat(2_000_000),
        offsetBytes: fc.constant(0),
        headerBytes: fc.constant(0),
        videoBytes: fc.nat(2 ** 40),
        audioBytes: fc.constant(0),
        activityBytes: fc.nat(2 ** 40).map(wholeKib),
        file: fc.record({
          name: fc.string({ unit: "grapheme", maxLength: 40 }),
          mtimeMs: fc.integer({ min: 0, max: 4e12 }),
          isLate: fc.boolean(),
        }),
      }),
      { maxLength: 50 },
    );
    fc.assert(
      fc.property(files, (segments) => {
        expect(unpackSegments(packSegments(segments, START_MS), START_MS)).toEqual(segments);
      }),
      { seed: 3, numRuns: 200 },
    );
  });

  test("an hour of ten-second files takes little more than their names", () => {
    const segments = Array.from({ length: 360 }, (_, i) => ({
      ...plainSegments(1)[0]!,
      ordinal: 359 - i,
      startMs: START_MS + i * 10_000,
      mediaTicks: i * 900_000,
      durationTicks: 900_000,
      headerBytes: 0,
      audioBytes: 0,
      file: {
        name: `video_0600${String(i % 60).padStart(2, "0")}.ts`,
        mtimeMs: START_MS + i * 10_000,
        isLate: false,
      },
    }));
    expect(packSegments(segments, START_MS).length / 360).toBeLessThan(45);
  });

  test("any bytes are unpacked or refused, without a crash or a hang", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        try {
          expect(unpackSegments(bytes, START_MS).length).toBeLessThanOrEqual(bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(NightjarError);
        }
      }),
      { seed: 2, numRuns: 500 },
    );
  });

  test("an empty blob is an empty list", () => {
    expect(unpackSegments(new Uint8Array(), START_MS)).toEqual([]);
  });
});
