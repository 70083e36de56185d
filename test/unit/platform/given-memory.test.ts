import { expect, test } from "bun:test";
import { endNeed, freeWhole, giveMemory } from "../../../src/platform/given-memory.ts";

test("memory that was given away is freed when the last of its bytes is not needed any more", () => {
  const all = new Uint8Array(10).fill(7);
  const [first, second] = [all.subarray(0, 4), all.subarray(4)];
  giveMemory(first);
  giveMemory(second);
  endNeed(second);
  expect([...first]).toEqual([7, 7, 7, 7]);
  endNeed(first);
  expect([all.length, first.length, second.length]).toEqual([0, 0, 0]);
  endNeed(first);
});

test("bytes of another origin are left alone, however often they are used", () => {
  const silence = Uint8Array.of(1, 2, 3);
  for (let i = 0; i < 3; i += 1) endNeed(silence);
  expect([...silence]).toEqual([1, 2, 3]);
});

test("what is freed at once is never a part of something larger", () => {
  const all = new Uint8Array(10).fill(7);
  freeWhole(all.subarray(0, 4));
  expect(all.length).toBe(10);
  freeWhole(all);
  expect(all.length).toBe(0);
});
