import { expect, test } from "bun:test";
import { SAMPLE } from "../../../src/conversion/commands.ts";
import { comparePictures } from "../../../src/conversion/compare-pictures.ts";

const POINTS = SAMPLE.width * SAMPLE.height;
const picture = (grey: (x: number, y: number) => number): Uint8Array =>
  Uint8Array.from({ length: POINTS }, (_, i) => grey(i % SAMPLE.width, Math.floor(i / SAMPLE.width)));
const slope = picture((x) => x * 3 + 20);
const night = picture(() => 18);

test("the same picture, and one that an encoder made coarser, are it", () => {
  expect(comparePictures(slope, slope)).toBe(1);
  const coarse = picture((x, y) => Math.round((x * 3 + 20) / 16) * 16 + ((x + y) % 2) * 6);
  expect(comparePictures(Buffer.concat([slope, night]), Buffer.concat([coarse, night]))).toBe(2);
});

test("another picture, a grey one, one upside down are not", () => {
  for (const other of [picture(() => 128), picture((x) => 212 - x * 3), picture((_, y) => y * 5)])
    expect(() => comparePictures(slope, other)).toThrow("is not that of the original");
  expect(() =>
    comparePictures(
      night,
      picture(() => 120),
    ),
  ).toThrow("is not that of the original");
});

test("too few pictures are an error", () => {
  expect(() => comparePictures(Buffer.concat([slope, slope]), slope)).toThrow("can't be compared");
  expect(() => comparePictures(new Uint8Array(), new Uint8Array())).toThrow("can't be compared");
});
