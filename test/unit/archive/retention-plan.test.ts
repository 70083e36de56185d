import { describe, expect, test } from "bun:test";
import { ageReference, vouchedMs } from "../../../src/archive/keep/age-reference.ts";
import { DeletionAllowance } from "../../../src/archive/keep/allowance.ts";
import {
  planRetention,
  type Candidate,
  type RetentionInput,
} from "../../../src/archive/keep/retention-plan.ts";
import { DAY_MS, HOUR_MS, NOON_MS } from "./kept-archive.ts";

const hourly = (count: number, change: Partial<Candidate> = {}): Candidate[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `r${i}`,
    channel: "front",
    root: "root",
    startMs: NOON_MS - (count - i) * HOUR_MS,
    endMs: NOON_MS - (count - i - 1) * HOUR_MS,
    sizeBytes: 100,
    isLocked: false,
    isUnsure: false,
    ...change,
  }));

const plan = (change: Partial<RetentionInput>) => {
  const {
    delete: deletions,
    held,
    stillShortBytes,
  } = planRetention({
    candidates: [],
    limitsOf: () => ({ keep: {}, zone: "UTC" }),
    ageAtMs: NOON_MS,
    isClockTrusted: true,
    nowMs: NOON_MS,
    areLimitsHeld: false,
    channelBytes: new Map(),
    ...change,
  });
  return { gone: deletions.map(({ id }) => id), held: Object.fromEntries(held), stillShortBytes };
};
const keep = (limits: { maxAgeMs?: number; days?: number; maxBytes?: number }, zone = "UTC") => ({
  limitsOf: () => ({ keep: limits, zone }),
});
const room = (shortBytes: number, allowanceBytes: number) => ({
  room: { root: "root", shortBytes, allowanceBytes, untilMs: Infinity },
});

