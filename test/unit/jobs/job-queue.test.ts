import { Database } from "bun:sqlite";
import { afterEach, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { NightjarError } from "../../../src/platform/errors.ts";
import { tempFolder, type TempFolder } from "../../support/temp.ts";
import { failureOf, JobRig } from "./rig.ts";

const T = Date.UTC(2026, 10, 21, 14);

// Databases that sync each commit, on a machine that may have a lot to do.
setDefaultTimeout(30_000);

let folder: TempFolder;
let rig: JobRig;

beforeEach(async () => {
  folder = await tempFolder();
  rig = new JobRig(folder.file("state.db"), T);
});

afterEach(async () => {
  rig.kill();
  await folder[Symbol.asyncDispose]();
});

const moment = (text: string, more: { workKey?: string; who?: string; notBeforeMs?: number } = {}) =>
  rig.queue.add({ kind: "moment", payload: { text }, channel: "yard", who: "ann", ...more });
const heavy = (text: string, who = "") => rig.queue.add({ kind: "timelapse", payload: { text }, who });
const stubborn = (text: string) => rig.queue.add({ kind: "clip", payload: { text }, who: "" });
const stateOf = (id: number) => rig.queue.get(id)?.state;
const kindOfError = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    return error instanceof NightjarError ? error.kind : "another error";
  }
  return "no error";
};

test("a job is begun, tells how far it is, and is done with its result", async () => {
  rig.queue.start();
  const { id } = moment("a");
  await rig.pass(1);
  const { run, finish } = rig.of("a");
  run.progress(0.25, "reading");
  expect(rig.queue.get(id)).toEqual({
    id,
    kind: "moment",
    channel: "yard",
    title: "The moment a",
    payload: { text: "a" },
    state: "running",
    progress: 0.25,
    note: "reading",
    attempt: 1,
    who: "ann",
    createdMs: T,
    notBeforeMs: T,
    startedMs: T + 1000,
  });
  finish({ file: 1 });
  const ended = await rig.queue.ended(id);
  expect(ended).toMatchObject({ state: "done", progress: 1, result: { file: 1 }, link: "/films/a" });
  expect(ended.endedMs).toBe(T + 1000);
});

test("how far it is, is not written each time it is told", async () => {
  rig.queue.start();
  moment("a");
  await rig.pass(1);
  const database = new Database(folder.file("state.db"));
  const before = database.query("PRAGMA data_version").get();
  for (let step = 0; step < 10_000; step += 1) rig.of("a").run.progress(step / 10_000, `step ${step}`);
  expect(database.query("PRAGMA data_version").get()).toEqual(before);
  database.close();
});

test("as many of a kind run at once as it says, and one heavy job over all kinds", async () => {
  rig.queue.start();
  for (const text of ["a", "b", "c"]) moment(text);
  heavy("x");
  const ageing = rig.queue.add({ kind: "ageing", payload: { text: "y" }, who: "" });
  await rig.pass(1);
  expect(rig.begunTexts).toEqual(["a", "b", "x"]);
  expect(rig.queue.get(3)?.note).toBe("Waits for its turn");
  expect(rig.queue.get(ageing.id)?.note).toBe("Waits for its turn: one job of heavy work at a time");
  rig.of("a").finish();
  rig.of("x").finish();
  await rig.pass(1);
  expect(rig.begunTexts).toEqual(["a", "b", "x", "c", "y"]);
  expect(rig.queue.counts()).toEqual({ queued: 0, running: 3 });
});

test("what a person asked for comes before what the clock did", async () => {
  heavy("first");
  heavy("second");
  heavy("asked", "ann");
  rig.queue.start();
  await rig.pass(1);
  rig.of("asked").finish();
  await rig.pass(1);
  expect(rig.begunTexts).toEqual(["asked", "first"]);
});

test("the same work is done once: while it waits or runs, it is the answer", async () => {
  rig.queue.start();
  const { id } = moment("a", { workKey: "yard a" });
  expect(moment("a", { workKey: "yard a" }).id).toBe(id);
  await rig.pass(1);
  expect(moment("a", { workKey: "yard a" }).id).toBe(id);
  rig.of("a").finish();
  await rig.queue.ended(id);
  expect(moment("a", { workKey: "yard a" }).id).not.toBe(id);
});

