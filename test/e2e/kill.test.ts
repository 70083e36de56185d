import { expect, test } from "bun:test";
import { killSeries } from "../torture/kills.ts";

/** A segment in flight: two groups of pictures of 2 s, and what capture and the wire hold. */
const LOSS_BOUND_SECONDS = 6;

test("kill -9 costs the segment in flight, and nothing that was listed", async () => {
  const { lostSeconds, faults } = await killSeries(3, { minMs: 5000, maxMs: 8000 });
  expect(faults).toEqual([]);
  expect(Math.max(...lostSeconds)).toBeLessThanOrEqual(LOSS_BOUND_SECONDS);
});