describe("what retention deletes", () => {
  test("without a limit and with room, nothing", () => {
    expect(plan({ candidates: hourly(5) })).toEqual({ gone: [], held: {}, stillShortBytes: 0 });
  });

  test("by a rolling age: what has ended before it", () => {
    expect(plan({ candidates: hourly(5), ...keep({ maxAgeMs: 2 * HOUR_MS }) }).gone).toEqual([
      "r0",
      "r1",
      "r2",
    ]);
    expect(plan({ candidates: hourly(5), ...keep({ maxAgeMs: 1.5 * HOUR_MS }) }).gone).toEqual([
      "r0",
      "r1",
      "r2",
    ]);
  });

  test("by calendar days of the channel's zone, also those of 23 and 25 hours", () => {
    const at = (text: string) => Temporal.ZonedDateTime.from(text).epochMilliseconds;
    const cases = [
      { now: "2026-03-30T12:00[Europe/Berlin]", days: 1, first: "2026-03-29T00:00[Europe/Berlin]" },
      { now: "2026-10-26T00:30[Europe/Berlin]", days: 1, first: "2026-10-25T00:00[Europe/Berlin]" },
      { now: "2026-11-21T12:00[Asia/Kolkata]", days: 0, first: "2026-11-21T00:00[Asia/Kolkata]" },
      { now: "2026-09-06T12:00[America/Santiago]", days: 0, first: "2026-09-06T01:00[America/Santiago]" },
    ];
    for (const { now, days, first } of cases) {
      const firstMs = at(first);
      const zone = now.slice(now.indexOf("[") + 1, -1);
      const base = hourly(1)[0]!;
      const candidates = [
        { ...base, id: "before", startMs: firstMs - HOUR_MS, endMs: firstMs },
        { ...base, id: "crossing", startMs: firstMs - HOUR_MS, endMs: firstMs + 2000 },
        { ...base, id: "long", startMs: firstMs - HOUR_MS, endMs: firstMs + HOUR_MS },
        { ...base, id: "first", startMs: firstMs, endMs: firstMs + 2000 },
      ];
      const result = plan({ candidates, ...keep({ days }, zone), nowMs: at(now), ageAtMs: at(now) });
      expect(result.gone, now).toEqual(["before", "crossing"]);
    }
  });

  test("by size of the channel: the oldest, until it fits", () => {
    const channelBytes = new Map([["front", 500]]);
    expect(plan({ candidates: hourly(5), channelBytes, ...keep({ maxBytes: 250 }) }).gone).toEqual([
      "r0",
      "r1",
      "r2",
    ]);
    expect(
      plan({ candidates: hourly(5), channelBytes, ...keep({ maxBytes: 350, maxAgeMs: 4 * HOUR_MS }) }).gone,
    ).toEqual(["r0", "r1"]);
  });

  test("for room: the oldest of all channels, as far as the allowance goes", () => {
    const candidates = [
      ...hourly(3),
      ...hourly(3, { channel: "yard" }).map((c, i) => ({ ...c, id: `y${i}`, startMs: c.startMs + 1 })),
    ].sort((a, b) => a.startMs - b.startMs);
    expect(plan({ candidates, ...room(250, 1000) })).toEqual({
      gone: ["r0", "y0", "r1"],
      held: {},
      stillShortBytes: 0,
    });
    expect(plan({ candidates, ...room(250, 150) })).toEqual({
      gone: ["r0"],
      held: { others: 150 },
      stillShortBytes: 150,
    });
    expect(plan({ candidates, ...room(250, 99) }).gone).toEqual([]);
  });

  test("for room: only from the disk that is short", () => {
    const candidates = [...hourly(2, { root: "other" }), ...hourly(1).map((c) => ({ ...c, id: "here" }))];
    expect(plan({ candidates, ...room(100, 1000) }).gone).toEqual(["here"]);
  });

  test("what the limits delete counts as room", () => {
    expect(plan({ candidates: hourly(5), ...keep({ maxAgeMs: 3 * HOUR_MS }), ...room(200, 0) }).gone).toEqual(
      ["r0", "r1"],
    );
  });

  test("nothing that is locked, whatever asks for it", () => {
    const candidates = hourly(3, { isLocked: true });
    expect(plan({ candidates, ...keep({ maxAgeMs: HOUR_MS }) })).toMatchObject({
      gone: [],
      held: { locked: 200 },
    });
    expect(
      plan({ candidates, channelBytes: new Map([["front", 300]]), ...keep({ maxBytes: 1 }) }).gone,
    ).toEqual([]);
    expect(plan({ candidates, ...room(100, 1000) })).toEqual({
      gone: [],
      held: { locked: 300 },
      stillShortBytes: 100,
    });
  });

  test("after a database was lost, limits wait, and room is still made", () => {
    const input = { candidates: hourly(5), areLimitsHeld: true };
    expect(plan({ ...input, ...keep({ maxAgeMs: HOUR_MS }) })).toMatchObject({
      gone: [],
      held: { "database-lost": 400 },
    });
    expect(
      plan({ ...input, ...keep({ maxBytes: 100 }), channelBytes: new Map([["front", 500]]) }),
    ).toMatchObject({ gone: [], held: { "database-lost": 400 } });
    expect(plan({ ...input, ...room(100, 100) }).gone).toEqual(["r0"]);
  });

  test("by age nothing that only an untrusted clock calls old", () => {
    const result = plan({
      candidates: hourly(5),
      ...keep({ maxAgeMs: 3 * HOUR_MS }),
      nowMs: Date.UTC(2036, 0, 1),
      ageAtMs: NOON_MS,
      isClockTrusted: false,
    });
    expect(result).toMatchObject({ gone: ["r0", "r1"], held: { clock: 300 } });
  });

  test("by age nothing of a run whose times may still change", () => {
    const candidates = hourly(5, { isUnsure: true });
    expect(plan({ candidates, ...keep({ maxAgeMs: HOUR_MS }) }).gone).toEqual([]);
    expect(plan({ candidates, ...room(100, 100) }).gone).toEqual(["r0"]);
  });
});

