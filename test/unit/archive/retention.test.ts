import { describe, expect, test } from "bun:test";
import { exists, readdir, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  confirmLimits,
  holdLimits,
  isClockConfirmed,
  limitsWaitMs,
  pairDatabases,
  trustedMs,
  type Databases,
} from "../../../src/archive/database-pair.ts";
import { Deleter } from "../../../src/archive/keep/deletion.ts";
import { toGarbage } from "../../../src/archive/keep/garbage.ts";
import { Locks } from "../../../src/archive/keep/locks.ts";
import { dropMissing } from "../../../src/archive/inspect/missing-files.ts";
import { Retention } from "../../../src/archive/keep/retention.ts";
import { KnownRoots } from "../../../src/archive/roots/roots.ts";
import { writeRootId } from "../../../src/archive/roots/root-file.ts";
import type { ArchiveChannel } from "../../../src/archive/settings.ts";
import { NightjarError } from "../../../src/platform/errors.ts";
import { diskFiles, type Files } from "../../../src/platform/files.ts";
import {
  DAY_MS,
  FootageMaker,
  HOUR_MS,
  NOON_MS,
  SimulatedClock,
  testArchive,
  type TestArchive,
  type Written,
} from "./kept-archive.ts";

const channel = (id: string, keep: ArchiveChannel["keep"], was: string[] = []): ArchiveChannel => ({
  id,
  name: id,
  zone: "Europe/Berlin",
  keep,
  was,
  isRetired: false,
  hasSound: true,
});

type Options = {
  clock?: SimulatedClock;
  keep?: ArchiveChannel["keep"];
  files?: Files;
  channels?: ArchiveChannel[];
};

/** The keep side over `hours` recordings of an hour each, the last one ending at noon. */
async function kept(archive: TestArchive, hours: number, options: Options = {}) {
  const { clock = new SimulatedClock(), keep = {}, files = diskFiles() } = options;
  const databases = archive.open();
  pairDatabases(databases);
  const row = { id: "root", path: archive.storage, adoptedMs: 0 };
  databases.index.setRoot(row);
  databases.state.setRoot(row);
  await writeRootId(diskFiles(), archive.storage, "root");
  const roots = new KnownRoots({
    ...databases,
    clock,
    files,
    storagePath: archive.storage,
    unmountedPoint: () => undefined,
    indexRoot: () => Promise.reject(new Error("nothing is to be read in here")),
  });
  await roots.look();
  const maker = new FootageMaker(archive.storage, "root", databases.index);
  const run = maker.run(NOON_MS - hours * HOUR_MS);
  const written: Written[] = [];
  for (let i = hours; i > 0; i--) written.push(await maker.recording(run, NOON_MS - i * HOUR_MS));
  const deleter = new Deleter({ ...databases, clock, files, roots });
  const make = (minFree = { bytes: 0 }) =>
    new Retention({
      ...databases,
      clock,
      files,
      roots,
      deleter,
      channels: () => options.channels ?? [channel("front", keep)],
      zone: "UTC",
      minFree,
      writtenBytes: () => 0,
    });
  return { ...databases, clock, files, roots, maker, run, written, deleter, make };
}
const left = ({ index }: Pick<Databases, "index">, written: readonly Written[]): number[] =>
  written.flatMap(({ id }, i) => (index.recording(id) ? [i] : []));

