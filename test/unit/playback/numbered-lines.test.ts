import { expect, test } from "bun:test";
import fc from "fast-check";
import { numberedLines } from "../../../src/playback/numbered-lines.ts";

const oneByOne = (head: string, from: number, to: number, tail: string): string =>
  Array.from({ length: to - from }, (_, index) => `${head}${from + index}${tail}`).join("");

test("lines that differ by their number are those that are written one by one", () => {
  const anyFrom = fc.oneof(
    fc.nat(120),
    fc.integer({ min: 985, max: 1010 }),
    fc.integer({ min: 9900, max: 10_050 }),
  );
  fc.assert(
    fc.property(
      anyFrom,
      fc.nat(400),
      fc.constantFrom("a-", "#EXTINF:2.000000,\n../x/segment/y-"),
      (from, count, head) => {
        expect(numberedLines(head, from, from + count, ".ts\n")).toBe(
          oneByOne(head, from, from + count, ".ts\n"),
        );
      },
    ),
    { seed: 8, numRuns: 200 },
  );
});

test("however long the lines, and however many", () => {
  for (const [bytes, count] of [
    [100, 5000],
    [30_000, 7],
    [70_000, 3],
  ] as const) {
    const head = "h".repeat(bytes);
    expect(numberedLines(head, 0, count, "\n") === oneByOne(head, 0, count, "\n")).toBe(true);
  }
});
