import { expect, setDefaultTimeout, test } from "bun:test";
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
  SlowCamera,
  sumSeconds,
  wallTimes,
} from "./clock-support.ts";

setDefaultTimeout(60_000);

const NOON_MS = Date.UTC(2026, 10, 21, 11);
const WRONG_MS = -40 * MINUTE_MS;
const OFF_MS = 5 * MINUTE_MS;

/** Some footage, then a power cut; the machine wakes 40 minutes in the past and records again. */
async function wokenInThePast(): Promise<House> {
  const house = await House.make({ wallMs: NOON_MS });
  house.connect();
  await house.record(20);
  house.machine.reboot("boot-2", { offMs: OFF_MS, wrongByMs: WRONG_MS });
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
    .flatMap(({ firstMediaSequence, segments }) =>
      segments.map(({ ordinal }) => firstMediaSequence + ordinal),
    );
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
    await house.machine.pass(MINUTE_MS);
    const path = `/cam/archive-${NOON_MS / 1000}-${6 * 60}.m3u8`;
    const url = `http://127.0.0.1:${listening.addresses[0]!.port}${path}`;
    expect(await decodeErrors(url)).toBe("");
    const pictures = await frameHashes(url, "v");
    const list = await house.list(path);
    expect(list.isEnded).toBe(true);
    expect(pictures).toHaveLength(Math.round(sumSeconds(list) * PICTURES_PER_SECOND));
    expect(pictures.length).toBeGreaterThan(38 * PICTURES_PER_SECOND);
    for (const [i, { timeSeconds }] of pictures.entries())
      expect(Math.abs(timeSeconds - pictures[0]!.timeSeconds - i / PICTURES_PER_SECOND)).toBeLessThan(0.001);
  } finally {
    await listening.stop(true);
  }
});

/** How many changes of the disk there are in the first eight seconds after the clock was set. */
async function changesAfterStep(): Promise<number> {
  await using house = await wokenInThePast();
  await house.record(6);
  const before = house.process.changes;
  setRight(house);
  await house.record(8);
  return house.process.changes - before;
}

test.each([
  { how: "killed", isPowerCut: false },
  { how: "the power cut", isPowerCut: true },
])(
  "$how at any moment after the clock was set right: the next start ends what was begun",
  async ({ isPowerCut }) => {
    const changes = await changesAfterStep();
    expect(changes).toBeGreaterThan(16);
    // Dating anew is over after the first few changes; then it is recorded again.
    for (let change = 1; change <= changes; change += change < 16 ? 1 : 6) {
      await using house = await wokenInThePast();
      const bootMs = house.machine.wallMs - WRONG_MS;
      await house.record(6);
      const unsure = house.all().at(-1)!;
      setRight(house);
      house.process.killBeforeChange = house.process.changes + change;
      await house.record(8);
      house.kill();
      if (isPowerCut) house.machine.reboot("boot-3", { offMs: MINUTE_MS });
      await house.start();
      house.connect();
      await house.record(6);
      const found = house.all().find(({ id }) => id === unsure.id)!;
      const isDated = Math.abs(found.startMs - bootMs) <= 600;
      // After a power cut nobody knows any more what the clock was off by, unless it had been written down.
      if (!isPowerCut) expect({ change, isDated }).toEqual({ change, isDated: true });
      expect(house.open.archive.run(found.run)!.unsure).toBe(!isDated);
      await expectInOrder(house, NOON_MS, house.machine.wallMs);
      for (const { startMs, endMs } of house.gaps()) {
        const over = house.all().filter((each) => each.startMs < endMs && each.endMs > startMs);
        expect({ change, over: over.map(({ path }) => path) }).toEqual({ change, over: [] });
      }
      await expectSameAfterReindex(house);
    }
  },
);