describe("the time from which ages count", () => {
  const newestMs = NOON_MS - HOUR_MS;
  const in2036 = Date.UTC(2036, 5, 1);
  const cases: [string, Parameters<typeof ageReference>[0], { atMs: number; isTrusted: boolean }][] = [
    [
      "a synchronised clock an hour after the last footage",
      { nowMs: NOON_MS, startedMs: NOON_MS, vouchedMs: newestMs, isSynchronised: true, isConfirmed: false },
      { atMs: NOON_MS, isTrusted: true },
    ],
    [
      "a start in 2036",
      { nowMs: in2036, startedMs: in2036, vouchedMs: newestMs, isSynchronised: false, isConfirmed: false },
      { atMs: newestMs + DAY_MS, isTrusted: false },
    ],
    [
      "a jump to 2036 that the kernel believes",
      { nowMs: in2036, startedMs: NOON_MS, vouchedMs: newestMs, isSynchronised: true, isConfirmed: false },
      { atMs: newestMs + DAY_MS, isTrusted: false },
    ],
    [
      "forty days without recording, confirmed",
      {
        nowMs: newestMs + 40 * DAY_MS,
        startedMs: NOON_MS,
        vouchedMs: newestMs,
        isSynchronised: true,
        isConfirmed: true,
      },
      { atMs: newestMs + 40 * DAY_MS, isTrusted: true },
    ],
    [
      "a machine that can't be asked, within a day",
      {
        nowMs: NOON_MS,
        startedMs: NOON_MS,
        vouchedMs: newestMs,
        isSynchronised: undefined,
        isConfirmed: false,
      },
      { atMs: NOON_MS, isTrusted: false },
    ],
    [
      "a first start that wakes in the past",
      { nowMs: 1000, startedMs: 1000, vouchedMs: undefined, isSynchronised: false, isConfirmed: false },
      { atMs: 1000, isTrusted: false },
    ],
    [
      "a first start, then the clock is set by years before it is synchronised",
      { nowMs: in2036, startedMs: 1000, vouchedMs: undefined, isSynchronised: false, isConfirmed: false },
      { atMs: 1000 + DAY_MS, isTrusted: false },
    ],
  ];
  for (const [name, input, wanted] of cases) test(name, () => expect(ageReference(input)).toEqual(wanted));

  test("footage that a clock in 2036 dated does not vouch for 2036", () => {
    expect(vouchedMs(in2036, newestMs)).toBe(newestMs);
    expect(vouchedMs(newestMs, undefined)).toBe(newestMs);
    expect(vouchedMs(undefined, undefined)).toBeUndefined();
  });
});

describe("the allowance for making room", () => {
  test("is one recording a channel at the start, and 1.1 of what was written after it", () => {
    const allowance = new DeletionAllowance(5000);
    expect(allowance.atPass(5000, 300, true)).toBe(300);
    allowance.used(300);
    expect(allowance.atPass(5100, 300, true)).toBeCloseTo(110);
    expect(allowance.atPass(5200, 300, true)).toBeCloseTo(220);
  });

  test("what was written while there was room does not pay for others later", () => {
    const allowance = new DeletionAllowance(0);
    for (let written = 0; written <= 1_000_000; written += 1000) allowance.atPass(written, 300, false);
    expect(allowance.atPass(1_000_000, 300, true)).toBe(300);
  });

  test("in total never exceeds 1.1 of what was written and one recording a channel", () => {
    let seed = 7;
    const random = (max: number) => (seed = (seed * 48_271) % 2_147_483_647) % max;
    const allowance = new DeletionAllowance(0);
    let written = 0;
    let deleted = 0;
    for (let pass = 0; pass < 2000; pass++) {
      written += random(500);
      const may = allowance.atPass(written, 300, random(3) > 0);
      const used = Math.min(may, random(1000));
      allowance.used(used);
      deleted += used;
      expect(deleted).toBeLessThanOrEqual(1.1 * written + 300 + 1e-6);
    }
  });
});
