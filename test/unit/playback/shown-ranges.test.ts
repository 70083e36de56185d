import { expect, test } from "bun:test";
import fc from "fast-check";
import type { RunRow } from "../../../src/db/index/rows.ts";
import { stepsOf, type SegmentTimes } from "../../../src/media/segment-steps.ts";
import { rangesOneByOne, rangesWithin } from "../../../src/playback/shown-ranges.ts";

const run = { videoTimescale: 90_000 } as RunRow;

const anyTimes = fc
  .array(
    fc.record({
      durationTicks: fc.constantFrom(0, 45, 90_000, 180_000, 180_000, 180_000, 180_045),
      driftMs: fc.constantFrom(0, 0, 0, 0, 0, -700, 3000),
      holeTicks: fc.constantFrom(0, 0, 0, 0, 0, 90_000),
    }),
    { maxLength: 40 },
  )
  .map((shapes) => {
    const times: SegmentTimes[] = [];
    for (const { durationTicks, driftMs, holeTicks } of shapes) {
      const last = times.at(-1);
      times.push({
        ordinal: times.length,
        startMs: (last ? last.startMs + Math.round(last.durationTicks / 90) : 10_000) + driftMs,
        mediaTicks: (last ? last.mediaTicks + last.durationTicks : 0) + holeTicks,
        durationTicks,
      });
    }
    return times;
  });

const anyMs = fc.oneof(
  fc.integer({ min: 0, max: 100_000 }),
  fc.integer({ min: 0, max: 100 }).map((seconds) => seconds * 1000),
  fc.constantFrom(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY),
);

test("the segments within an interval are those that a look at each of them finds", () => {
  fc.assert(
    fc.property(anyTimes, anyMs, anyMs, (times, fromMs, toMs) => {
      const steps = stepsOf(times);
      const isWithin = ({ startMs, durationTicks }: SegmentTimes): boolean =>
        startMs + durationTicks / 90 > fromMs && startMs < toMs;
      const found = rangesWithin(steps, run, { fromMs, toMs });
      expect(found).toEqual(rangesOneByOne(steps, isWithin, () => false));
      // And by the plain rule: listed ones, parted where media time has a hole or one between is not listed.
      const listed = times.flatMap((each, index) => (isWithin(each) ? [index] : []));
      const parted = listed.filter((index, place) => {
        const [before, here] = [times[index - 1], times[index]!];
        const follows = before && before.mediaTicks + before.durationTicks === here.mediaTicks;
        return !follows || listed[place - 1] !== index - 1;
      });
      expect(found.map(({ from }) => from)).toEqual(parted);
      expect(
        found.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, at) => from + at)),
      ).toEqual(listed);
    }),
    { seed: 7, numRuns: 1000 },
  );
});
