import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { MediaClock } from "../../../src/archive/write/media-clock.ts";

const WALL = 1_750_000_000_000;

/** Feeds `seconds` of half-second fragments with a delay each, and asks for a segment's start every 2 s. */
function starts(
  clock: MediaClock,
  seconds: number,
  delayMs: (mediaMs: number) => number,
  notBeforeMs?: number,
): number[] {
  const found: number[] = [];
  for (let mediaMs = 500; mediaMs <= seconds * 1000; mediaMs += 500) {
    clock.observe(mediaMs, WALL + mediaMs + delayMs(mediaMs));
    if (mediaMs % 2000 !== 0) continue;
    clock.freeze(notBeforeMs);
    found.push(clock.segmentStartMs(mediaMs - 2000));
  }
  return found;
}

describe("media clock", () => {
  test("the smallest delay seen before the first segment dates the run", () => {
    expect(starts(new MediaClock(), 4, (ms) => (ms === 1500 ? 40 : 900 - ms / 10))).toEqual([
      WALL + 40,
      WALL + 2040,
    ]);
  });

  test("a delay that grows later moves nothing at once, and 500 ppm at most", () => {
    const found = starts(new MediaClock(), 600, (ms) => (ms <= 2000 ? 100 : 400));
    const deviation = found.map((ms, i) => ms - WALL - i * 2000);
    expect(deviation[0]).toBe(100);
    expect(deviation.at(-1)).toBeGreaterThan(300);
    for (let i = 1; i < deviation.length; i += 1)
      expect(deviation[i]! - deviation[i - 1]!).toBeLessThanOrEqual(2);
  });

  test("a camera whose clock is 200 ppm fast or slow is followed through a day", () => {
    for (const ppm of [200, -200]) {
      const found = starts(new MediaClock(), 86_400, (ms) => 50 + ms * ppm * 1e-6);
      const last = (found.length - 1) * 2000;
      expect(Math.abs(found.at(-1)! - (WALL + last + 50 + last * ppm * 1e-6))).toBeLessThan(100);
    }
  });

  test("an unsure run is not dated before the newest footage, a sure one is", () => {
    expect(starts(new MediaClock(), 2, () => 0, WALL + 5000)).toEqual([WALL + 5000]);
    expect(starts(new MediaClock(), 2, () => 0, WALL - 5000)).toEqual([WALL]);
    const clock = new MediaClock();
    expect(starts(clock, 600, () => 0, WALL + 5000).at(-1)).toBe(WALL + 598_000 + 5000);
    expect(clock.shiftMs).toBe(5000);
  });

  test("times are integers and never go back, whatever arrives", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 20_000, noNaN: true }), { minLength: 4, maxLength: 300 }),
        (delays) => {
          const found = starts(new MediaClock(), delays.length / 2, (ms) => delays[ms / 500 - 1]!);
          expect(found.every(Number.isSafeInteger)).toBe(true);
          for (let i = 1; i < found.length; i += 1)
            expect(Math.abs(found[i]! - found[i - 1]! - 2000)).toBeLessThanOrEqual(2);
        },
      ),
      { seed: 3, numRuns: 100 },
    );
  });
});
