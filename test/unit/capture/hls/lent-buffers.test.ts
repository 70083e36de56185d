import { expect, test } from "bun:test";
import { LentBuffers } from "../../../../src/capture/hls/lent-buffers.ts";

const MEGABYTE = 1024 * 1024;

test("what was given back is lent again, and who held on to it sees nothing of that", () => {
  const buffers = new LentBuffers();
  const first = buffers.borrow(MEGABYTE);
  first.fill(7);
  const part = first.subarray(10, 20);
  buffers.giveBack(part);
  expect([first.length, part.length]).toEqual([0, 0]);
  const again = buffers.borrow(MEGABYTE - 5);
  expect(again.length).toBe(MEGABYTE);
  expect(again[15]).toBe(7);
  buffers.giveBack(again);
});

test("twice given back is once lent, and other bytes are left alone", () => {
  const buffers = new LentBuffers();
  const first = buffers.borrow(MEGABYTE);
  buffers.giveBack(first);
  buffers.giveBack(first);
  const [one, other] = [buffers.borrow(MEGABYTE), buffers.borrow(MEGABYTE)];
  expect(one.buffer).not.toBe(other.buffer);
  const foreign = Buffer.from("foreign");
  buffers.giveBack(foreign);
  expect(foreign.toString()).toBe("foreign");
  for (const bytes of [one, other]) buffers.giveBack(bytes);
});

test("a large one does not serve what is small, and no more than 8 MB are kept", () => {
  const buffers = new LentBuffers();
  const large = Array.from({ length: 20 }, () => buffers.borrow(4 * MEGABYTE).fill(9));
  for (const bytes of large) buffers.giveBack(bytes);
  expect(buffers.borrow(100_000).length).toBeLessThan(MEGABYTE);
  const lent = Array.from({ length: 20 }, () => buffers.borrow(4 * MEGABYTE));
  expect(lent.filter((bytes) => bytes[0] === 9)).toHaveLength(2);
});
