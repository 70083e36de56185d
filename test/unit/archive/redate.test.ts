import { describe, expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { parseJournal } from "../../../src/archive/journal/journal.ts";
import { journalPathOf } from "../../../src/archive/write/recording-paths.ts";
import { redateDeltaMs } from "../../../src/archive/write/redate.ts";
import type { Files } from "../../../src/platform/files.ts";
import { Rig, type RigOptions } from "./rig.ts";

const MINUTE = 60_000;
const NOON = Date.UTC(2025, 5, 1, 10);

/** An hour of power off, and a clock that wakes 40 minutes behind the newest footage. Two channels. */
async function pastRig(options: RigOptions = {}): Promise<Rig> {
  const rig = await Rig.make({ wallMs: NOON, channels: [{}, { id: "yard" }], ...options });
  const before = rig.camera();
  before.send(10);
  await before.recorder.close({ reason: "stopped", detail: "" });
  await rig.archive.close();
  rig.clock.reboot("boot-2");
  rig.clock.wallMs = NOON - 40 * MINUTE;
  rig.clock.isSynchronised = false;
  await rig.killAndStart();
  return rig;
}

/** Wall time that really was: the clock woke an hour and 40 minutes late. */
const LATE = 100 * MINUTE;

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !condition(); i += 1) await Bun.sleep(2);
  expect(condition()).toBe(true);
}

function expectInOrder(rig: Rig, channel: string): void {
  const all = rig.all(channel);
  for (const [i, r] of all.entries()) {
    const next = all[i + 1];
    expect(r.segments[0]!.startMs).toBe(r.startMs);
    if (!next) continue;
    expect(next.startMs).toBeGreaterThanOrEqual(r.endMs);
    expect(next.firstMediaSequence).toBeGreaterThan(r.firstMediaSequence);
    expect(rig.archive.gaps(channel, r.endMs, next.startMs)).toEqual([
      expect.objectContaining({ startMs: r.endMs, endMs: next.startMs }),
    ]);
  }
}

