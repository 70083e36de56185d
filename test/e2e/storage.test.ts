import { expect, test } from "bun:test";
import { powerCutSeries } from "../torture/power-cuts.ts";
import { smallDisk, unmountAndMount } from "../torture/storage.ts";

const MEBIBYTE = 1024 * 1024;
/** The stated bound: a flush, the time it takes, and a segment. */
export const POWER_LOSS_BOUND_SECONDS = 5 + 2 + 4;

test("a power cut costs no more than the stated bound, and nothing listed is damaged", async () => {
  const { lostSeconds, faults } = await powerCutSeries(2, POWER_LOSS_BOUND_SECONDS);
  expect(faults).toEqual([]);
  expect(Math.max(...lostSeconds)).toBeLessThanOrEqual(POWER_LOSS_BOUND_SECONDS);
});

test("on a small disk recording goes on, the oldest footage making room", async () => {
  const { faults } = await smallDisk(64 * MEBIBYTE, 2, 4);
  expect(faults).toEqual([]);
});

test("a storage that goes and comes back: nothing on the wrong disk, everything resumes", async () => {
  expect(await unmountAndMount()).toEqual([]);
});
