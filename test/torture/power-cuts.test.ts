import { expect, test } from "bun:test";
import { powerCutSeries } from "./power-cuts.ts";

/** The stated bound: a flush, the time it takes, and a segment. */
const BOUND_SECONDS = 5 + 2 + 4;

test("20 power cuts", async () => {
  const { lostSeconds, faults } = await powerCutSeries(20, BOUND_SECONDS);
  expect(faults).toEqual([]);
  expect(Math.max(...lostSeconds)).toBeLessThanOrEqual(BOUND_SECONDS);
}, 1_200_000);
