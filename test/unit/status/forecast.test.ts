import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { daysWords, forecastOf, forecastWords, type ChannelUse } from "../../../src/status/forecast.ts";
import { bytesPerDay } from "../../../src/status/storage-report.ts";

const GB = 1e9;
const DAY = 86_400_000;

const use = (change: Partial<ChannelUse> = {}): ChannelUse => ({
  id: "yard",
  sizeBytes: 0,
  bytesPerDay: 10 * GB,
  keep: {},
  ...change,
});
const disk = (freeBytes: number, change = {}) => ({
  storedBytes: 0,
  freeBytes,
  minFreeBytes: 0,
  lockedBytes: 0,
  ...change,
});
const daysOf = (uses: ChannelUse[], space: ReturnType<typeof disk>) =>
  forecastOf(uses, space).channels.map(({ days, decidedBy }) => [days, decidedBy]);

describe("a forecast", () => {
  test("without limits the disk decides: all its room but what stays free and what is locked", () => {
    expect(daysOf([use()], disk(230 * GB))).toEqual([[23, "disk"]]);
    expect(
      daysOf([use()], disk(100 * GB, { storedBytes: 100 * GB, minFreeBytes: 20 * GB, lockedBytes: 30 * GB })),
    ).toEqual([[15, "disk"]]);
  });

  test("a limit of age or size decides while the disk has room for it", () => {
    expect(daysOf([use({ keep: { days: 5 } })], disk(230 * GB))).toEqual([[5.5, "age"]]);
    expect(daysOf([use({ keep: { maxAgeMs: 36 * 3_600_000 } })], disk(230 * GB))).toEqual([[1.5, "age"]]);
    expect(daysOf([use({ keep: { days: 30, maxBytes: 70 * GB } })], disk(230 * GB))).toEqual([[7, "size"]]);
    expect(daysOf([use({ keep: { days: 30 } })], disk(230 * GB))).toEqual([[23, "disk"]]);
  });

  test("what channels with limits don't take is left to the others, and one age holds for all of them", () => {
    const uses = [use({ keep: { maxBytes: 20 * GB } }), use(), use({ bytesPerDay: 20 * GB })];
    expect(daysOf(uses, disk(320 * GB))).toEqual([
      [2, "size"],
      [10, "disk"],
      [10, "disk"],
    ]);
  });

  test("nothing is foretold of what is not recorded, or of a disk that can't be asked", () => {
    expect(daysOf([use({ bytesPerDay: undefined })], disk(GB))).toEqual([[undefined, "unknown"]]);
    expect(forecastOf([use()], undefined).channels[0]).toMatchObject({
      days: undefined,
      decidedBy: "unknown",
    });
    expect(forecastOf([use({ keep: { days: 5 } })], undefined).channels[0]).toMatchObject({ days: 5.5 });
  });

  test("what lies in a folder of somebody else's takes no room", () => {
    const theirs = { isElsewhere: true, bytesPerDay: 1000 * GB };
    const uses = [use(theirs), use({ ...theirs, keep: { days: 5 } }), use()];
    expect(daysOf(uses, disk(230 * GB))).toEqual([
      [undefined, "unknown"],
      [5.5, "age"],
      [23, "disk"],
    ]);
    const { channels, bytesPerDay: rate } = forecastOf(uses, disk(230 * GB));
    expect(rate).toBe(10 * GB);
    expect(channels.slice(0, 2).map(forecastWords)).toEqual([
      "Lies in its own folder, and takes no room here",
      "Lies in its own folder, and takes no room here; it goes by its limit: today and 5 days before it",
    ]);
  });

  test("a disk without room holds nothing", () => {
    expect(daysOf([use()], disk(GB, { minFreeBytes: 5 * GB }))).toEqual([[0, "disk"]]);
  });

  test("what it foretells fits, and fills the disk when the disk decides", () => {
    const channel = fc.record({
      bytesPerDay: fc.integer({ min: 1, max: 1_000_000 }),
      maxBytes: fc.option(fc.integer({ min: 1, max: 50_000_000 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(
        fc.array(channel, { minLength: 1, maxLength: 16 }),
        fc.integer({ min: 0, max: 1e9 }),
        (list, roomBytes) => {
          const uses = list.map(({ bytesPerDay: rate, maxBytes }) =>
            use({ bytesPerDay: rate, keep: { maxBytes } }),
          );
          const { channels } = forecastOf(uses, disk(roomBytes));
          const heldBytes = channels.reduce((sum, each) => sum + each.days! * each.bytesPerDay!, 0);
          expect(heldBytes).toBeLessThanOrEqual(roomBytes * (1 + 1e-9) + 1);
          if (channels.some(({ decidedBy }) => decidedBy === "disk"))
            expect(heldBytes).toBeGreaterThanOrEqual(roomBytes * (1 - 1e-9) - 1);
        },
      ),
      { seed: 20261121, numRuns: 300 },
    );
  });
});

describe("its words", () => {
  const words = (one: ChannelUse, space: ReturnType<typeof disk>) =>
    forecastWords(forecastOf([one], space).channels[0]!);

  test("say what decides", () => {
    expect(words(use(), disk(230 * GB))).toBe(
      "Holds 23 days at the present bitrate; then the disk is full and the oldest goes",
    );
    expect(words(use({ keep: { days: 30 } }), disk(230 * GB))).toBe(
      "Holds 23 days at the present bitrate, not the 30 days that are configured: the disk is too small for that",
    );
    expect(words(use({ keep: { days: 5 } }), disk(230 * GB))).toBe(
      "Keeps today and 5 days before it, as configured; that is 55 GB at the present bitrate",
    );
    expect(words(use({ keep: { maxBytes: 70 * GB } }), disk(230 * GB))).toBe(
      "Holds 7 days at the present bitrate; then its limit of 70 GB is reached",
    );
    expect(words(use({ bytesPerDay: undefined, sizeBytes: 1 }), disk(GB))).toBe(
      "Nothing new is recorded; what there is stays until the disk needs the room",
    );
    expect(words(use({ bytesPerDay: undefined, sizeBytes: 0 }), disk(GB))).toBe("Nothing is recorded");
  });

  test("are not more exact than the forecast", () => {
    expect([0.02, 1.5, 23.9, 5000].map(daysWords)).toEqual([
      "less than an hour",
      "36 hours",
      "23 days",
      "more than 10 years",
    ]);
  });
});

describe("bytes a day", () => {
  const now = 100 * DAY;
  const extent = (startMs: number, endMs: number, sizeBytes: number) => ({
    run: "r",
    startMs,
    endMs,
    sizeBytes,
  });

  test("are those of recording all day, whatever part of it was recorded", () => {
    expect(bytesPerDay([extent(now - DAY / 2, now - DAY / 4, 100)], now)).toBe(400);
    expect(bytesPerDay([extent(now - 2 * DAY, now, 200)], now)).toBe(100);
  });

  test("are not known from less than a minute", () => {
    expect(bytesPerDay([extent(now - 59_000, now, 1e6)], now)).toBeUndefined();
    expect(bytesPerDay([], now)).toBeUndefined();
  });
});