test("a first start in the past: what is dated anew plays on its right day, from the folder it was born in", async () => {
  await using house = await House.make({ wallMs: NOON_MS - 3 * DAY_MS });
  house.machine.isSynchronised = false;
  house.connect();
  await house.record(20);
  await house.list("/cam/stream/2026-11-18/playlist.m3u8");
  setRight(house, 3 * DAY_MS);
  await house.record(20);
  expect(house.all().map(({ path }) => path.slice(4, 14))).toEqual(["2026-11-18", "2026-11-21"]);
  const list = await house.list("/cam/stream/2026-11-21/playlist.m3u8");
  expect(Math.abs(wallTimes(list)[0]!.startMs - NOON_MS)).toBeLessThan(600);
  expect(sumSeconds(list)).toBeGreaterThan(35);
  expect(house.get("/cam/stream/2026-11-18/playlist.m3u8")).rejects.toThrow("404");
  await expectSameAfterReindex(house);
});

test("a machine that no time server ever reaches records with the times that its clock shows", async () => {
  await using house = await House.make({ wallMs: NOON_MS });
  house.machine.isSynchronised = false;
  for (const restart of [0, 1]) {
    house.connect();
    const startMs = house.machine.wallMs;
    await house.record(20);
    expect(Math.abs(house.all().at(-1)!.startMs - startMs)).toBeLessThan(600);
    await house.stop();
    if (restart === 0) await house.machine.pass(MINUTE_MS);
    else house.machine.reboot("boot-2", { offMs: HOUR_MS });
    await house.start();
  }
  house.connect();
  await house.record(20);
  expect(house.all()).toHaveLength(3);
  expect(Math.abs(house.all().at(-1)!.endMs - house.machine.wallMs)).toBeLessThan(5000);
  await expectInOrder(house, NOON_MS, house.machine.wallMs);
});

const IN_2036_MS = Date.UTC(2036, 1, 6, 12);

/** Three days of footage, ten seconds each, of which nothing is near its limit of four. */
async function threeDays(): Promise<House> {
  const house = await House.make({ wallMs: NOON_MS - 2 * DAY_MS, keep: { hours: 96 } });
  for (let day = 0; day < 3; day += 1) {
    house.connect();
    await house.record(10);
    await house.stop();
    if (day === 2) break;
    await house.machine.pass(DAY_MS - 10 * SECOND_MS);
    await house.start();
  }
  return house;
}

/** Hours go by, and retention looks at everything each minute. */
async function hoursPass(house: House, hours: number): Promise<void> {
  for (let minute = 0; minute < hours * 60; minute += 10) await house.machine.pass(10 * MINUTE_MS);
}

test("the limit works while the clock is right", async () => {
  await using house = await threeDays();
  await house.start();
  await hoursPass(house, 49);
  expect(house.all().map(({ path }) => path.slice(4, 14))).toEqual(["2026-11-20", "2026-11-21"]);
});

test.each([
  { how: "once the kernel calls the clock synchronised", isSynchronised: true },
  { how: "once a person says that the clock is right", isSynchronised: false },
])(
  "a run that began unsynchronised and goes on for hours: its limit works $how",
  async ({ isSynchronised }) => {
    await using house = await House.make({ wallMs: NOON_MS, keep: { hours: 2 } });
    house.machine.isSynchronised = false;
    const camera = new SlowCamera(house, 50_000);
    await camera.sendUntil(NOON_MS + 3 * HOUR_MS);
    expect(house.all()[0]!.startMs).toBeLessThan(NOON_MS + MINUTE_MS);
    expect(house.open.storage().messages.join()).toContain("nightjar storage confirm");
    house.machine.isSynchronised = isSynchronised;
    if (!isSynchronised) await house.confirm();
    await camera.sendUntil(NOON_MS + 3.1 * HOUR_MS);
    const oldestMs = house.all()[0]!.startMs - house.machine.wallMs + 2 * HOUR_MS;
    expect(oldestMs).toBeGreaterThan(-10 * MINUTE_MS);
    expect(oldestMs).toBeLessThan(MINUTE_MS);
  },
);