describe("a machine that wakes in the past", () => {
  test("unsure runs follow the newest footage; other channels keep what the clock says", async () => {
    await using rig = await pastRig();
    const [front, yard] = [rig.camera(), rig.camera("yard")];
    front.send(5);
    yard.send(5);
    await rig.stored(7);
    await rig.stored(2, "yard");
    const [old, unsure] = rig.all();
    expect(unsure!.startMs).toBe(old!.endMs);
    expect(rig.archive.run(unsure!.run)).toMatchObject({ unsure: true });
    expect(rig.all("yard")[0]!.startMs).toBe(NOON - 40 * MINUTE + 5000);
    for (let flush = 0; flush < 3; flush += 1) {
      rig.clock.wake();
      await Bun.sleep(5);
    }
    front.send(2);
    await rig.stored(8);
    expect(front.failure).toBeUndefined();
    expect(rig.all()[1]!.startMs).toBe(old!.endMs);
  });

  test("at the step the unsure runs end and are dated anew, open ones too, in order and with their gaps", async () => {
    await using rig = await pastRig();
    const first = rig.camera();
    first.send(4);
    await first.recorder.close({ reason: "source-offline", detail: "" });
    rig.clock.pass(6000);
    const front = rig.camera();
    const yard = rig.camera("yard");
    front.send(5);
    yard.send(5);
    await rig.stored(5 + 2 + 2);
    const names = rig.all().map((r) => r.path);
    rig.clock.wallMs += LATE;
    rig.clock.wake();
    await until(() => front.failure !== undefined && yard.failure !== undefined);
    expect(front.failure).toMatchObject({ reason: "clock-stepped" });
    await Promise.all([front.recorder.close(front.failure!), yard.recorder.close(yard.failure!)]);
    await until(() => rig.index.unsureRuns("boot-2").length === 0);
    const woke = NOON - 40 * MINUTE + LATE;
    expect(rig.all().map((r) => r.startMs)).toEqual([NOON, woke, woke + 10_000]);
    expect(rig.all("yard").map((r) => r.startMs)).toEqual([woke + 10_000 + 5000]);
    expectInOrder(rig, "front");
    expect(rig.all().map((r) => r.path)).toEqual(names);
    const again = rig.camera();
    again.send(3);
    await until(() => rig.all().length === 4);
    expectInOrder(rig, "front");
    expect(rig.archive.gaps("front", 0, 9e15).map((g) => g.reason)).toEqual([
      "stopped",
      "source-offline",
      "clock-stepped",
    ]);
    for (const recording of rig.all().slice(1, 3)) {
      const journal = parseJournal(await readFile(journalPathOf(rig.archive.mediaPath(recording)!)));
      expect(journal.entries[0]!.startMs + journal.redatedMs!).toBe(recording.startMs);
    }
  });

  test("a kill at any moment of the re-dating is finished by the next start", async () => {
    const wanted = await (async () => {
      await using rig = await pastRig();
      await stepWith(rig);
      await until(() => rig.index.unsureRuns("boot-2").length === 0);
      return rig.all().map((r) => [r.path, r.startMs, r.endMs, r.segments]);
    })();
    for (let stopAt = 1; stopAt <= 12; stopAt += 1) {
      let isCounting = false;
      let calls = 0;
      const stop = async <T>(work: () => Promise<T>): Promise<T> => {
        if (isCounting) calls += 1;
        if (isCounting && calls > stopAt) await new Promise<never>(() => {});
        return work();
      };
      await using rig = await pastRig();
      const { files } = rig;
      const dying: Files = {
        ...files,
        open: (path) => stop(() => files.open(path)),
        read: (path) => stop(() => files.read(path)),
        stat: (path) => stop(() => files.stat(path)),
      };
      await rig.killAndStart(dying);
      await stepWith(rig, () => {
        isCounting = true;
      });
      await Bun.sleep(20);
      await rig.killAndStart(files);
      await until(() => rig.index.unsureRuns("boot-2").length === 0);
      expect(rig.all().map((r) => [r.path, r.startMs, r.endMs, r.segments])).toEqual(wanted as never);
      expectInOrder(rig, "front");
    }
  });

  /** Two unsure recordings, closed, and the step. */
  async function stepWith(rig: Rig, before: () => void = () => {}): Promise<void> {
    for (let i = 0; i < 2; i += 1) {
      const camera = rig.camera();
      camera.send(4);
      await camera.recorder.close({ reason: "source-offline", detail: "" });
      rig.clock.pass(2000);
    }
    await rig.archive.flushNow();
    before();
    rig.clock.wallMs += LATE;
    rig.clock.wake();
  }

  test("killed before the step and started after it in the same boot: dated anew at the start", async () => {
    await using rig = await pastRig();
    const camera = rig.camera();
    camera.send(5);
    await rig.stored(7);
    rig.clock.wallMs += LATE;
    await rig.killAndStart();
    expect(rig.index.unsureRuns("boot-2")).toEqual([]);
    expect(rig.all()[1]!.startMs).toBe(NOON - 40 * MINUTE + LATE);
  });

  test("of another boot nothing is dated anew: its clocks can't be compared", async () => {
    await using rig = await pastRig();
    const camera = rig.camera();
    camera.send(5);
    await rig.stored(7);
    const times = rig.all().map((r) => r.startMs);
    rig.clock.reboot("boot-3");
    rig.clock.wallMs += LATE;
    await rig.killAndStart();
    expect(rig.all().map((r) => r.startMs)).toEqual(times);
  });

  test("a storage that is away during the re-dating: its journals are told when it is back", async () => {
    await using rig = await pastRig();
    const camera = rig.camera();
    camera.send(4);
    await camera.recorder.close({ reason: "source-offline", detail: "" });
    await rig.archive.flushNow();
    const recording = rig.all()[1]!;
    const path = rig.archive.mediaPath(recording)!;
    rig.roots.change({ reason: "disk-missing", detail: "" });
    rig.clock.wallMs += LATE;
    rig.clock.wake();
    await until(() => rig.index.unsureRuns("boot-2").length === 0);
    const shifted = rig.all()[1]!.startMs;
    expect(shifted).toBe(NOON - 40 * MINUTE + LATE);
    expect(parseJournal(await readFile(journalPathOf(path))).redatedMs).toBeUndefined();
    rig.roots.change(undefined);
    await until(() => rig.index.meta("redate-pending") === "[]");
    const journal = parseJournal(await readFile(journalPathOf(path)));
    expect(journal.entries[0]!.startMs + journal.redatedMs!).toBe(shifted);
  });
});

describe("a machine without a time service", () => {
  test("says unsynchronised for ever, and records with the right times and without a break", async () => {
    await using rig = await Rig.make({ wallMs: NOON });
    rig.clock.isSynchronised = false;
    const first = rig.camera();
    first.send(4);
    await first.recorder.close({ reason: "source-offline", detail: "" });
    rig.clock.pass(3000);
    const second = rig.camera();
    second.send(6);
    rig.clock.wake();
    second.send(5);
    await rig.stored(2 + 5);
    expect(second.failure).toBeUndefined();
    expect(rig.all().map((r) => r.startMs)).toEqual([NOON, NOON + 7000]);
  });

  test("that is synchronised later without a step goes on without a break", async () => {
    await using rig = await Rig.make({ wallMs: NOON });
    rig.clock.isSynchronised = false;
    const camera = rig.camera();
    camera.send(4.5);
    await rig.stored(2);
    rig.clock.isSynchronised = true;
    rig.clock.wake();
    await Bun.sleep(5);
    camera.send(2);
    await rig.stored(3);
    expect(camera.failure).toBeUndefined();
    await camera.recorder.close({ reason: "stopped", detail: "" });
    await rig.archive.flushNow();
    rig.clock.wake();
    await until(() => rig.index.unsureRuns("boot-1").length === 0);
    expect(rig.all()[0]!.startMs).toBe(NOON);
  });
});

test("the difference of two clocks is what the wall clock was set by", () => {
  const run = { realtimeMs: 1000, boottimeMs: 400 };
  expect(redateDeltaMs(run, { nowMs: 5000, bootMs: 4400 })).toBe(0);
  expect(redateDeltaMs(run, { nowMs: 5050, bootMs: 4400 })).toBe(0);
  expect(redateDeltaMs(run, { nowMs: 5000 + 2_400_000, bootMs: 4400 })).toBe(2_400_000);
  expect(redateDeltaMs(run, { nowMs: 2000, bootMs: 4400 })).toBe(-3000);
});
