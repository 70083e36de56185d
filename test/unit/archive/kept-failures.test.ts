import { describe, expect, test } from "bun:test";
import { stat } from "node:fs/promises";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { FaultyDisk, fails, until } from "./faulty-disk.ts";
import { keptParameters, KeptSource, markOf, storedBytes } from "./kept-source.ts";
import { PowerCutFiles } from "./power-cut-files.ts";
import { Rig } from "./rig.ts";

const MINUTE = 60_000;
const bytesOf = (...sources: KeptSource[]) =>
  sources.flatMap(({ given }) => given.map(({ bytes }) => Buffer.from(bytes)));
const reasons = (rig: Rig) => rig.archive.gaps("front", 0, 9e15).map(({ reason }) => reason);

describe("a disk that fails under kept footage", () => {
  test("full: the run ends as disk-full, nothing torn is left, and the same segment can be given again", async () => {
    const disk = new FaultyDisk();
    await using rig = await Rig.make({ files: disk.files() });
    const source = new KeptSource(rig);
    await source.send(2);
    disk.partialBytes = 1000;
    disk.onWrite = fails("ENOSPC");
    const lost = source.next();
    await source.recorder.segment(lost);
    await until(() => source.failure !== undefined);
    expect(source.failure).toMatchObject({ reason: "disk-full" });
    await source.recorder.segment(source.next());
    await source.close();
    disk.onWrite = () => {};
    await rig.archive.flushNow();
    const [recording] = rig.all();
    expect(recording).toMatchObject({ state: "closed", segmentCount: 2, sizeBytes: 10_000 });
    expect((await stat(rig.archive.mediaPath(recording!)!)).size).toBe(10_000);
    expect(await rig.archive.keptTail("front", 9)).toEqual(source.given.map(markOf));
    const again = new KeptSource(rig, { isContinuation: true });
    await again.recorder.segment(lost);
    expect(await storedBytes(rig)).toEqual([...bytesOf(source), Buffer.from(lost.bytes)]);
    expect(reasons(rig)).toEqual([]);
    const runs = rig.all().map(({ run }) => rig.archive.run(run)!);
    expect(runs.map(({ timeline, endReason }) => [timeline, endReason])).toEqual([
      [1, "disk-full"],
      [1, null],
    ]);
  });

  test("full from the start: neither row nor file is left, whatever the format", async () => {
    const disk = new FaultyDisk();
    await using rig = await Rig.make({ files: disk.files() });
    for (const format of ["ts", "fmp4"] as const)
      for (const hook of ["onWrite", "onCreate"] as const) {
        disk[hook] = fails("ENOSPC");
        const source = new KeptSource(rig, { parameters: keptParameters(format) });
        await source.send(1);
        await until(() => source.failure !== undefined);
        await source.close();
        disk[hook] = () => {};
      }
    await rig.archive.flushNow();
    expect(rig.index.rowsInState("open")).toEqual([]);
    expect(rig.index.unendedRuns()).toEqual([]);
    expect(await rig.files.list(`${rig.roots.path}/front/2025-06-01`)).toEqual([]);
  });

  test("a sync that fails: what was synced before stays, and the tail tells no more than that", async () => {
    const disk = new FaultyDisk();
    await using rig = await Rig.make({ files: disk.files() });
    const source = new KeptSource(rig);
    await source.send(2);
    await rig.archive.flushNow();
    await source.send(2);
    disk.onDatasync = (path) => (path.endsWith(".ts") ? fails("EIO")() : undefined);
    await rig.archive.flushNow();
    expect(source.failure).toMatchObject({ reason: "disk-error" });
    await source.close();
    disk.onDatasync = () => {};
    const kept = source.given.slice(0, 2).map(markOf);
    expect(await rig.archive.keptTail("front", 9)).toEqual(kept);
    await rig.killAndStart();
    expect(await rig.archive.keptTail("front", 9)).toEqual(kept);
    const again = new KeptSource(rig, { isContinuation: true });
    await again.send(1);
    const [first, second] = rig.all();
    const last = first!.segments.at(-1)!;
    // The lost ones keep their place in media time: what follows them does not seem to follow what is left.
    expect(second!.baseTicks).toBeGreaterThanOrEqual(first!.baseTicks + last.mediaTicks + last.durationTicks);
    expect(second!.firstMediaSequence).toBeGreaterThanOrEqual(first!.firstMediaSequence + 2);
  });

  test("a source that does not wait for a hanging disk is stopped before it fills the memory", async () => {
    const disk = new FaultyDisk();
    await using rig = await Rig.make({ files: disk.files() });
    const gate = Promise.withResolvers<void>();
    disk.onWrite = (path) => (path.endsWith(".ts") ? gate.promise : undefined);
    const source = new KeptSource(rig, { segmentBytes: 1 << 20 });
    const answers = Array.from({ length: 40 }, () =>
      source.recorder.segment(source.next({ bytes: new Uint8Array(1 << 20) })),
    );
    await until(() => source.failure !== undefined);
    expect(source.failure).toMatchObject({ reason: "disk-slow" });
    gate.resolve();
    await Promise.all(answers);
    await source.close();
    expect(rig.all()[0]!.segmentCount).toBe(33);
  });

  test("the storage goes and comes back: whole segments are there again, the gap says why", async () => {
    await using rig = await Rig.make();
    const source = new KeptSource(rig);
    await source.send(3);
    rig.roots.change({ reason: "disk-missing", detail: "unplugged" });
    await until(() => source.failure !== undefined);
    expect(source.failure).toMatchObject({ reason: "disk-missing" });
    await source.close();
    expect(() => new KeptSource(rig)).toThrow("unplugged");
    expect(await rig.archive.keptTail("front", 9)).toEqual([]);
    rig.clock.pass(10 * MINUTE);
    rig.roots.change(undefined);
    await until(() => rig.all().length === 1 && rig.all()[0]!.state === "closed");
    expect(await rig.archive.keptTail("front", 9)).toEqual(source.given.map(markOf));
    const again = new KeptSource(rig);
    await again.send(1);
    expect(reasons(rig)).toEqual(["disk-missing"]);
    expect(await storedBytes(rig)).toEqual(bytesOf(source, again));
  });
});

