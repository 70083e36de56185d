import { describe, expect, test } from "bun:test";
import { readdir, stat, truncate, unlink, writeFile } from "node:fs/promises";
import { Deleter } from "../../../src/archive/keep/deletion.ts";
import { Locks } from "../../../src/archive/keep/locks.ts";
import { dropMissing } from "../../../src/archive/inspect/missing-files.ts";
import { reindexRoot } from "../../../src/archive/inspect/reindex.ts";
import { verifyFootage, type Damage } from "../../../src/archive/inspect/verify.ts";
import { writeRootId } from "../../../src/archive/roots/root-file.ts";
import { until } from "./faulty-disk.ts";
import { journalOf, keptParameters, KeptSource, markOf } from "./kept-source.ts";
import { Rig } from "./rig.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const reasons = (rig: Rig) => rig.archive.gaps("front", 0, 9e15).map(({ reason }) => reason);

describe("what lies on the disk", () => {
  test("torn anywhere in its last segment, it is cut before it; a wrong byte is no whole segment", async () => {
    for (const format of ["ts", "fmp4"] as const) {
      for (const spoil of ["torn", "flipped", "gone"]) {
        await using rig = await Rig.make();
        const source = new KeptSource(rig, { parameters: keptParameters(format) });
        await source.send(3);
        const [open] = rig.all();
        const path = rig.archive.mediaPath(open!)!;
        const bytes = Buffer.from(await rig.files.read(path));
        if (spoil === "torn") await truncate(path, bytes.length - 1);
        else if (spoil === "flipped") {
          bytes[bytes.length - 2500]! ^= 4;
          await writeFile(path, bytes);
        } else await truncate(path, open!.baseOffsetBytes);
        await rig.killAndStart();
        const left = spoil === "gone" ? 0 : 2;
        expect(await rig.archive.keptTail("front", 9)).toEqual(source.given.slice(0, left).map(markOf));
        if (left === 0) expect(rig.all()).toEqual([]);
        else expect((await stat(path)).size).toBe(open!.baseOffsetBytes + 10_000);
      }
    }
  });

  test("verify finds a flipped bit, a cut file and a spoiled init; reindex brings back the same rows", async () => {
    await using rig = await Rig.make();
    for (const format of ["ts", "fmp4"] as const) {
      const source = new KeptSource(rig, { parameters: keptParameters(format) });
      await source.send(3);
      await source.close();
    }
    await rig.archive.flushNow();
    const deps = { files: rig.files, index: rig.index, roots: rig.roots, clock: rig.clock };
    const kinds = async () => {
      const damage: Damage[] = [];
      await verifyFootage(deps, { onDamage: (one) => damage.push(one) });
      return damage.map(({ kind, startMs }) => [kind, startMs]);
    };
    expect(await kinds()).toEqual([]);
    const before = rig.all().map((recording) => ({ ...recording, segments: recording.segments, version: 0 }));
    const runs = before.map(({ run }) => rig.archive.run(run));
    const counter = rig.index.counter("front");
    const report = await reindexRoot(rig, rig.roots);
    expect(report).toMatchObject({ recordings: 2, segments: 6, problems: [], strangers: [] });
    expect(
      rig.all().map((recording) => ({ ...recording, segments: recording.segments, version: 0 })),
    ).toEqual(before);
    expect(before.map(({ run }) => rig.archive.run(run))).toEqual(runs);
    expect(rig.index.counter("front")).toEqual(counter!);
    const [ts, fmp4] = rig.all();
    const spoil = async (path: string, at: number) => {
      const bytes = Buffer.from(await rig.files.read(path));
      bytes[at]! ^= 1;
      await writeFile(path, bytes);
    };
    await spoil(rig.archive.mediaPath(ts!)!, 7000);
    await spoil(rig.archive.mediaPath(fmp4!)!, 10);
    await truncate(rig.archive.mediaPath(fmp4!)!, fmp4!.sizeBytes - 1);
    expect(await kinds()).toEqual([
      ["segment-damaged", ts!.segments[1]!.startMs],
      ["init-damaged", fmp4!.startMs],
      ["segment-cut-off", fmp4!.segments[2]!.startMs],
    ]);
  });
});

test("files of an uploader in the same channel: what is captured goes on in media time where it stood", async () => {
  await using rig = await Rig.make();
  const source = new KeptSource(rig);
  await source.send(2);
  const [open] = rig.all();
  const run = { ...rig.archive.run(open!.run)!, id: "uploads", timeline: 2, endMs: open!.endMs };
  const startMs = open!.endMs + HOUR;
  const file = { name: "video_140000.ts", mtimeMs: startMs, isLate: false };
  const segment = { ...open!.segments[0]!, startMs, mediaTicks: 0, offsetBytes: 0, file };
  rig.index.insertRun(run);
  rig.index.insertRecording(
    {
      ...rig.index.recording(open!.id)!,
      id: "uploaded",
      path: "front/2025-06-01/14-00-00+0200.files",
      run: run.id,
      startMs,
      endMs: startMs + 6000,
      firstMediaSequence: 50,
      baseTicks: startMs * 90,
      sizeBytes: 5000,
      segmentCount: 1,
      state: "closed",
    },
    [segment],
  );
  rig.index.setCounter({
    ...rig.index.counter("front")!,
    nextMediaSequence: 51,
    timeline: 2,
    newestEndMs: startMs + 6000,
  });
  await rig.killAndStart();
  expect(rig.index.counter("front")).toMatchObject({
    nextMediaSequence: 51,
    nextTicks: 2 * 540_000,
    timeline: 2,
    newestEndMs: startMs + 6000,
  });
  expect(await rig.archive.keptTail("front", 9)).toEqual([]);
  const again = new KeptSource(rig);
  await again.send(1, { startMs: startMs + 2 * HOUR });
  const newest = rig.all().at(-1)!;
  expect(newest).toMatchObject({ firstMediaSequence: 51, baseTicks: 2 * 540_000 });
  expect(rig.archive.run(newest.run)!.timeline).toBe(3);
  expect(await rig.archive.keptTail("front", 9)).toEqual(again.given.map(markOf));
});

