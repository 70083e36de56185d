import { expect, test } from "bun:test";
import { keptTimes } from "../../../src/conversion/kept-times.ts";

const every = (stepTicks: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => index * stepTicks);

test("all pictures without a rate", () => {
  expect(keptTimes([5, 9, 90_000], undefined, undefined)).toEqual([5, 9, 90_000]);
});

test("of 25 a second never more than are asked for, and the first of each part", () => {
  for (const fps of [1, 5, 10, 12, 24]) {
    const kept = keptTimes(every(3600, 250), fps, undefined);
    expect(kept).toHaveLength(10 * fps);
    expect(kept[0]).toBe(0);
  }
  expect(keptTimes(every(3600, 10), 10, undefined)).toEqual([0, 10_800, 18_000, 28_800]);
});

test("goes on where it ended, whatever the cut", () => {
  const shown = every(3003, 300);
  const whole = keptTimes(shown, 7, undefined);
  const first = keptTimes(shown.slice(0, 77), 7, undefined);
  expect([...first, ...keptTimes(shown.slice(77), 7, first.at(-1))]).toEqual(whole);
});

test("slow pictures are all kept, uneven ones as they fall", () => {
  expect(keptTimes(every(45_000, 5), 10, undefined)).toEqual(every(45_000, 5));
  expect(keptTimes([0, 100, 18_000, 18_001, 90_000], 5, undefined)).toEqual([0, 18_000, 90_000]);
});
