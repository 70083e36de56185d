import { expect, test } from "bun:test";
import { killSeries } from "./kills.ts";

test("50 kills at random moments while four channels are recorded", async () => {
  const { lostSeconds, faults } = await killSeries(50, { minMs: 3000, maxMs: 12_000 });
  expect(faults).toEqual([]);
  expect(Math.max(...lostSeconds)).toBeLessThanOrEqual(6);
}, 1_500_000);
