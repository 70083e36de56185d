import { expect, test } from "bun:test";
import { crc32, gunzipSync } from "node:zlib";
import fc from "fast-check";
import { deflatePiece, gzipOf, joinedCrc32 } from "../../../src/platform/gzip-pieces.ts";

test("whatever the pieces, what comes out is one gzip member of all of them", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary", maxLength: 300 }), { maxLength: 8 }), (texts) => {
      const file = gzipOf(texts.map(deflatePiece));
      // Chromium ignores everything behind the first member, so a reader that takes several would prove nothing.
      expect(
        file.filter((_, at) => file[at] === 0x1f && file[at + 1] === 0x8b && at > 0 && at < 10),
      ).toHaveLength(0);
      expect(gunzipSync(file).toString()).toBe(texts.join(""));
      expect(Buffer.compare(Bun.gunzipSync(file), Buffer.from(texts.join("")))).toBe(0);
    }),
    { seed: 8, numRuns: 200 },
  );
});

test("the checksum of two pieces comes from those of each", () => {
  for (const length of [0, 1, 7, 8, 1000, 65_537]) {
    const [first, second] = [Buffer.from("first"), Buffer.alloc(length, "second")];
    expect(joinedCrc32(crc32(first), crc32(second), length)).toBe(crc32(Buffer.concat([first, second])));
  }
});

test("gzip itself finds nothing wrong", () => {
  const text = "#EXTINF:2.000000,\nsegment/abc-1.m4s\n".repeat(2000);
  const file = gzipOf([deflatePiece(text), deflatePiece(text)]);
  expect(file.length).toBeLessThan(3000);
  const done = Bun.spawnSync(["gzip", "-dc"], { stdin: Buffer.from(file) });
  expect(done.stderr.toString()).toBe("");
  expect(done.stdout.toString()).toBe(text + text);
});
