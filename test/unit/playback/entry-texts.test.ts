import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { RunRow } from "../../../src/db/index/rows.ts";
import { segmentAddress } from "../../../src/playback/addresses.ts";
import { EntryTexts, type EntryShape } from "../../../src/playback/entry-texts.ts";
import { sequenceOf } from "../../../src/playback/sequence.ts";
import type { Stretch } from "../../../src/playback/stretch.ts";
import { MemoryFootage } from "../../support/memory-footage.ts";

const T = Date.UTC(2026, 10, 20, 11);

/** Line by line, as the rules say it. */
function plainEntries({ recording, run, segments }: Stretch, shape: EntryShape): string {
  const lines: string[] = [];
  let expectedMs = Number.NEGATIVE_INFINITY;
  for (const [index, segment] of segments.entries()) {
    if (shape.isEveryDated || Math.abs(segment.startMs - expectedMs) >= 100) {
      lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(segment.startMs).toISOString()}`);
      expectedMs = segment.startMs;
    }
    expectedMs += segment.durationTicks / 90;
    const seconds = Math.ceil((segment.durationTicks * 1e6) / 90_000) / 1e6;
    const hasInit = shape.inits === "all" || (shape.inits === "first" && index === 0);
    const form = run.format === "ts" ? "ts" : hasInit ? "i.m4s" : "m4s";
    const address = shape.prefix + segmentAddress(recording.id, segment.ordinal, form);
    lines.push(`#EXTINF:${seconds.toFixed(6)},`, address);
  }
  return `${lines.join("\n")}\n`;
}

/** Segments as they follow one another: of what length, how far off by the clock, and how many are missing before. */
const anySegment = fc.record({
  durationTicks: fc.oneof(fc.constantFrom(180_000, 183_600, 900_000), fc.integer({ min: 1, max: 900_000 })),
  offMs: fc.oneof(fc.constant(0), fc.integer({ min: -150, max: 150 })),
  missing: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(5000) }),
});

const anyShape = fc.record({
  prefix: fc.constantFrom("", "../front-door/", "../../"),
  isEveryDated: fc.boolean(),
  inits: fc.constantFrom("none" as const, "first" as const, "all" as const),
});

describe("entries of a list", () => {
  test("are those that are written line by line, whatever the segments", () => {
    fc.assert(
      fc.property(
        fc.array(anySegment, { minLength: 1, maxLength: 60 }),
        anyShape,
        fc.constantFrom("ts" as const, "nightjar" as const),
        (given, shape, format) => {
          const footage = new MemoryFootage("front-door", "UTC");
          const durations = given.map(({ durationTicks }) => durationTicks);
          const [recording] = footage.record({ startMs: T, durations, perRecording: durations.length });
          let missing = 0;
          const segments = recording!.segments.map((segment, index) => {
            missing += given[index]!.missing;
            const startMs = segment.startMs + given[index]!.offMs;
            return { ...segment, startMs, ordinal: segment.ordinal + missing };
          });
          const [run] = footage.runs.values();
          const runOf = (): RunRow => ({ ...run!, format });
          const texts = new EntryTexts();
          for (const stretch of sequenceOf([{ ...recording!, segments }], runOf)) {
            expect(texts.of(stretch, shape).text()).toBe(plainEntries(stretch, shape));
            expect(texts.of(stretch, shape).text()).toBe(plainEntries(stretch, shape));
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
