import { describe, expect, test } from "bun:test";
import { stat } from "node:fs/promises";
import { verifyFootage, type Damage } from "../../../src/archive/inspect/verify.ts";
import { diskFiles } from "../../../src/platform/files.ts";
import { localDateOf } from "../../../src/platform/zone.ts";
import { journalOf, journalText, keptParameters, KeptSource, markOf, storedBytes } from "./kept-source.ts";
import { Rig } from "./rig.ts";

const STOPPED = { reason: "stopped" as const, detail: "" };
const bytesOf = (...sources: KeptSource[]) =>
  sources.flatMap(({ given }) => given.map(({ bytes }) => Buffer.from(bytes)));

async function damageOf(rig: Rig): Promise<Damage[]> {
  const damage: Damage[] = [];
  const { files, index, roots, clock } = rig;
  await verifyFootage({ files, index, roots, clock }, { onDamage: (one) => damage.push(one) });
  return damage;
}

describe("a run that is kept as it came", () => {
  test("TS: the file is the segments one after the other, without an init; its journal is a plain playlist", async () => {
    await using rig = await Rig.make();
    const source = new KeptSource(rig);
    await source.send(4);
    const [open] = rig.all();
    expect(open).toMatchObject({ state: "open", segmentCount: 4, baseOffsetBytes: 0, baseTicks: 0 });
    expect(open!.path).toBe("front/2025-06-01/12-20-00+0200.ts");
    expect(open!.segments[3]).toEqual({
      ordinal: 3,
      startMs: source.given[3]!.startMs,
      mediaTicks: 3 * 540_000,
      durationTicks: 540_000,
      offsetBytes: 15_000,
      headerBytes: 0,
      videoBytes: 5000,
      audioBytes: 0,
      activityBytes: 2048,
    });
    await source.close("stopped");
    await rig.archive.flushNow();
    const [closed] = rig.all();
    expect(closed).toMatchObject({ state: "closed", segmentCount: 4, sizeBytes: 20_000 });
    expect(closed!.segments).toEqual(open!.segments);
    expect(Buffer.from(await rig.files.read(rig.archive.mediaPath(closed!)!))).toEqual(
      Buffer.concat(bytesOf(source)),
    );
    const text = await journalText(rig, closed!);
    expect(text).not.toContain("EXT-X-MAP");
    expect(text).toContain("#EXT-X-BYTERANGE:5000@15000\n12-20-00+0200.ts\n");
    expect((await journalOf(rig, closed!)).head.run).toMatchObject({ format: "ts", videoTimescale: 90_000 });
    expect(rig.archive.run(closed!.run)).toMatchObject({ format: "ts", endReason: "stopped", unsure: false });
    expect(await damageOf(rig)).toEqual([]);
  });

  test("fMP4: the source's init lies in front, and the journal names it", async () => {
    await using rig = await Rig.make();
    const parameters = keptParameters("fmp4");
    const source = new KeptSource(rig, { parameters });
    await source.send(2);
    await source.close("stopped");
    await rig.archive.flushNow();
    const [recording] = rig.all();
    expect(recording).toMatchObject({ baseOffsetBytes: parameters.init.length, segmentCount: 2 });
    expect(recording!.path).toEndWith("/12-20-00+0200.mp4");
    const media = Buffer.from(await rig.files.read(rig.archive.mediaPath(recording!)!));
    expect(media).toEqual(Buffer.concat([parameters.init, ...bytesOf(source)]));
    expect(await journalText(rig, recording!)).toContain(
      `#EXT-X-MAP:URI="12-20-00+0200.mp4",BYTERANGE="${parameters.init.length}@0"`,
    );
    expect(await damageOf(rig)).toEqual([]);
  });

  test("a segment is answered when it is in the file, and then listed; nothing of it waits in memory", async () => {
    await using rig = await Rig.make();
    const source = new KeptSource(rig);
    for (let i = 1; i <= 3; i += 1) {
      await source.send(1);
      const [recording] = rig.all();
      expect(recording!.segmentCount).toBe(i);
      expect((await stat(rig.archive.mediaPath(recording!)!)).size).toBe(i * 5000);
    }
  });

  test("segments that are handed over without waiting are stored in their order", async () => {
    await using rig = await Rig.make();
    const source = new KeptSource(rig);
    const segments = Array.from({ length: 20 }, () => source.next());
    await Promise.all(segments.map((segment) => source.recorder.segment(segment)));
    expect(await storedBytes(rig)).toEqual(segments.map(({ bytes }) => Buffer.from(bytes)));
  });

  test("what no journal could tell ends the run, and says what was wrong", async () => {
    await using rig = await Rig.make();
    const wrong = [
      { durationTicks: 0 },
      { durationTicks: 12.5 },
      { durationTicks: 3600 * 90_000 },
      { startMs: 0.5 },
      { bytes: new Uint8Array() },
      { activityBytes: Number.NaN },
    ];
    for (const [i, change] of wrong.entries()) {
      const source = new KeptSource(rig);
      await source.send(1);
      await source.recorder.segment(source.next(change));
      await Bun.sleep(0);
      expect(source.failure).toMatchObject({ reason: "source-broken" });
      await source.send(1);
      await source.close();
      expect(rig.all().reduce((sum, { segmentCount }) => sum + segmentCount, 0)).toBe(i + 1);
    }
    expect(await rig.archive.keptTail("front", 99)).toHaveLength(wrong.length);
  });

  test("the journal's target holds for its segments, however long they are; a longer one begins a file", async () => {
    await using rig = await Rig.make();
    const source = new KeptSource(rig);
    for (const seconds of [6, 20, 21, 30, 41, 60, 83])
      await source.send(1, { durationTicks: seconds * 90_000 });
    await source.close();
    await rig.archive.flushNow();
    const targets: number[] = [];
    for (const recording of rig.all()) {
      const target = Number(/TARGETDURATION:(\d+)/.exec(await journalText(rig, recording))![1]);
      const longest = Math.max(...recording.segments.map(({ durationTicks }) => durationTicks));
      expect(Math.round(longest / 90_000)).toBeLessThanOrEqual(target);
      targets.push(target);
    }
    expect(targets).toEqual([20, 42, 120]);
    expect(await storedBytes(rig)).toEqual(bytesOf(source));
  });
});

