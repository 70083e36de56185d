import { expect, test } from "bun:test";
import { SizedCache } from "../../../src/platform/sized-cache.ts";

test("a value is good for its version alone", () => {
  const cache = new SizedCache<string>(100);
  cache.set("a", 1, "one", 10);
  expect(cache.get("a", 1)).toBe("one");
  expect(cache.get("a", 2)).toBeUndefined();
  cache.set("a", 2, "two", 10);
  expect([cache.get("a", 1), cache.get("a", 2)]).toEqual([undefined, "two"]);
});

test("what was used longest ago goes first, and sizes are counted once", () => {
  const cache = new SizedCache<string>(30);
  for (const key of ["a", "b", "c"]) cache.set(key, 1, key, 10);
  cache.get("a", 1);
  cache.set("c", 1, "c", 10);
  cache.set("d", 1, "d", 10);
  expect(["a", "b", "c", "d"].map((key) => cache.get(key, 1))).toEqual(["a", undefined, "c", "d"]);
  expect(cache.set("huge", 1, "huge", 31)).toBe("huge");
  expect(["a", "c", "d", "huge"].map((key) => cache.get(key, 1))).toEqual(Array(4).fill(undefined));
});
