import { describe, expect, test } from "bun:test";
import { readFile, stat } from "node:fs/promises";
import { parseJournal } from "../../../src/archive/journal/journal.ts";
import { journalPathOf } from "../../../src/archive/write/recording-paths.ts";
import { FaultyDisk, fails, until } from "./faulty-disk.ts";
import { Rig, rigParameters } from "./rig.ts";

describe("a disk that fails", () => {
  test("full in the middle of a segment: the run ends as disk-full, what was whole stays, no torn bytes", async () => {
    const disk = new FaultyDisk();
    await using rig = await Rig.make({ files: disk.files() });
    const camera = rig.camera();
    camera.send(5);
    await rig.stored(2);
    disk.partialBytes = 1000;
    disk.onWrite = fails("ENOSPC");
    camera.send(3);
    await until(() => camera.failure !== undefined);
    expect(camera.failure).toMatchObject({ reason: "disk-full" });
    expect(rig.archive.figures.waitingBytes).toBe(0);
    await camera.recorder.close(camera.failure!);
    await rig.archive.flushNow();
    await rig.stored(2);
    const [recording] = rig.all();
    expect((await stat(rig.archive.mediaPath(recording!)!)).size).toBe(recording!.sizeBytes);
    disk.onWrite = () => {};
    rig.clock.pass(3000);
    const again = rig.camera();
    again.send(3);
    await rig.stored(3);
    await rig.archive.flushNow();
    expect(rig.archive.gaps("front", 0, 9e15).map((g) => g.reason)).toEqual(["disk-full"]);
    const journal = parseJournal(await readFile(journalPathOf(rig.archive.mediaPath(rig.all()[0]!)!)));
    expect(journal).toMatchObject({
      synced: 2,
      isComplete: true,
      end: { reason: "disk-full" },
      problems: [],
    });
    expect(rig.all()[0]!.state).toBe("closed");
  });

  test("full from the start: nothing is left behind, neither row nor file", async () => {
    const disk = new FaultyDisk();
    await using rig = await Rig.make({ files: disk.files() });
    for (const hook of ["onWrite", "onCreate"] as const) {
      disk[hook] = fails("ENOSPC");
      const camera = rig.camera();
      camera.send(3);
      await until(() => camera.failure !== undefined);
      await camera.recorder.close(camera.failure!);
      disk[hook] = () => {};
    }
    await rig.archive.flushNow();
    expect(rig.index.rowsInState("open")).toEqual([]);
    expect(rig.index.unendedRuns()).toEqual([]);
    const camera = rig.camera();
    camera.send(3);
    await rig.stored(1);
    expect(rig.all()[0]).toMatchObject({ firstMediaSequence: 0, baseTicks: 0 });
    const day = rig.archive.mediaPath(rig.all()[0]!)!.replace(/\/[^/]*$/, "");
    expect((await rig.files.list(day))!.length).toBe(2);
  });

  test("a sync that fails is not believed later: the file is given up, what was synced before stays", async () => {
    const disk = new FaultyDisk();
    await using rig = await Rig.make({ files: disk.files() });
    const camera = rig.camera();
    camera.send(5);
    await rig.stored(2);
    await rig.archive.flushNow();
    camera.send(4);
    await rig.stored(4);
    let syncs = 0;
    disk.onDatasync = (path) => {
      if (!path.endsWith(".mp4")) return;
      syncs += 1;
      if (syncs === 1) fails("EIO")();
    };
    await rig.archive.flushNow();
    expect(camera.failure).toMatchObject({ reason: "disk-error" });
    await camera.recorder.close(camera.failure!);
    await rig.archive.flushNow();
    await rig.stored(2);
    expect(syncs).toBe(1);
    const [first] = rig.all();
    expect(first!.state).toBe("closed");
    const again = rig.camera();
    again.send(3);
    await rig.stored(3);
    const [, second] = rig.all();
    expect(second!.firstMediaSequence).toBe(4);
    expect(second!.discontinuitySequence).toBe(first!.discontinuitySequence + 1);
    expect(rig.archive.gaps("front", 0, 9e15)).toEqual([
      expect.objectContaining({ reason: "disk-error", startMs: first!.endMs, endMs: second!.startMs }),
    ]);
    await rig.killAndStart();
    expect(rig.all().map((r) => r.segments.length)).toEqual([2, 1]);
  });

  test("too slow: whole segments are dropped and the run ends as disk-slow; memory stays bounded", async () => {
    const disk = new FaultyDisk();
    await using rig = await Rig.make({ files: disk.files() });
    const gate = Promise.withResolvers<void>();
    let writes = 0;
    disk.onWrite = (path) => {
      if (path.endsWith(".mp4")) writes += 1;
      return writes > 2 ? gate.promise : undefined;
    };
    const camera = rig.camera("front", rigParameters(true), 100_000);
    camera.send(3);
    await rig.stored(1);
    camera.send(30);
    expect(camera.failure).toBeUndefined();
    await until(() => camera.failure !== undefined);
    expect(camera.failure).toMatchObject({ reason: "disk-slow" });
    expect(rig.archive.figures.waitingBytes).toBeGreaterThan(32e6);
    const closing = camera.recorder.close(camera.failure!);
    gate.resolve();
    await closing;
    expect(rig.archive.figures.waitingBytes).toBe(0);
    const [recording] = rig.all();
    const bytes = recording!.sizeBytes;
    expect(bytes).toBeGreaterThan(32e6);
    expect(bytes).toBeLessThan(32 * 2 ** 20 + 3 * 5.1e6);
    const again = rig.camera();
    again.send(3);
    await rig.stored(recording!.segments.length + 1);
    expect(rig.archive.gaps("front", 0, 9e15).map((g) => g.reason)).toEqual(["disk-slow"]);
  });

  test("a slow channel does not hold another up, and a flush never overlaps itself", async () => {
    const disk = new FaultyDisk();
    await using rig = await Rig.make({ files: disk.files(), channels: [{}, { id: "slow" }] });
    const gate = Promise.withResolvers<void>();
    let running = 0;
    let most = 0;
    disk.onWrite = (path) => (path.includes("/slow/") ? gate.promise : undefined);
    disk.onDatasync = async (path) => {
      if (!path.endsWith(".mp4")) return;
      running += 1;
      most = Math.max(most, running);
      await Bun.sleep(5);
      running -= 1;
    };
    const slow = rig.camera("slow");
    const camera = rig.camera();
    slow.send(3);
    camera.send(5);
    await rig.stored(2);
    const flushes = [rig.archive.flushNow(), rig.archive.flushNow(), rig.archive.flushNow()];
    await Promise.all(flushes);
    expect(most).toBe(1);
    expect(rig.archive.figures.rounds).toBe(2);
    gate.resolve();
    await rig.stored(1, "slow");
  });

  test("while the disk hangs, it shows how long it takes to sync", async () => {
    const disk = new FaultyDisk();
    await using rig = await Rig.make({ files: disk.files() });
    rig.camera().send(3);
    await rig.stored(1);
    const gate = Promise.withResolvers<void>();
    disk.onDatasync = () => gate.promise;
    const flush = rig.archive.flushNow();
    rig.clock.pass(7000);
    expect(rig.archive.figures.presentMs).toBe(7000);
    gate.resolve();
    await flush;
    expect(rig.archive.figures).toMatchObject({ presentMs: 0, lastMs: 7000, waitingBytes: 0 });
  });

  test("a disk that hangs does not hold a stop up beyond its time", async () => {
    const disk = new FaultyDisk();
    await using rig = await Rig.make({ files: disk.files() });
    const camera = rig.camera();
    camera.send(5);
    await rig.stored(2);
    const gate = Promise.withResolvers<void>();
    disk.onDatasync = () => gate.promise;
    const closing = rig.archive.close();
    await Bun.sleep(10);
    rig.clock.wake();
    await closing;
    expect(rig.all()).toHaveLength(1);
    gate.resolve();
    for (let i = 0; i < 200 && rig.archive.openRecordings.length > 0; i += 1) await Bun.sleep(2);
    expect(rig.index.rowsInState("closed")).toHaveLength(1);
  });
});