describe("timelines", () => {
  test("an equal init that follows on the source's clock goes on; one that does not follow begins a timeline", async () => {
    await using rig = await Rig.make();
    const first = new KeptSource(rig);
    await first.send(2);
    await first.close("source-gap");
    const second = new KeptSource(rig, { isContinuation: true });
    await second.send(2);
    await second.close("source-gap");
    rig.clock.pass(6000);
    const third = new KeptSource(rig, { isContinuation: false });
    await third.send(2);
    await third.close();
    const runs = rig.all().map(({ run }) => rig.archive.run(run)!);
    expect(runs.map(({ timeline }) => timeline)).toEqual([1, 1, 2]);
    const all = rig.all();
    expect(all.map(({ discontinuitySequence }) => discontinuitySequence)).toEqual([0, 0, 1]);
    expect(all.map(({ firstMediaSequence }) => firstMediaSequence)).toEqual([0, 2, 4]);
    expect(all.map(({ baseTicks }) => baseTicks)).toEqual([0, 2 * 540_000, 4 * 540_000]);
    expect(
      rig.archive.gaps("front", 0, 9e15).map(({ startMs, endMs, reason }) => [startMs, endMs, reason]),
    ).toEqual([[all[1]!.endMs, all[2]!.startMs, "source-gap"]]);
  });

  test("another init, another container, and footage of our own writer begin a timeline, in any order", async () => {
    await using rig = await Rig.make();
    const kept = async (parameters = keptParameters()) => {
      const source = new KeptSource(rig, { parameters, isContinuation: true });
      await source.send(1);
      await source.close("init-changed");
    };
    const recorded = async () => {
      const camera = rig.camera();
      camera.send(3);
      await camera.recorder.close(STOPPED);
    };
    await recorded();
    await kept();
    await recorded();
    await recorded();
    await kept(keptParameters("fmp4"));
    await kept(keptParameters("ts"));
    await kept(keptParameters("ts", true));
    await rig.archive.flushNow();
    const all = rig.all();
    expect(all.map(({ run }) => rig.archive.run(run)!.timeline)).toEqual([1, 2, 3, 3, 4, 5, 6]);
    expect(all.map(({ run }) => rig.archive.run(run)!.format)).toEqual([
      "nightjar",
      "ts",
      "nightjar",
      "nightjar",
      "fmp4",
      "ts",
      "ts",
    ]);
    for (const [i, recording] of all.entries()) {
      const next = all[i + 1];
      const last = recording.segments.at(-1)!;
      if (next) expect(next.baseTicks).toBe(recording.baseTicks + last.mediaTicks + last.durationTicks);
    }
    expect(await damageOf(rig)).toEqual([]);
  });

  test("after a kill, what follows on the source's clock goes on with the timeline, without a gap", async () => {
    await using rig = await Rig.make();
    const first = new KeptSource(rig);
    await first.send(3);
    await rig.killAndStart();
    const second = new KeptSource(rig, { isContinuation: true });
    // Dated anew by a source that rounds: no hole for that.
    await second.send(1, { startMs: rig.all()[0]!.endMs + 900 });
    const [a, b] = rig.all();
    expect(rig.archive.run(b!.run)!.timeline).toBe(rig.archive.run(a!.run)!.timeline);
    expect(b).toMatchObject({ baseTicks: 3 * 540_000, firstMediaSequence: 3, discontinuitySequence: 0 });
    expect(rig.archive.gaps("front", 0, 9e15)).toEqual([]);
    expect(await storedBytes(rig)).toEqual(bytesOf(first, second));
  });

  test("live parts of a camera are not told any more once what follows is kept as it came", async () => {
    await using rig = await Rig.make();
    const camera = rig.camera();
    camera.send(5);
    await rig.stored(2);
    expect(rig.archive.liveEdge("front")).toBeDefined();
    const source = new KeptSource(rig);
    await source.send(1);
    expect(rig.archive.liveEdge("front")).toBeUndefined();
  });
});