test.each([
  { how: "synchronised, so the kernel says", isSynchronised: true },
  { how: "unsynchronised", isSynchronised: false },
  { how: "of which nothing is known", isSynchronised: undefined },
])("a clock $how that jumps to 2036 while it records: nothing is deleted", async ({ isSynchronised }) => {
  await using house = await threeDays();
  house.machine.isSynchronised = isSynchronised;
  await house.start();
  house.connect();
  await house.record(10);
  const before = house.all().map(({ id }) => id);
  expect(before.length).toBeGreaterThanOrEqual(3);
  const jumpMs = IN_2036_MS - house.machine.wallMs;
  house.machine.step(jumpMs);
  await house.record(10);
  await hoursPass(house, 30);
  const ids = house.all().map(({ id }) => id);
  expect(before.filter((id) => !ids.includes(id))).toEqual([]);
  expect(house.open.storage().messages.join()).toContain("nightjar storage confirm");

  // It is set right again: what is recorded from then on is live, and today.
  house.machine.step(-jumpMs);
  await house.record(20);
  const live = wallTimes(await house.list("/cam/live.m3u8"));
  expect(Math.abs(live.at(-1)!.endMs - house.machine.wallMs)).toBeLessThan(5 * SECOND_MS);
  const today = wallTimes(await house.list("/cam/stream/today/playlist.m3u8"));
  expect(Math.abs(today.at(-1)!.endMs - house.machine.wallMs)).toBeLessThan(5 * SECOND_MS);
  expect(house.open.archive.outage("cam")).toBeUndefined();
  await expectSameAfterReindex(house);
});

test.each([true, false, undefined])(
  "a start in 2036 (synchronised: %p): nothing is deleted, and what is recorded is in order once the clock is right",
  async (isSynchronised) => {
    await using house = await threeDays();
    const before = house.tables()["recording"]!.length;
    house.machine.isSynchronised = isSynchronised;
    const wrongByMs = IN_2036_MS - house.machine.wallMs;
    house.machine.reboot("boot-2", { offMs: MINUTE_MS, wrongByMs });
    await house.start();
    house.connect();
    await house.record(20);
    await hoursPass(house, 30);
    // Again, and now there is footage of 2036 that could vouch for the clock.
    house.machine.reboot("boot-2b", { offMs: MINUTE_MS });
    await house.start();
    await hoursPass(house, 30);
    expect(house.all()).toHaveLength(before + 1);
    expect(house.open.storage().messages.join()).toContain("nightjar storage confirm");
    // The power fails before the clock is set.
    house.machine.reboot("boot-3", { offMs: MINUTE_MS, wrongByMs: -wrongByMs });
    house.machine.isSynchronised = true;
    await house.start();
    house.connect();
    await house.record(20);
    const live = wallTimes(await house.list("/cam/live.m3u8"));
    expect(Math.abs(live.at(-1)!.endMs - house.machine.wallMs)).toBeLessThan(5 * SECOND_MS);
    const today = wallTimes(await house.list("/cam/stream/today/playlist.m3u8"));
    expect(Math.abs(today.at(-1)!.endMs - house.machine.wallMs)).toBeLessThan(5 * SECOND_MS);
    await expectSameAfterReindex(house);
  },
);

test.each([10, 3600])(
  "a clock that is set back by %d s: live and today go on with what is recorded then",
  async (seconds) => {
    await using house = await House.make({ wallMs: NOON_MS });
    house.connect();
    await house.record(30);
    await house.machine.pass(HOUR_MS);
    await house.record(40);
    const live = await house.get("/cam/live.m3u8");
    const today = await house.get("/cam/stream/today/playlist.m3u8");
    house.machine.step(-seconds * SECOND_MS);
    for (const address of ["/cam/live.m3u8", "/cam/stream/today/playlist.m3u8"]) {
      await house.record(12);
      const list = await house.list(address, address.includes("live") ? live : today);
      expect(Math.abs(wallTimes(list).at(-1)!.endMs - house.machine.wallMs)).toBeLessThan(5 * SECOND_MS);
    }
    await expectSameAfterReindex(house);
  },
);