describe("what goes", () => {
  test("file and journal are deleted together; a locked one stays; one that somebody took away is forgotten", async () => {
    await using rig = await Rig.make();
    for (let i = 0; i < 4; i += 1) {
      const source = new KeptSource(rig, { parameters: keptParameters(i === 3 ? "fmp4" : "ts") });
      await source.send(2);
      await source.close();
    }
    await rig.archive.flushNow();
    await writeRootId(rig.files, rig.roots.path, rig.roots.id);
    const [locked, gone, taken, last] = rig.all();
    const { files, index, roots, clock } = rig;
    const locks = new Locks({ files, index, roots, bound: async () => 1e9 });
    const span = { startMs: locked!.startMs, endMs: locked!.endMs, who: "me", why: "parcel", sinceMs: 1 };
    expect(await locks.lock("front", span)).toEqual([locked!.id]);
    const deleter = new Deleter({ files, index, roots, clock });
    const deleted = await deleter.delete([locked!.id, gone!.id]);
    expect(deleted).toMatchObject({ ids: [gone!.id], sizeBytes: 10_000, lockedIds: [locked!.id] });
    await unlink(rig.archive.mediaPath(taken!)!);
    const missing = await dropMissing({ files, index }, roots);
    expect(missing.dropped.map(({ id }) => id)).toEqual([taken!.id]);
    const folder = rig.archive.mediaPath(last!)!.replace(/\/[^/]*$/, "");
    const stem = (path: string) => path.split("/").at(-1)!.split(".")[0]!;
    expect((await readdir(folder)).sort()).toEqual(
      [
        `${stem(locked!.path)}.lock`,
        `${stem(locked!.path)}.m3u8`,
        `${stem(locked!.path)}.ts`,
        `${stem(taken!.path)}.m3u8`,
        `${stem(last!.path)}.m3u8`,
        `${stem(last!.path)}.mp4`,
      ].sort(),
    );
    expect(rig.all().map(({ id }) => id)).toEqual([locked!.id, last!.id]);
  });
});

describe("a machine that wakes in the past", () => {
  test("what is dated by its clock follows the newest footage, and is dated anew at the step", async () => {
    await using rig = await Rig.make({ channels: [{}, { id: "yard" }] });
    const before = new KeptSource(rig);
    await before.send(2);
    await before.close();
    await rig.archive.close();
    rig.clock.reboot("boot-2");
    rig.clock.pass(-40 * MINUTE);
    rig.clock.isSynchronised = false;
    await rig.killAndStart();
    const woke = rig.clock.nowMs();
    const [front, yard] = [new KeptSource(rig), new KeptSource(rig, { channel: "yard" })];
    await front.send(2);
    await yard.send(1);
    const [old, unsure] = rig.all();
    expect(unsure!.segments.map(({ startMs }) => startMs)).toEqual([old!.endMs, old!.endMs + 6000]);
    expect(rig.all("yard")[0]!.startMs).toBe(woke + 12_000);
    rig.clock.wallMs += 100 * MINUTE;
    rig.clock.isSynchronised = true;
    rig.clock.wake();
    await until(() => front.failure !== undefined && yard.failure !== undefined);
    expect(front.failure).toMatchObject({ reason: "clock-stepped" });
    await Promise.all([front.close(), yard.close()]);
    await until(() => rig.index.unsureRuns("boot-2").length === 0);
    const right = woke + 100 * MINUTE;
    expect(rig.all()[1]!.segments.map(({ startMs }) => startMs)).toEqual([right, right + 6000]);
    expect(rig.all("yard")[0]!.startMs).toBe(right + 12_000);
    expect(reasons(rig)).toEqual(["source-offline"]);
    expect((await rig.archive.keptTail("front", 2)).map(({ startMs }) => startMs)).toEqual([
      right,
      right + 6000,
    ]);
    expect((await journalOf(rig, rig.all()[1]!)).redatedMs).toBe(right - old!.endMs);
  });

  test("what is dated by its source keeps its times", async () => {
    await using rig = await Rig.make();
    rig.clock.isSynchronised = false;
    const source = new KeptSource(rig, { isDatedBySource: true, aheadMs: 20 * MINUTE });
    await source.send(2);
    const starts = source.given.map(({ startMs }) => startMs);
    rig.clock.wallMs += 20 * MINUTE;
    rig.clock.isSynchronised = true;
    rig.clock.wake();
    await Bun.sleep(20);
    expect(source.failure).toBeUndefined();
    expect(rig.all()[0]!.segments.map(({ startMs }) => startMs)).toEqual(starts);
    expect(rig.archive.run(rig.all()[0]!.run)).toMatchObject({ unsure: false });
  });
});