describe("wall time", () => {
  test("times that go back within a run begin where the one before them ended; a jump ahead is believed", async () => {
    await using rig = await Rig.make();
    const source = new KeptSource(rig);
    const from = rig.clock.nowMs();
    for (const startMs of [0, 6000, 5990, -3_600_000, -3_594_000, 30_000, 36_000])
      await source.send(1, { startMs: from + startMs });
    await source.close();
    const starts = rig.all().flatMap(({ segments }) => segments.map(({ startMs }) => startMs - from));
    expect(starts).toEqual([0, 6000, 12_000, 18_000, 24_000, 30_000, 36_000]);
  });

  const nights: [string, string][] = [
    ["2025-06-01", "Europe/Berlin"],
    ["2025-03-30", "Europe/Berlin"],
    ["2025-10-26", "Europe/Berlin"],
    ["2018-11-04", "America/Sao_Paulo"],
    ["2025-04-06", "Australia/Lord_Howe"],
  ];
  test.each(nights)(
    "a day up to the noon of %s in %s: a file an hour, a new one at midnight",
    async (date, zone) => {
      const noon = Temporal.PlainDate.from(date).subtract({ days: 1 }).toPlainDateTime("12:00");
      const wallMs = noon.toZonedDateTime(zone).epochMilliseconds;
      await using rig = await Rig.make({ wallMs, channels: [{ zone }] });
      const source = new KeptSource(rig, { segmentMs: 120_000, segmentBytes: 20 });
      await source.send(24 * 30);
      await source.close();
      await rig.archive.flushNow();
      const all = rig.all();
      expect(await storedBytes(rig)).toEqual(bytesOf(source));
      for (const [i, recording] of all.entries()) {
        const { path, startMs, endMs, segments } = recording;
        expect(path).toStartWith(`front/${localDateOf(startMs, zone)}/`);
        expect(new Set(segments.map((segment) => localDateOf(segment.startMs, zone))).size).toBe(1);
        expect(endMs - startMs).toBeLessThanOrEqual(96 * 60_000);
        expect(recording.baseTicks).toBe(i === 0 ? 0 : (startMs - all[0]!.startMs) * 90);
      }
      expect(new Set(all.map(({ run }) => run)).size).toBe(1);
      expect(all.length).toBeGreaterThanOrEqual(24);
      expect(all.length).toBeLessThanOrEqual(27);
      expect(await damageOf(rig)).toEqual([]);
    },
  );

  test("a file is not made larger than the channel's share", async () => {
    await using rig = await Rig.make({ channels: [{ keep: { maxBytes: 24 * 16_000 } }] });
    const source = new KeptSource(rig);
    await source.send(8);
    await source.send(1, { bytes: new Uint8Array(40_000) });
    await source.send(1);
    await source.close();
    expect(rig.all().map(({ sizeBytes }) => sizeBytes)).toEqual([15_000, 15_000, 10_000, 40_000, 5000]);
  });
});