test("a wrong payload and an unknown kind are refused, with what is wrong", () => {
  const wrong = () => rig.queue.add({ kind: "moment", payload: { text: 1 }, who: "" });
  expect(wrong).toThrow(/^This can't be done: text is /);
  expect(kindOfError(wrong)).toBe("bad-request");
  expect(kindOfError(() => rig.queue.add({ kind: "hologram" as "clip", payload: {}, who: "" }))).toBe(
    "bad-request",
  );
  expect(rig.queue.list()).toEqual([]);
});

test("what waits is cancelled at once, what runs when it has ended", async () => {
  rig.queue.start();
  moment("a");
  const waiting = moment("later", { notBeforeMs: T + 3_600_000 });
  await rig.pass(1);
  expect(rig.queue.get(waiting.id)?.note).toBe("Begins at 16:00");
  expect(await rig.queue.cancel(waiting.id)).toMatchObject({ state: "cancelled", endedMs: T + 1000 });
  expect(await rig.queue.cancel(1)).toMatchObject({ state: "cancelled" });
  expect(rig.of("a").run.signal.aborted).toBe(true);
  expect(await failureOf(rig.queue.cancel(1))).toBe("Job 1 has ended already: it was cancelled");
  expect(await failureOf(rig.queue.cancel(99))).toBe("There is no job 99");
  await rig.pass(3600);
  expect(rig.begunTexts).toEqual(["a"]);
});

test("one that does not end when it is cancelled is waited for ten seconds", async () => {
  rig.queue.start();
  const { id } = stubborn("a");
  await rig.pass(1);
  const { run, finish } = rig.of("a");
  const answers: string[] = [];
  void rig.queue.cancel(id).then(({ state }) => answers.push(state));
  await rig.pass(9);
  expect(answers).toEqual([]);
  expect(() => run.save({ hour: 1 })).toThrow("The job was cancelled");
  await rig.pass(2);
  expect(answers).toEqual(["running"]);
  finish();
  await rig.machine.settled();
  // It came to its end all the same.
  expect(stateOf(id)).toBe("done");
});

test("what failed is begun anew with what it saved, what is done or runs is not", async () => {
  rig.queue.start();
  const { id } = moment("a", { workKey: "k" });
  await rig.pass(1);
  rig.of("a").run.progress(0.5, "halfway");
  rig.of("a").run.save({ hour: 12 });
  rig.of("a").fail(new Error("https://ann:secret@host/x broke"));
  const failed = await rig.queue.ended(id);
  expect(failed).toMatchObject({ state: "failed", progress: 0.5, note: "halfway" });
  expect(failed.error).not.toContain("secret");
  expect(rig.queue.retry(id)).toMatchObject({ state: "queued", progress: 0.5, attempt: 0 });
  expect(kindOfError(() => rig.queue.retry(id))).toBe("conflict");
  await rig.pass(1);
  expect(rig.of("a").run).toMatchObject({ checkpoint: { hour: 12 }, attempt: 1 });
  rig.of("a").finish();
  await rig.queue.ended(id);
  expect(kindOfError(() => rig.queue.retry(id))).toBe("conflict");
  expect(kindOfError(() => rig.queue.retry(99))).toBe("not-found");
});

test("what failed is not begun anew beside the same work", async () => {
  rig.queue.start();
  const { id } = moment("a", { workKey: "k" });
  await rig.pass(1);
  rig.of("a").fail(new Error("broke"));
  await rig.queue.ended(id);
  const second = moment("a", { workKey: "k" });
  expect(() => rig.queue.retry(id)).toThrow(`The same is being done already, as job ${second.id}`);
});

test("what may be better later is tried again by itself, later and later, and not for ever", async () => {
  rig.queue.start();
  const { id } = moment("a");
  const begun: number[] = [];
  for (let minute = 0; minute < 500; minute += 1) {
    const count = rig.begun.length;
    await rig.pass(60);
    if (rig.begun.length === count) continue;
    begun.push(minute);
    rig.of("a").fail(new NightjarError("unavailable", "The storage is not there"));
    await rig.machine.settled();
    if (begun.length === 1) {
      expect(rig.queue.get(id)).toMatchObject({ state: "queued", error: "The storage is not there" });
      expect(rig.queue.get(id)?.note).toMatch(/^Is tried again at 15:0\d$/);
    }
  }
  expect(begun).toHaveLength(8);
  const waits = begun.slice(1).map((minute, index) => minute - begun[index]!);
  expect(waits.toSorted((a, b) => a - b)).toEqual(waits);
  expect(waits.at(-1)).toBeGreaterThanOrEqual(240);
  expect(rig.queue.get(id)).toMatchObject({ state: "failed", error: "The storage is not there", attempt: 8 });
});

test("a job that gets further each time is tried again as often as that", async () => {
  rig.queue.start();
  const { id } = moment("a");
  for (let hour = 1; hour <= 12; hour += 1) {
    for (let minutes = 0; rig.begun.length < hour; minutes += 1) {
      expect(minutes).toBeLessThan(4);
      await rig.pass(60);
    }
    const { run, fail } = rig.of("a");
    expect(run.checkpoint).toEqual(hour === 1 ? undefined : { hour: hour - 1 });
    run.progress(hour / 24);
    run.save({ hour });
    fail(new NightjarError("unavailable", "The storage is not there"));
    await rig.machine.settled();
  }
  expect(rig.queue.get(id)).toMatchObject({ state: "queued", progress: 0.5 });
});

test("a stop ends what runs; the next start goes on, and it is no attempt", async () => {
  rig.queue.start();
  const { id } = moment("a");
  moment("b", { notBeforeMs: T + 10_000 });
  await rig.pass(1);
  rig.of("a").run.progress(0.5);
  rig.of("a").run.save("half");
  const waiting = rig.queue.ended(id);
  await rig.queue.stop();
  expect((await waiting).state).toBe("queued");
  expect(rig.of("a").run.signal.aborted).toBe(true);
  rig.kill();
  rig.restart();
  rig.queue.start();
  await rig.pass(12);
  expect(rig.begunTexts).toEqual(["a", "a", "b"]);
  expect(rig.of("a").run).toMatchObject({ checkpoint: "half", attempt: 1 });
  expect(rig.queue.get(id)).toMatchObject({ state: "running", progress: 0.5 });
});

test("a job that does not end holds the stop up for three seconds, and what it does later is lost", async () => {
  rig.queue.start();
  const { id } = stubborn("a");
  await rig.pass(1);
  let isStopped = false;
  void rig.queue.stop().then(() => (isStopped = true));
  await rig.machine.settled();
  await rig.pass(2);
  expect(isStopped).toBe(false);
  await rig.pass(1);
  expect(isStopped).toBe(true);
  rig.of("a").finish();
  await rig.machine.settled();
  expect(stateOf(id)).toBe("queued");
});

test("killed, it goes on with what it saved; a job that kills the program is given up after some times", async () => {
  const { id } = moment("a");
  moment("b", { notBeforeMs: T + 86_400_000 });
  for (let attempt = 1; attempt <= 8; attempt += 1) {
    rig.queue.start();
    await rig.pass(1);
    expect(rig.of("a").run.attempt).toBe(attempt);
    rig.kill();
    rig.restart();
  }
  rig.queue.start();
  await rig.pass(1);
  expect(rig.begun).toHaveLength(8);
  expect(rig.queue.get(id)).toMatchObject({
    state: "failed",
    error: "Nightjar was ended 8 times in its course; it is not begun again by itself",
  });
  expect(rig.queue.counts()).toEqual({ queued: 1, running: 0 });
});

test("killed in between, a job that gets further each time comes to its end", async () => {
  const { id } = moment("a");
  for (let hour = 1; hour <= 20; hour += 1) {
    rig.queue.start();
    await rig.pass(1);
    const { run } = rig.of("a");
    run.progress(hour / 24);
    run.save({ hour });
    rig.kill();
    rig.restart();
  }
  rig.queue.start();
  await rig.pass(1);
  expect(rig.of("a").run.checkpoint).toEqual({ hour: 20 });
  rig.of("a").finish();
  expect((await rig.queue.ended(id)).state).toBe("done");
});

test("rows of another version stay, and do no harm", async () => {
  const { id } = moment("a");
  moment("b");
  const database = new Database(folder.file("state.db"));
  database.run("UPDATE job SET payload = '{\"other\": 1}' WHERE id = ?", [id]);
  database.run("UPDATE job SET kind = 'hologram' WHERE id = 2");
  database.close();
  rig.queue.start();
  await rig.pass(2);
  expect(rig.queue.get(id)).toMatchObject({ title: "Moment", state: "failed" });
  expect(rig.queue.get(id)?.error).toBe(
    "What is to be done was written by another version and can't be read",
  );
  expect(rig.queue.get(2)).toMatchObject({ title: "Hologram", state: "queued" });
  expect(rig.queue.get(2)?.note).toBe("Waits for a version of Nightjar that knows this kind of work");
  expect(await rig.queue.cancel(2)).toMatchObject({ state: "cancelled" });
});

test("ended jobs are forgotten after four weeks, and what waits never", async () => {
  rig.queue.start();
  const { id } = moment("a");
  const waiting = moment("b", { notBeforeMs: T + 1e12 });
  await rig.pass(1);
  rig.of("a").finish();
  await rig.queue.ended(id);
  rig.machine.step(27 * 86_400_000);
  rig.queue.dropOld();
  expect(stateOf(id)).toBe("done");
  rig.machine.step(2 * 86_400_000);
  rig.queue.dropOld();
  expect(stateOf(id)).toBeUndefined();
  expect(stateOf(waiting.id)).toBe("queued");
});

test("lists are the newest first, and are chosen by channel, kind and state", async () => {
  rig.queue.start();
  moment("a");
  heavy("x");
  await rig.pass(1);
  rig.of("a").finish();
  await rig.queue.ended(1);
  const ids = (filter?: Parameters<typeof rig.queue.list>[0]) => rig.queue.list(filter).map(({ id }) => id);
  expect(ids()).toEqual([2, 1]);
  expect(ids({ states: ["running", "queued"] })).toEqual([2]);
  expect(ids({ channel: "yard" })).toEqual([1]);
  expect(ids({ kind: "ageing" })).toEqual([]);
  expect(ids({ limit: 1 })).toEqual([2]);
});

test("the end of a job is waited for until the one who waits has enough", async () => {
  rig.queue.start();
  const { id } = moment("a");
  await rig.pass(1);
  const enough = new AbortController();
  const waiting = rig.queue.ended(id, enough.signal);
  enough.abort();
  expect((await waiting).state).toBe("running");
  expect(await failureOf(rig.queue.ended(99))).toBe("There is no job 99");
});

test("what the database does not take holds, and is stored later", async () => {
  rig.queue.start();
  const { id } = moment("a");
  await rig.pass(1);
  const database = new Database(folder.file("state.db"));
  database.run("CREATE TRIGGER full BEFORE UPDATE ON job BEGIN SELECT RAISE(ABORT, 'disk full'); END");
  expect(() => rig.of("a").run.save(1)).toThrow("How far the job is can't be stored");
  rig.of("a").finish("film");
  expect(await rig.queue.ended(id)).toMatchObject({ state: "done", result: "film" });
  expect(rig.queue.list()[0]).toMatchObject({ state: "done" });
  expect(database.query("SELECT state FROM job").get()).toEqual({ state: "running" });
  database.run("DROP TRIGGER full");
  await rig.pass(12);
  expect(database.query("SELECT state FROM job").get()).toEqual({ state: "done" });
  database.close();
});

test("jobs of a channel wait until its files have been looked through; a person not for ever", async () => {
  rig.channelBeingRead = "yard";
  rig.queue.start();
  const asked = moment("asked");
  moment("scheduled", { who: "" });
  heavy("other channel");
  await rig.pass(50);
  expect(rig.begunTexts).toEqual(["other channel"]);
  expect(rig.queue.get(asked.id)?.note).toBe("Waits until the files of the channel have been looked through");
  await rig.pass(15);
  expect(rig.begunTexts).toEqual(["other channel", "asked"]);
  await rig.pass(600);
  expect(rig.begun).toHaveLength(2);
  rig.channelBeingRead = undefined;
  await rig.pass(1);
  expect(rig.begunTexts).toEqual(["other channel", "asked", "scheduled"]);
});