describe("deletion", () => {
  test("takes media, journal, row, gaps and lone runs, and the folder of an old day", async () => {
    await using archive = await testArchive();
    const { index, deleter, maker, written } = await kept(archive, 2);
    const oldMs = NOON_MS - 10 * DAY_MS;
    const old = await maker.recording(maker.run(oldMs), oldMs, {
      gaps: [{ startMs: oldMs - 5000, endMs: oldMs, reason: "interrupted", detail: "" }],
    });
    const deleted = await deleter.delete([old.id, written[0]!.id]);
    expect(deleted).toMatchObject({ lockedIds: [], problems: [], sizeBytes: 2 * 5100 });
    expect(await exists(join(archive.storage, "front/2026-11-11"))).toBe(false);
    expect(await readdir(join(archive.storage, "front/2026-11-21"))).toHaveLength(2);
    expect(index.run(old.run.id)).toBeUndefined();
    expect(index.gapsBetween("front", 0, Infinity)).toEqual([]);
    expect(index.rowsInState("garbage")).toEqual([]);
  });

  test("never takes what is being written, nor what is not there", async () => {
    await using archive = await testArchive();
    const { index, deleter, maker, run, written } = await kept(archive, 1);
    const open = await maker.recording(run, NOON_MS, { isOpen: true });
    index.updateRecording(written[0]!.id, { root: "usb" });
    expect((await deleter.delete([open.id, written[0]!.id, "nosuchid"])).ids).toEqual([]);
    expect(await exists(join(archive.storage, open.path))).toBe(true);
  });

  test("a kill after each step is finished later, and nothing else goes", async () => {
    for (const step of ["unlink 1", "unlink 2", "syncFolder 1"]) {
      await using archive = await testArchive();
      const { index, written, ...rest } = await kept(archive, 3);
      let count = 0;
      const [name, at] = step.split(" ");
      const dying = async (call: () => Promise<void>, which: string): Promise<void> => {
        if (which === name && ++count >= Number(at))
          throw Object.assign(new Error("killed"), { code: "EIO" });
        await call();
      };
      const files: Files = {
        ...rest.files,
        unlink: (path) => dying(() => rest.files.unlink(path), "unlink"),
        syncFolder: (path) => dying(() => rest.files.syncFolder(path), "syncFolder"),
      };
      const deleter = new Deleter({ ...rest, index, files });
      const deleted = await deleter.delete([written[0]!.id]);
      expect(deleted).toMatchObject({ ids: [], problems: [expect.stringContaining("killed")] });
      expect(index.recording(written[0]!.id)?.state).toBe("garbage");
      expect(index.recordingsBetween("front", 0, Infinity)).toHaveLength(2);
      expect((await rest.deleter.collectGarbage(false)).ids).toEqual([written[0]!.id]);
      expect(index.recording(written[0]!.id)).toBeUndefined();
      expect(await readdir(join(archive.storage, "front/2026-11-21"))).toHaveLength(4);
    }
  });

  test("what was replaced stays readable for an hour, but not when room is short", async () => {
    await using archive = await testArchive();
    const { index, deleter, clock, written } = await kept(archive, 2);
    index.transaction(() => toGarbage(index, [written[0]!], clock.nowMs()));
    expect((await deleter.collectGarbage(false)).ids).toEqual([]);
    clock.pass(HOUR_MS);
    expect((await deleter.collectGarbage(false)).ids).toEqual([written[0]!.id]);
    index.transaction(() => toGarbage(index, [written[1]!], clock.nowMs()));
    expect((await deleter.collectGarbage(true)).ids).toEqual([written[1]!.id]);
  });
});

describe("locks", () => {
  test("are files: what a person puts there by hand counts at the next deletion", async () => {
    await using archive = await testArchive();
    const { index, deleter, written } = await kept(archive, 2);
    const path = join(archive.storage, written[0]!.path.replace(/mp4$/, "lock"));
    await writeFile(path, "");
    const deleted = await deleter.delete(written.map(({ id }) => id));
    expect(deleted).toMatchObject({ ids: [written[1]!.id], lockedIds: [written[0]!.id] });
    expect(index.locks()).toMatchObject([{ recording: written[0]!.id }]);
    await unlink(path);
    expect((await deleter.delete([written[0]!.id])).ids).toEqual([written[0]!.id]);
  });

  test("cover the recordings of a span, the open one too, and take no more than they may", async () => {
    await using archive = await testArchive();
    const { index, files, roots, maker, run, written } = await kept(archive, 3);
    const open = await maker.recording(run, NOON_MS, { isOpen: true });
    let boundBytes = 10_000;
    const locks = new Locks({ files, index, roots, bound: () => Promise.resolve(boundBytes) });
    const span = {
      startMs: written[1]!.startMs + 2000,
      endMs: NOON_MS + 60_000,
      who: "me",
      why: "",
      sinceMs: 1,
    };
    expect(locks.lock("front", span)).rejects.toThrow(NightjarError);
    await locks.lock("front", span).catch(() => {});
    expect(index.locks()).toEqual([]);
    boundBytes = 20_000;
    expect(await locks.lock("front", span)).toEqual([written[1]!.id, written[2]!.id, open.id]);
    expect(index.locks("front").map(({ startMs, endMs }) => [startMs, endMs])).toEqual([
      // What comes into the parts between them is locked as well.
      [span.startMs, written[2]!.startMs],
      [written[2]!.startMs, open.startMs],
      [open.startMs, span.endMs],
    ]);
    expect(await locks.release("front", written[1]!.startMs, written[2]!.startMs)).toEqual([written[1]!.id]);
    expect(await exists(join(archive.storage, written[1]!.path.replace(/mp4$/, "lock")))).toBe(false);
    expect(await exists(join(archive.storage, written[2]!.path.replace(/mp4$/, "lock")))).toBe(true);
  });
});