describe("what was stored last", () => {
  test("is told from what is being written and from journals, oldest first, also after a kill", async () => {
    await using rig = await Rig.make();
    const sources: KeptSource[] = [];
    for (let i = 0; i < 3; i += 1) {
      const source = new KeptSource(rig, { isContinuation: i > 0 });
      await source.send(3);
      sources.push(source);
      if (i === 2) break;
      await source.close();
      if (i === 0) await rig.archive.flushNow();
    }
    const all = sources.flatMap(({ given }) => given.map(markOf));
    for (const restart of [false, true, true]) {
      if (restart) await rig.killAndStart();
      for (const count of [1, 4, 8, 9, 50])
        expect(await rig.archive.keptTail("front", count)).toEqual(all.slice(-count));
    }
    expect(await rig.archive.keptTail("front", 0)).toEqual([]);
    expect(await rig.archive.keptTail("nobody", 5)).toEqual([]);
  });

  test("ends where footage of another kind begins, and is nothing when that is the newest", async () => {
    await using rig = await Rig.make();
    const first = new KeptSource(rig);
    await first.send(2);
    await first.close();
    const camera = rig.camera();
    camera.send(3);
    await camera.recorder.close(STOPPED);
    expect(await rig.archive.keptTail("front", 9)).toEqual([]);
    const second = new KeptSource(rig);
    await second.send(2);
    expect(await rig.archive.keptTail("front", 9)).toEqual(second.given.map(markOf));
    await second.close();
    await rig.killAndStart();
    expect(await rig.archive.keptTail("front", 9)).toEqual(second.given.map(markOf));
  });

  test("follows a channel that was renamed", async () => {
    await using rig = await Rig.make({ channels: [{ was: ["old"] }, { id: "old" }] });
    const first = new KeptSource(rig, { channel: "old" });
    await first.send(2);
    await first.close();
    await rig.killAndStart();
    expect(await rig.archive.keptTail("front", 9)).toEqual(first.given.map(markOf));
  });

  test("is nothing while its storage is away; a journal that is gone is made up for by the bytes", async () => {
    await using rig = await Rig.make();
    const source = new KeptSource(rig);
    await source.send(3);
    await source.close();
    await rig.archive.flushNow();
    const marks = source.given.map(markOf);
    rig.roots.change({ reason: "disk-missing", detail: "unplugged" });
    expect(await rig.archive.keptTail("front", 9)).toEqual([]);
    rig.roots.change(undefined);
    expect(await rig.archive.keptTail("front", 9)).toEqual(marks);
    const path = rig.archive.mediaPath(rig.all()[0]!)!.replace(/\.ts$/, ".m3u8");
    const lines = (await Bun.file(path).text()).split("\n");
    const damaged = lines.map((line) =>
      line.startsWith("#NJ:ENTRY 1 ") ? line.replace("ENTRY 1", "ENTRY 7") : line,
    );
    await Bun.write(path, damaged.join("\n"));
    expect(await rig.archive.keptTail("front", 9)).toEqual(marks);
  });

  test("a name on the disk is never shared, whatever the extension", async () => {
    await using rig = await Rig.make();
    const at = rig.clock.nowMs();
    for (const format of ["ts", "fmp4", "ts"] as const) {
      const source = new KeptSource(rig, { parameters: keptParameters(format) });
      await source.send(1, { startMs: at });
      await source.close();
      await rig.archive.flushNow();
    }
    expect(rig.all().map(({ path }) => path.split("/").at(-1))).toEqual([
      "12-20-00+0200.ts",
      "12-20-00+0200-2.mp4",
      "12-20-00+0200-3.ts",
    ]);
    const folder = rig.archive.mediaPath(rig.all()[0]!)!.replace(/\/[^/]*$/, "");
    expect((await diskFiles().list(folder))!).toHaveLength(6);
  });
});
