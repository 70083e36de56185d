import { expect, test } from "bun:test";
import { foreignFill, smallDisk, unmountAndMount } from "./storage.ts";

const MEBIBYTE = 1024 * 1024;

test("a file system of 64 MB, until five times its size was written", async () => {
  const { faults } = await smallDisk(64 * MEBIBYTE, 5, 4);
  expect(faults).toEqual([]);
}, 600_000);

test("another program fills the disk: ours is not emptied", async () => {
  expect(await foreignFill()).toEqual([]);
}, 180_000);

test("the storage unmounted and mounted again, three times", async () => {
  for (let round = 0; round < 3; round++) expect(await unmountAndMount()).toEqual([]);
}, 400_000);
