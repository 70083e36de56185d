import { afterEach, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { tempFolder, type TempFolder } from "../../support/temp.ts";
import { failureOf, JobRig } from "./rig.ts";

const berlin = (text: string): number =>
  Temporal.ZonedDateTime.from(`${text}[Europe/Berlin]`).epochMilliseconds;

// Databases that sync each commit, on a machine that may have a lot to do.
setDefaultTimeout(30_000);

let folder: TempFolder;
let rig: JobRig;

beforeEach(async () => {
  folder = await tempFolder();
});

afterEach(async () => {
  rig.kill();
  await folder[Symbol.asyncDispose]();
});

function startAt(text: string, window?: string): void {
  rig = new JobRig(folder.file("state.db"), berlin(text));
  if (window !== undefined) rig.windowText = window;
  rig.queue.start();
}

const heavy = (text: string) => rig.queue.add({ kind: "timelapse", payload: { text }, who: "" }).id;
const noteOf = (id: number) => rig.queue.get(id)?.note;

/** Whether a job may go on at the moment. */
async function mayGoOn(text: string): Promise<boolean> {
  let isFree = false;
  void rig
    .of(text)
    .run.mayGoOn()
    .then(
      () => (isFree = true),
      () => {},
    );
  await rig.machine.settled();
  return isFree;
}

test("heavy work waits for its window, light work does not", async () => {
  startAt("2026-11-21T21:58:00", "22:00-06:00");
  const id = heavy("x");
  rig.queue.add({ kind: "moment", payload: { text: "a" }, who: "" });
  await rig.pass(1);
  expect(rig.begunTexts).toEqual(["a"]);
  expect(noteOf(id)).toBe("Waits for 22:00");
  await rig.pass(118);
  expect(rig.begunTexts).toEqual(["a"]);
  await rig.pass(2);
  expect(rig.begunTexts).toEqual(["a", "x"]);
  expect(await mayGoOn("x")).toBe(true);
});

test("at the window's end it waits between two pieces; only what does not come to one is held, ten minutes later", async () => {
  startAt("2026-11-22T05:59:00", "22:00-06:00");
  const id = heavy("x");
  await rig.pass(1);
  const { run, finish } = rig.of("x");
  const { group } = run as unknown as { group: { isPaused: boolean } };
  await rig.pass(60);
  expect(noteOf(id)).toBe("Waits for 22:00");
  expect(await mayGoOn("x")).toBe(false);
  expect(group.isPaused).toBe(false);
  await rig.pass(600);
  expect(group.isPaused).toBe(true);
  // The window is taken away.
  rig.window = undefined;
  await rig.pass(1);
  expect(group.isPaused).toBe(false);
  expect(noteOf(id)).toBe("");
  finish();
  expect((await rig.queue.ended(id)).state).toBe("done");
});

test.each([
  ["2026-03-29T01:59:00", "02:30-05:00", "03:00", 61],
  ["2026-10-25T01:59:00", "03:00-05:00", "03:00", 61 + 2 * 3600],
])("a window in a night in which the clock is set: %s, %s", async (start, window, opening, seconds) => {
  startAt(start, window);
  const id = heavy("x");
  await rig.pass(1);
  expect(noteOf(id)).toBe(`Waits for ${opening}`);
  await rig.pass(seconds - 3);
  expect(rig.begunTexts).toEqual([]);
  await rig.pass(3);
  expect(rig.begunTexts).toEqual(["x"]);
});

test.each([
  ["9 MB wait for the disk", () => (rig.figures.waitingBytes = 9e6), 5],
  ["the disk takes 7 s to store what has come", () => (rig.figures.syncMs = 7000), 1],
  ["the disk was too slow to keep everything", () => (rig.figures.wasTooSlow = true), 1],
  [
    "the processor has too much to do",
    async () => {
      await rig.machine.pass(2500);
      await rig.pass(3);
      await rig.machine.pass(2500);
    },
    0,
  ],
])("while recording falls behind it is held, and a minute longer: %s", async (why, trouble, seconds) => {
  startAt("2026-11-21T12:00:00");
  const id = heavy("x");
  await rig.pass(1);
  const { run } = rig.of("x");
  const { group } = run as unknown as { group: { isPaused: boolean } };
  run.progress(0.3, "reading");
  await trouble();
  await rig.pass(seconds);
  expect(noteOf(id)).toBe(`Waits while recording falls behind: ${why}`);
  expect(group.isPaused).toBe(true);
  expect(await mayGoOn("x")).toBe(false);
  rig.figures = { waitingBytes: 0, syncMs: 0, flushMs: 5000, wasTooSlow: false, isRecording: true };
  await rig.pass(58);
  expect(await mayGoOn("x")).toBe(false);
  await rig.pass(3);
  expect(await mayGoOn("x")).toBe(true);
  expect(group.isPaused).toBe(false);
  expect(noteOf(id)).toBe("reading");
});

test("light work of the clock is held then, too; what a person waits for is not, and neither by the window", async () => {
  startAt("2026-11-21T12:00:00", "22:00-06:00");
  for (const who of ["", "ann"]) rig.queue.add({ kind: "moment", payload: { text: `of ${who}` }, who });
  await rig.pass(2);
  expect([await mayGoOn("of "), await mayGoOn("of ann")]).toEqual([true, true]);
  rig.figures.wasTooSlow = true;
  await rig.pass(1);
  expect([await mayGoOn("of "), await mayGoOn("of ann")]).toEqual([false, true]);
  rig.of("of ").finish();
  rig.of("of ann").finish();
  for (const who of ["", "ann"]) rig.queue.add({ kind: "moment", payload: { text: `again ${who}` }, who });
  await rig.pass(2);
  expect(rig.begunTexts).toEqual(["of ann", "of ", "again ann"]);
});

test("a program that is late once, or records nothing, holds nothing", async () => {
  startAt("2026-11-21T12:00:00");
  const id = heavy("x");
  await rig.pass(1);
  await rig.machine.pass(2500);
  expect(noteOf(id)).toBe("");
  await rig.pass(20);
  rig.figures.isRecording = false;
  for (let late = 0; late < 3; late += 1) await rig.machine.pass(2500);
  expect(noteOf(id)).toBe("");
});

test("segments of many channels that come at the same moment hold nothing", async () => {
  startAt("2026-11-21T12:00:00");
  const id = heavy("x");
  await rig.pass(1);
  for (let round = 0; round < 5; round += 1) {
    rig.figures.waitingBytes = 30e6;
    await rig.pass(2);
    rig.figures.waitingBytes = 0;
    await rig.pass(1);
  }
  expect(noteOf(id)).toBe("");
});

test("one that waits to go on is cancelled all the same", async () => {
  startAt("2026-11-21T12:00:00");
  const id = heavy("x");
  await rig.pass(1);
  rig.figures.wasTooSlow = true;
  await rig.pass(1);
  const waiting = rig.of("x").run.mayGoOn();
  const cancelled = rig.queue.cancel(id);
  expect(await failureOf(waiting)).toBe("The job was cancelled");
  expect((await cancelled).state).toBe("cancelled");
});

test("the time left follows the pace of late, and leaves out the time in which it was held", async () => {
  startAt("2026-11-21T12:00:00");
  const id = heavy("x");
  await rig.pass(1);
  const { run } = rig.of("x");
  const left = () => rig.queue.get(id)?.leftMs;
  run.progress(0);
  expect(left()).toBeUndefined();
  for (let second = 1; second <= 20; second += 1) {
    await rig.pass(1);
    run.progress(second / 100);
  }
  expect(left()).toBeCloseTo(80_000, -3);
  rig.figures.wasTooSlow = true;
  await rig.pass(300);
  expect(left()).toBeUndefined();
  rig.figures.wasTooSlow = false;
  await rig.pass(61);
  expect(left()).toBeGreaterThan(70_000);
  expect(left()).toBeLessThan(82_000);
  // Four times as slow from here on: after some minutes that is what counts.
  for (let second = 1; second <= 180; second += 1) {
    await rig.pass(1);
    run.progress(0.2 + second / 400);
  }
  expect(left()).toBeGreaterThan(115_000);
  expect(left()).toBeLessThan(150_000);
});

test("gone on with from a checkpoint, the pace is that of now", async () => {
  startAt("2026-11-21T12:00:00");
  const id = heavy("x");
  await rig.pass(1);
  const { run } = rig.of("x");
  run.progress(0.9);
  await rig.pass(10);
  run.progress(0.91);
  expect(rig.queue.get(id)?.leftMs).toBeCloseTo(90_000, -3);
});