describe("retention", () => {
  test("applies age as time goes by, once a minute", async () => {
    await using archive = await testArchive();
    const all = await kept(archive, 5, { keep: { maxAgeMs: 3 * HOUR_MS } });
    const retention = all.make();
    await retention.pass();
    expect(left(all, all.written)).toEqual([2, 3, 4]);
    all.clock.pass(30_000);
    await retention.pass();
    all.clock.pass(HOUR_MS);
    await retention.pass();
    expect(left(all, all.written)).toEqual([4]);
    expect(trustedMs(all)).toBe(NOON_MS + HOUR_MS + 30_000);
    expect(retention.state().messages).toEqual([]);
  });

  test("a former id's footage is limited together with its heir's", async () => {
    await using archive = await testArchive();
    const all = await kept(archive, 4, { channels: [channel("door", { maxBytes: 5100 * 3 }, ["front"])] });
    const heir = new FootageMaker(archive.storage, "root", all.index, "door");
    const newest = await heir.recording(heir.run(NOON_MS), NOON_MS);
    await all.make().pass();
    expect(left(all, [...all.written, newest])).toEqual([2, 3, 4]);
  });

  test("a start in 2036 erases a day's worth at most, also the second time, and a right clock mends it", async () => {
    await using archive = await testArchive();
    const clock = new SimulatedClock();
    const all = await kept(archive, 5, { clock, keep: { maxAgeMs: 48 * HOUR_MS } });
    await all.make().pass();
    const in2036 = Date.UTC(2036, 0, 1);
    clock.set(in2036);
    clock.isSynchronised = false;
    const first = all.make();
    await first.pass();
    expect(left(all, all.written)).toEqual([0, 1, 2, 3, 4]);
    expect(first.state().messages.join()).toContain("nightjar storage confirm");
    await all.maker.recording(all.run, in2036);
    clock.pass(HOUR_MS);
    await all.make().pass();
    clock.isSynchronised = true;
    await all.make().pass();
    expect(left(all, all.written)).toEqual([0, 1, 2, 3, 4]);
    clock.set(NOON_MS + 44 * HOUR_MS);
    await all.make().pass();
    expect(left(all, all.written)).toEqual([1, 2, 3, 4]);
  });

  test("a jump while it runs erases nothing, until a person confirms the clock", async () => {
    await using archive = await testArchive();
    const all = await kept(archive, 3, { keep: { days: 5 } });
    const retention = all.make();
    await retention.pass();
    all.clock.set(NOON_MS + 40 * DAY_MS);
    all.clock.pass(60_000);
    await retention.pass();
    expect(left(all, all.written)).toEqual([0, 1, 2]);
    const now = () => ({ bootId: "boot-1", nowMs: all.clock.nowMs(), bootMs: all.clock.bootMs() });
    confirmLimits(all, now());
    expect(isClockConfirmed(all, now())).toBe(true);
    all.clock.pass(60_000);
    await retention.pass();
    expect(left(all, all.written)).toEqual([]);
    all.clock.set(NOON_MS);
    expect(isClockConfirmed(all, now())).toBe(false);
  });

  test("months of running are no jump", async () => {
    await using archive = await testArchive();
    const all = await kept(archive, 1, { keep: { days: 90 } });
    const retention = all.make();
    for (let day = 0; day <= 91; day++) {
      await retention.pass();
      expect(left(all, all.written)).toHaveLength(day <= 90 ? 1 : 0);
      all.clock.pass(DAY_MS);
    }
  });

  test("after a lost database limits wait for a day of running, whatever the wall clock says", async () => {
    await using archive = await testArchive();
    const all = await kept(archive, 2, { keep: { maxAgeMs: HOUR_MS } });
    holdLimits(all);
    let retention = all.make();
    await retention.pass();
    expect(retention.state().messages.join()).toContain("another 24 h");
    all.clock.set(NOON_MS + 3 * DAY_MS);
    for (let hour = 0; hour < 23; hour++) {
      all.clock.pass(HOUR_MS);
      await retention.pass();
    }
    expect(left(all, all.written)).toEqual([0, 1]);
    // A restart goes on counting.
    retention = all.make();
    all.clock.pass(HOUR_MS);
    await retention.pass();
    expect(left(all, all.written)).toEqual([]);
    expect(limitsWaitMs(all)).toBe(0);
  });

  test("more than half of a channel's files missing at once: nothing is forgotten", async () => {
    await using archive = await testArchive();
    const all = await kept(archive, 4);
    const root = { id: "root", path: archive.storage };
    for (const { path } of all.written.slice(0, 3)) await unlink(join(archive.storage, path));
    expect(await dropMissing(all, root)).toEqual({
      dropped: [],
      kept: [{ channel: "front", recordings: 4, missing: 3 }],
    });
    expect(left(all, all.written)).toEqual([0, 1, 2, 3]);
    for (const { path } of all.written.slice(1, 3)) await writeFile(join(archive.storage, path), "");
    expect((await dropMissing(all, root)).dropped).toMatchObject([{ id: all.written[0]!.id }]);
    expect(left(all, all.written)).toEqual([1, 2, 3]);
  });
});
