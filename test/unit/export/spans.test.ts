import { describe, expect, test } from "bun:test";
import { byInit, footageIn, longest, unbroken } from "../../../src/export/choose-footage.ts";
import { spanFacts } from "../../../src/export/span-facts.ts";
import { MemoryFootage } from "../../support/memory-footage.ts";

/** A whole second. */
const START_MS = 1_800_000_000_000;
const TWO_SECONDS = 180_000;
const segments = (count: number): number[] => Array.from({ length: count }, () => TWO_SECONDS);
const at = (seconds: number): number => START_MS + seconds * 1000;
const window = (from: number, to: number) => ({ startMs: at(from), endMs: at(to) });

/** 20 s, a hole of 10 s, 20 s of the same camera, and 10 s after its settings were changed. */
function footage(): MemoryFootage {
  const found = new MemoryFootage();
  found.record({ startMs: at(0), durations: segments(10), perRecording: 4 });
  found.record({ startMs: at(30), durations: segments(10) });
  found.record({ startMs: at(50), durations: segments(5), init: "b" });
  return found;
}

describe("footage of a span", () => {
  test("is unbroken over files, and ends at holes and at other inits", () => {
    const stretches = footageIn(footage(), "front-door", window(0, 60));
    const spans = unbroken(stretches).map(({ startMs, endMs }) =>
      [startMs, endMs].map((ms) => (ms - START_MS) / 1000),
    );
    expect(spans).toEqual([
      [0, 20],
      [30, 50],
      [50, 60],
    ]);
    expect(byInit(stretches)).toHaveLength(2);
  });

  test("of which one film can hold only a part, is the part that covers most of it", () => {
    const stretches = footageIn(footage(), "front-door", window(47, 57));
    expect(longest(byInit(stretches), window(47, 57))?.startMs).toBe(at(50));
    const earlier = footageIn(footage(), "front-door", window(42, 52));
    expect(longest(byInit(earlier), window(42, 52))?.endMs).toBe(at(50));
    expect(longest(byInit([]), window(0, 5))).toBeUndefined();
  });

  test("has its length, its size in proportion, its holes, and an address where one file holds it", () => {
    const world = footage();
    const [channel] = world.channelList;
    const facts = spanFacts(world, channel!, window(10, 41));
    expect(facts).toMatchObject({ recordedMs: 21_000, holes: 1, hasOneInit: true });
    const whole = spanFacts(world, channel!, window(0, 20));
    const half = spanFacts(world, channel!, window(5, 15));
    expect(half.sizeBytes / whole.sizeBytes).toBeCloseTo(0.5, 2);
    expect(facts.downloads).toEqual([{ ending: "mp4", path: `/front-door/archive-${at(10) / 1000}-31.mp4` }]);
    // Other settings are no hole.
    expect(spanFacts(world, channel!, window(40, 60))).toMatchObject({
      recordedMs: 20_000,
      holes: 0,
      hasOneInit: false,
      downloads: [],
    });
    expect(spanFacts(world, channel!, window(100, 160))).toMatchObject({
      recordedMs: 0,
      holes: 0,
      downloads: [],
    });
  });
});