describe("a power cut", () => {
  test("costs what was not flushed, never more, and nothing that is left is stored twice or damaged", async () => {
    const plan = fc.record({
      runs: fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.boolean()), { minLength: 1, maxLength: 6 }),
      isTs: fc.boolean(),
      cutAfter: fc.integer({ min: 1, max: 90 }),
      noise: fc.nat(),
    });
    await fc.assert(
      fc.asyncProperty(plan, async ({ runs, isTs, cutAfter, noise }) => {
        const files = new PowerCutFiles();
        await files.makeFolder("/mem/storage");
        await files.syncFolder("/");
        await files.syncFolder("/mem");
        const channels = [{ keep: { maxBytes: 24 * 16_000 } }];
        await using rig = await Rig.make({ files, storage: "/mem/storage", channels });
        const parameters = keptParameters(isTs ? "ts" : "fmp4");
        let state = noise;
        const random = () => {
          state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
          return state / 2 ** 32;
        };
        const sources: KeptSource[] = [];
        let durable = 0;
        let answered = 0;
        const gone = files.cutAfter(cutAfter, random);
        const recording = (async () => {
          for (const [segments, isFlush] of runs) {
            const source = new KeptSource(rig, { parameters, isContinuation: sources.length > 0 });
            sources.push(source);
            await source.send(segments);
            await source.close();
            answered += segments;
            if (!isFlush) continue;
            const before = answered;
            await rig.archive.flushNow();
            durable = before;
          }
          return files.die(random);
        })();
        const left = await Promise.race([gone, recording]);
        await Bun.sleep(0);
        await rig.killAndStart(left);
        const given = bytesOf(...sources);
        const crcs = given.map((bytes) => crc32(bytes));
        const stored = (await storedBytes(rig)).map((bytes) => crc32(bytes));
        const places = stored.map((crc) => crcs.indexOf(crc));
        // A file that was never synced may be lost while the one after it is there: nothing is out of order for that,
        expect(places).toEqual([...new Set(places)].sort((a, b) => a - b));
        expect(places.slice(0, durable)).toEqual(Array.from({ length: durable }, (_, i) => i));
        // and what is lost leaves a hole in media time.
        const ticksOf = () =>
          rig.all().flatMap(({ baseTicks, segments }) => segments.map((one) => baseTicks + one.mediaTicks));
        expect(ticksOf()).toEqual(places.map((place) => place * 540_000));
        const tail = await rig.archive.keptTail("front", 100);
        expect(tail.map((mark) => mark.crc32)).toEqual(stored);
        const again = new KeptSource(rig, { parameters, isContinuation: stored.length > 0 });
        const rest = given.slice((places.at(-1) ?? -1) + 1);
        for (const bytes of rest) await again.send(1, { bytes });
        await again.close();
        expect((await storedBytes(rig)).map((bytes) => crc32(bytes))).toEqual([
          ...stored,
          ...rest.map((bytes) => crc32(bytes)),
        ]);
        const added = ticksOf().slice(stored.length);
        const last = places.at(-1);
        const from = last === undefined ? added[0]! : (last + 1) * 540_000;
        expect(added).toEqual(added.map((_, i) => from + i * 540_000));
        const timelines = new Set(rig.all().map(({ run }) => rig.archive.run(run)!.timeline));
        expect(timelines.size).toBeLessThanOrEqual(1);
      }),
      { seed: 7, numRuns: 60, endOnFailure: true },
    );
  }, 60_000);
});
