import { expect, test } from "bun:test";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { listen } from "../../src/listen.ts";
import { decodeErrors, frameHashes } from "../support/ffmpeg.ts";
import {
  DAY_MS,
  House,
  HOUR_MS,
  MINUTE_MS,
  PICTURES_PER_SECOND,
  SECOND_MS,
  sumSeconds,
  wallTimes,
} from "./clock-support.ts";

const NOON_MS = Date.UTC(2026, 10, 21, 11);
const WRONG_MS = -40 * MINUTE_MS;
const OFF_MS = 5 * MINUTE_MS;

/** A minute of footage, then a power cut; the machine wakes 40 minutes in the past and records again. */
async function wokenInThePast(wrongByMs = WRONG_MS): Promise<House> {
  const house = await House.make({ wallMs: NOON_MS });
  house.connect();
  await house.record(60);
  house.machine.reboot("boot-2", { offMs: OFF_MS, wrongByMs });
  house.machine.isSynchronised = false;
  await house.start();
  house.connect();
  return house;
}

/** A time server sets the clock right. */
function setRight(house: House, byMs = -WRONG_MS): void {
  house.machine.step(byMs);
  house.machine.isSynchronised = true;
}

/** What is listed has right times to within a tenth of a second, in the order in which it was recorded. */
async function expectInOrder(house: House, fromMs: number, toMs: number): Promise<void> {
  const seconds = Math.ceil((toMs - fromMs) / 1000);
  const list = await house.list(`/cam/archive-${Math.floor(fromMs / 1000)}-${seconds}.m3u8`);
  const numbers = house
    .all()
    .flatMap(({ firstMediaSequence, segments }) => segments.map(({ ordinal }) => firstMediaSequence + ordinal));
  expect(numbers).toEqual(numbers.map((_, i) => numbers[0]! + i));
  expect(list.segments).toHaveLength(numbers.length);
  expect(list.segments.every(({ isDiscontinuity }) => !isDiscontinuity)).toBe(true);
  let lastMs = 0;
  for (const { startMs, endMs } of wallTimes(list)) {
    expect(startMs).toBeGreaterThanOrEqual(lastMs - 100);
    lastMs = endMs;
  }
}

/** After the index was deleted, it says the same again. */
async function expectSameAfterReindex(house: House): Promise<void> {
  await house.stop();
  const before = house.tables();
  for (const name of ["index.db", "index.db-wal", "index.db-shm"])
    await rm(join(house.dataFolder, name), { force: true });
  await house.start();
  await house.stop();
  expect(house.tables()).toEqual(before);
  await house.start();
}

// The archive looks at the clock with each flush, every five seconds: the step comes at different times in between.
test.each([0, 1, 2.5, 4])(
  "a start 40 minutes in the past, the clock set right after 30 s, %d s after a flush: dated anew, in order",
  async (phase) => {
    await using house = await wokenInThePast();
    const bootMs = house.machine.wallMs - WRONG_MS;
    await house.record(30 + phase);

    // Until then, what is recorded follows the footage before it, and so does the live list.
    const [former, unsure] = [house.all()[0]!, house.all().at(-1)!];
    expect(unsure.startMs).toBe(former.endMs);
    const liveBefore = await house.get("/cam/live.m3u8");
    expect(wallTimes(await house.list("/cam/live.m3u8"))[0]!.startMs).toBeLessThan(former.endMs);
    const birthPath = unsure.path;

    setRight(house);
    await house.record(30);

    await house.list("/cam/live.m3u8", liveBefore);
    const all = house.all();
    expect(all.map(({ run }) => house.open.archive.run(run)!.unsure)).toEqual([false, false, false]);
    const [, first, second] = all as [(typeof all)[0], (typeof all)[0], (typeof all)[0]];
    expect(Math.abs(first.startMs - bootMs)).toBeLessThanOrEqual(600);
    expect(first.path).toBe(birthPath);
    expect(Math.abs(first.endMs - (bootMs + (30 + phase) * SECOND_MS))).toBeLessThanOrEqual(1600);
    expect(second.startMs - first.endMs).toBeGreaterThanOrEqual(0);
    expect(second.startMs - first.endMs).toBeLessThan(3000);
    expect(house.gaps()).toEqual([
      { startMs: former.endMs, endMs: first.startMs, reason: "interrupted" },
      { startMs: first.endMs, endMs: second.startMs, reason: "clock-stepped" },
    ]);
    await expectInOrder(house, NOON_MS, house.machine.wallMs);
    const today = await house.list("/cam/stream/today/playlist.m3u8");
    expect(wallTimes(today).at(-1)!.endMs).toBeGreaterThan(house.machine.wallMs - 5 * SECOND_MS);
    await expectSameAfterReindex(house);
  },
);

test("what was dated anew plays from the first picture to the last, in the order in which it was taken", async () => {
  await using house = await wokenInThePast();
  await house.record(12);
  setRight(house);
  await house.record(12);
  await house.stop();
  await house.start();
  const listening = await listen(house.app, [{ host: "127.0.0.1", port: 0 }]);
  try {
    const url = `http://127.0.0.1:${listening.addresses[0]!.port}/cam/archive-${NOON_MS / 1000}-3600.m3u8`;
    expect(await decodeErrors(url)).toBe("");
    const pictures = await frameHashes(url, "v");
    const list = await house.list(`/cam/archive-${NOON_MS / 1000}-3600.m3u8`);
    expect(pictures).toHaveLength(Math.round(sumSeconds(list) * PICTURES_PER_SECOND));
    expect(pictures.length).toBeGreaterThan(78 * PICTURES_PER_SECOND);
    for (const [i, { timeSeconds }] of pictures.entries())
      expect(Math.abs(timeSeconds - pictures[0]!.timeSeconds - i / PICTURES_PER_SECOND)).toBeLessThan(0.001);
  } finally {
    await listening.stop(true);
  }
});
