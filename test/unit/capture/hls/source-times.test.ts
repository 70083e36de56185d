import { describe, expect, test } from "bun:test";
import { SourceTimes, type Joint } from "../../../../src/capture/hls/source-times.ts";
import { durationTicksOf } from "../../../../src/capture/hls/kept-runs.ts";
import type { Entry } from "../../../../src/capture/hls/window.ts";

const T = Date.UTC(2026, 0, 1, 12);
const HOUR_MS = 3_600_000;

type Given = { arrival: number; date?: number; joint?: Partial<Joint> };

const entryOf = ({ arrival, date }: Given): Entry => ({
  url: "http://x/",
  keys: [],
  sequence: 0,
  durationSeconds: 2,
  arrivalStartMs: T + arrival,
  isDiscontinuity: false,
  isGap: false,
  ...(date === undefined ? {} : { dateMs: T + date }),
});

/** Where segments of 2 s are placed, in ms since T. */
function placed(given: readonly Given[], times = new SourceTimes()): number[] {
  return given.map(({ joint, ...entry }, index) => {
    const follows = { follows: index > 0, elapsedMs: 0, lostMs: 0, isReturn: index === 0, ...joint };
    return times.place(entryOf(entry), follows, 2000, 2).startMs - T;
  });
}

describe("wall times", () => {
  const cases: { name: string; given: Given[]; ms: number[] }[] = [
    {
      name: "by arrival: the first as its list says, then by the source's clock, however late lists come",
      given: [{ arrival: 0 }, { arrival: 2000 }, { arrival: 4900 }, { arrival: 6300 }],
      ms: [0, 2000, 4000, 6000],
    },
    {
      name: "by the source's dates, when they are near",
      given: [
        { arrival: 0, date: -7000 },
        { arrival: 2000, date: -4999 },
        { arrival: 4000, date: -3001 },
      ],
      ms: [-7000, -4999, -3001],
    },
    {
      name: "dates more than a day away are not believed",
      given: [
        { arrival: 0, date: -25 * HOUR_MS },
        { arrival: 2000, date: -25 * HOUR_MS + 2000 },
      ],
      ms: [0, 2000],
    },
    {
      name: "dates that go back are not believed any more",
      given: [
        { arrival: 0, date: -1000 },
        { arrival: 2000, date: 1000 },
        { arrival: 4000, date: -9000 },
        { arrival: 6000, date: 8000 },
      ],
      ms: [-1000, 1000, 3000, 5000].map((ms, index) => (index < 2 ? ms : ms + (index === 2 ? 1 : 2))),
    },
    {
      name: "dates that leap forward tell of a hole",
      given: [
        { arrival: 0, date: 0 },
        { arrival: 2000, date: 12_000 },
      ],
      ms: [0, 12_000],
    },
    {
      name: "what was lost is left out, by the source's clock where it tells",
      given: [{ arrival: 0 }, { arrival: 6100, joint: { follows: false, elapsedMs: 4080, lostMs: 4000 } }],
      ms: [0, 6081],
    },
    {
      name: "a clock that began anew without a hole",
      given: [{ arrival: 0 }, { arrival: 2900, joint: { follows: false, elapsedMs: undefined } }],
      ms: [0, 2001],
    },
    {
      name: "a clock that began anew after a long while",
      given: [{ arrival: 0 }, { arrival: 62_000, joint: { follows: false, elapsedMs: undefined } }],
      ms: [0, 62_000],
    },
  ];

  test.each(cases)("$name", ({ given, ms }) => {
    expect(placed(given)).toEqual(ms);
  });

  test("by arrival they follow a source that is fast or slow by 500 ppm at most", () => {
    const times = new SourceTimes();
    // The source's clock runs slow by 1 in 10,000: each list comes 0.2 ms later than it says.
    const given = Array.from({ length: 2000 }, (_, index) => ({ arrival: index * 2000.2 }));
    const starts = placed(given, times);
    const steps = starts.slice(1).map((start, index) => start - (starts[index] ?? 0));
    expect(Math.max(...steps)).toBeLessThanOrEqual(2001);
    expect(Math.min(...steps)).toBeGreaterThanOrEqual(2000);
    expect(Math.abs((starts.at(-1) ?? 0) - 1999 * 2000.2)).toBeLessThan(20);
  });

  test("a source that was found again goes on where it ended", () => {
    const times = new SourceTimes();
    times.resume({ endMs: T - 3210 });
    expect(placed([{ arrival: 0, joint: { follows: true } }], times)[0]).toBeWithin(-3211, -3208);
  });

  test("one that was found again after this machine's clock was set does not", () => {
    const times = new SourceTimes();
    times.resume({ endMs: T - HOUR_MS });
    expect(placed([{ arrival: 0, joint: { follows: true } }], times)).toEqual([0]);
  });

  test("nothing is dated into what is stored", () => {
    const times = new SourceTimes();
    times.resume({ floorMs: T + 500 });
    expect(placed([{ arrival: 0 }], times)).toEqual([500]);
  });
});

test.each([
  { what: "the list's length, where the media agrees", listed: 2.002, media: 180_000, ticks: 180_180 },
  { what: "exact ticks of six digits, rounded up", listed: 2.033334, media: 183_000, ticks: 183_000 },
  { what: "the media's, where the list is wrong", listed: 10, media: 180_000, ticks: 180_000 },
  { what: "the media's, where the list tells whole seconds", listed: 2, media: 172_800, ticks: 172_800 },
  { what: "the media's, where the list says nothing", listed: 0, media: 20_000, ticks: 20_000 },
])("a segment lasts $what", ({ listed, media, ticks }) => {
  expect(durationTicksOf(listed, media)).toBe(ticks);
});
