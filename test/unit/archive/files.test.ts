import { describe, expect, test } from "bun:test";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { parseJournal } from "../../../src/archive/journal/journal.ts";
import { Rig } from "./rig.ts";
import {
  AFTERNOON_MS,
  dateOf,
  drop,
  factsOf,
  holes,
  isThere,
  listed,
  nameOf,
  send,
  writtenFile,
  type Sent,
} from "./files-rig.ts";

const HOUR_MS = 3_600_000;
const at = (seconds: number): number => AFTERNOON_MS + seconds * 1000;
const seed = 20261121;

/** What the journals of the rig's storage say, by their paths. */
async function journals(rig: Rig): Promise<Map<string, ReturnType<typeof parseJournal>>> {
  const found = new Map<string, ReturnType<typeof parseJournal>>();
  for (const path of await readdir(rig.roots.path, { recursive: true }))
    if (path.endsWith(".m3u8")) found.set(path, parseJournal(await readFile(join(rig.roots.path, path))));
  return found;
}

describe("segments that are files", () => {
  test("a file is listed at once, and in journal and index from the next flush on", async () => {
    await using rig = await Rig.make();
    await send(rig, { startMs: at(0) });
    const [recording] = rig.all();
    expect(recording).toMatchObject({ state: "closed", segmentCount: 1, startMs: at(0), endMs: at(10) });
    expect(recording!.path).toBe("front/2025-06-01/14-00-00+0200.files");
    expect(rig.index.recording(recording!.id)).toBeUndefined();
    expect(rig.archive.recording(recording!.id)?.segments[0]?.file?.name).toBe("video_140000.ts");
    expect(rig.archive.mediaPath(recording!, recording!.segments[0])).toBe(
      join(rig.roots.path, "front/2025-06-01/video_140000.ts"),
    );

    await rig.archive.flushNow();
    const stored = rig.index.recording(recording!.id);
    expect(stored).toEqual(recording!);
    expect(rig.all()[0]?.segments).toEqual(recording!.segments);
    const [[path, journal]] = [...(await journals(rig))] as [[string, ReturnType<typeof parseJournal>]];
    expect(path).toBe("front/2025-06-01/14-00-00+0200.m3u8");
    const files = { nextOrdinal: 1, version: recording!.version };
    expect([journal.isComplete, journal.synced, journal.problems, journal.files]).toEqual([
      true,
      1,
      [],
      files,
    ]);
    expect(journal.entries[0]?.file?.name).toBe("video_140000.ts");
    expect(rig.index.counter("front")?.newestEndMs).toBe(at(10));
  });

  test("what follows on the source's clock joins, across the hour as well, and what does not is another time", async () => {
    await using rig = await Rig.make();
    // Names tell whole seconds, and the source's clock wobbles by less than half a second.
    for (const n of [0, 1, 2, 3])
      await send(rig, { startMs: at(3580 + n * 10), sourceMs: n * 10_000 + n * 130 });
    await send(rig, { startMs: at(3620), sourceMs: 900_000 });
    await send(rig, { startMs: at(3630), sourceMs: 5 });
    const lines = listed(rig.archive);
    expect(lines.map(({ isDiscontinuity }) => isDiscontinuity)).toEqual([
      false,
      false,
      false,
      false,
      true,
      true,
    ]);
    expect(rig.all()).toHaveLength(2);
    expect(holes(rig.archive)).toEqual([]);
  });

  test("another init is another recording and timeline of the same hour, and the first one is taken up again", async () => {
    await using rig = await Rig.make();
    await send(rig, { startMs: at(0) });
    await send(rig, { startMs: at(10), init: "another" });
    await rig.archive.flushNow();
    await rig.killAndStart();
    await send(rig, { startMs: at(20) });
    const all = rig.all();
    expect(all).toHaveLength(2);
    const timelines = all.map(({ run }) => rig.archive.run(run)?.timeline);
    expect(new Set(timelines).size).toBe(2);
    expect(all[0]?.segmentCount).toBe(2);
    expect(listed(rig.archive).map(({ startMs, isDiscontinuity }) => [startMs, isDiscontinuity])).toEqual([
      [at(0), false],
      [at(10), true],
      [at(20), true],
    ]);
  });

  test("a hole is a gap until a late file fills it, over hours and days", async () => {
    await using rig = await Rig.make();
    await send(rig, { startMs: at(0) });
    await send(rig, { startMs: at(30) });
    await send(rig, { startMs: at(0) + 26 * HOUR_MS });
    const gap = (startMs: number, endMs: number) => ({ startMs, endMs, reason: "not-uploaded" });
    const before = [gap(at(10), at(30)), gap(at(40), at(0) + 26 * HOUR_MS)];
    expect(holes(rig.archive)).toEqual(before);
    await rig.archive.flushNow();
    expect(holes(rig.archive)).toEqual(before);
    await rig.killAndStart();
    await send(rig, { startMs: at(10) });
    const late = await send(rig, { startMs: at(40), durationMs: 60_000 });
    const after = [gap(at(20), at(30)), gap(at(100), at(0) + 26 * HOUR_MS)];
    expect(holes(rig.archive)).toEqual(after);
    await rig.archive.flushNow();
    expect(rig.index.gapsBetween("front", 0, Number.MAX_SAFE_INTEGER)).toHaveLength(2);
    expect(holes(rig.archive)).toEqual(after);
    await drop(rig, late);
    expect(holes(rig.archive)).toEqual([after[0]!, before[1]!]);
    await rig.archive.flushNow();
    expect(holes(rig.archive)).toEqual([after[0]!, before[1]!]);
  });

  test("a replaced file gets a new number, and no number is used twice, also after a restart", async () => {
    await using rig = await Rig.make();
    await send(rig, { startMs: at(0) });
    await send(rig, { startMs: at(10) });
    const ordinals = () => rig.all()[0]?.segments.map(({ ordinal }) => ordinal);
    await send(rig, { startMs: at(0), content: "longer footage", durationMs: 10_040 });
    expect(ordinals()).toEqual([2, 1]);
    // The same bytes again are the same segment.
    await send(rig, { startMs: at(10) });
    expect(ordinals()).toEqual([2, 1]);
    const last = await send(rig, { startMs: at(20) });
    await drop(rig, last);
    await rig.archive.flushNow();
    const version = rig.all()[0]!.version;
    await rig.killAndStart();
    await send(rig, { startMs: at(20) });
    expect(ordinals()).toEqual([2, 1, 4]);
    expect(rig.all()[0]!.version).toBeGreaterThan(version);
  });

  test("a recording whose last file is gone is gone, with its journal", async () => {
    await using rig = await Rig.make();
    const file = await send(rig, { startMs: at(0) });
    await rig.archive.flushNow();
    await drop(rig, file);
    expect(rig.all()).toEqual([]);
    expect(rig.archive.fileFootage.fileDates("front")).toEqual([]);
    await rig.archive.flushNow();
    expect(rig.index.totals()).toEqual([]);
    expect((await journals(rig)).size).toBe(0);
  });

  test("files that came after newer ones had settled are late, also after a restart", async () => {
    await using rig = await Rig.make();
    const { archive } = rig;
    expect(archive.fileFootage.settledMs("front")).toBeUndefined();
    await send(rig, { startMs: at(100) });
    rig.clock.pass(30_000);
    await send(rig, { startMs: at(80) });
    expect(archive.fileFootage.settledMs("front")).toBe(0);
    rig.clock.pass(30_000);
    await archive.flushNow();
    expect(archive.fileFootage.settledMs("front")).toBe(at(100));
    await send(rig, { startMs: at(90) });
    await send(rig, { startMs: at(110) });
    await rig.archive.flushNow();
    await rig.killAndStart();
    expect(rig.archive.fileFootage.settledMs("front")).toBe(at(100));
    await send(rig, { startMs: at(70) });
    const late = rig.all().flatMap(({ segments }) => segments.map(({ file }) => file?.isLate));
    expect(late).toEqual([true, false, true, false, false]);
    rig.clock.pass(60_000);
    expect(rig.archive.fileFootage.settledMs("front")).toBe(at(110));
  });

  test("a file that is in no journal yet has not settled, however long ago it came", async () => {
    await using rig = await Rig.make();
    const { fileFootage } = rig.archive;
    await send(rig, { startMs: at(100) });
    expect(fileFootage.settlesInMs("front")).toBe(60_000);
    rig.clock.pass(120_000);
    expect(fileFootage.settledMs("front")).toBe(0);
    expect(fileFootage.settlesInMs("front")).toBe(0);
    await rig.archive.flushNow();
    expect(fileFootage.settledMs("front")).toBe(at(100));
    expect(fileFootage.settlesInMs("front")).toBeUndefined();
  });

  test("the newest recordings are the newest by time, whatever came last", async () => {
    await using rig = await Rig.make();
    for (const hours of [3, 2, 1, 0]) await send(rig, { startMs: at(0) + hours * HOUR_MS });
    expect(rig.archive.newest("front", 15_000).map(({ startMs }) => startMs)).toEqual([
      at(0) + 2 * HOUR_MS,
      at(0) + 3 * HOUR_MS,
    ]);
    await rig.archive.flushNow();
    await send(rig, { startMs: at(10) });
    expect(rig.archive.newest("front", 5000).map(({ startMs }) => startMs)).toEqual([at(0) + 3 * HOUR_MS]);
  });

  test("while the storage is missing nothing is taken", async () => {
    await using rig = await Rig.make();
    const file = await writtenFile(rig, "front", { startMs: at(0) });
    rig.roots.missing = { reason: "disk-full", detail: "no room" };
    const refused = await rig.archive.fileFootage.putFile("front", file).catch((error: unknown) => error);
    expect(refused).toMatchObject({ kind: "unavailable" });
    rig.roots.missing = undefined;
    await rig.archive.fileFootage.putFile("front", file);
    expect(rig.all()).toHaveLength(1);
  });

  test("a channel without files for long says so", async () => {
    await using rig = await Rig.make({ wallMs: at(10) });
    await send(rig, { startMs: at(0) });
    expect(rig.archive.outage("front")).toBeUndefined();
    rig.clock.pass(3 * HOUR_MS);
    expect(rig.archive.outage("front")).toEqual({ reason: "not-uploaded", detail: "", sinceMs: at(10) });
    await rig.archive.flushNow();
    expect(rig.archive.outage("front")?.reason).toBe("not-uploaded");
  });
});

describe("any order of arrival", () => {
  const file = fc.record({
    place: fc.nat({ max: 40 }),
    isOtherInit: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
    jumpsMs: fc.constantFrom(0, 0, 0, 0, 30_000),
  });
  /** Files around an hour, most of them one after the other on one clock. */
  const files = fc
    .uniqueArray(file, { selector: ({ place }) => place, minLength: 1, maxLength: 25 })
    .map((all) =>
      all.map(({ place, isOtherInit, jumpsMs }): Sent => {
        const init = isOtherInit ? { init: "another" } : {};
        return { startMs: at(3400 + place * 10), sourceMs: place * 10_000 + jumpsMs, ...init };
      }),
    );
  const scenario = files.chain((all) =>
    fc.record({
      inOrder: fc.constant(all.toSorted((a, b) => a.startMs - b.startMs)),
      asTheyCame: fc.shuffledSubarray(all, { minLength: all.length }),
      breaks: fc.array(fc.constantFrom("flush", "kill", "nothing"), {
        minLength: all.length,
        maxLength: all.length,
      }),
      again: fc.array(fc.nat({ max: all.length - 1 }), { maxLength: 4 }),
      dropped: fc.array(fc.nat({ max: all.length - 1 }), { maxLength: 3 }),
    }),
  );

  test("gives the list of the one in order, with restarts between, files sent again and files that go", async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async ({ inOrder, asTheyCame, breaks, again, dropped }) => {
        await using straight = await Rig.make();
        await using mixed = await Rig.make();
        for (const sent of inOrder) await send(straight, sent);
        let untold: Sent[] = [];
        for (const [index, sent] of asTheyCame.entries()) {
          await send(mixed, sent);
          untold.push(sent);
          if (breaks[index] === "flush") {
            await mixed.archive.flushNow();
            untold = [];
          } else if (breaks[index] === "kill") {
            await mixed.killAndStart();
            // What is in no journal is found in its folder, and told again.
            for (const each of untold) await send(mixed, each);
          }
        }
        for (const index of again) await send(mixed, asTheyCame[index]!);
        const gone = new Set(dropped.map((index) => asTheyCame[index]!.startMs));
        for (const startMs of gone)
          for (const rig of [straight, mixed])
            await rig.archive.fileFootage.dropFile("front", dateOf(startMs), nameOf(startMs));
        const wanted = listed(straight.archive);
        expect(listed(mixed.archive)).toEqual(wanted);
        expect(wanted.map(({ startMs }) => startMs)).toEqual(
          inOrder.map(({ startMs }) => startMs).filter((startMs) => !gone.has(startMs)),
        );
        expect(holes(mixed.archive)).toEqual(holes(straight.archive));
        for (const rig of [straight, mixed]) await rig.archive.flushNow();
        expect(listed(mixed.archive)).toEqual(wanted);
        expect(holes(mixed.archive)).toEqual(holes(straight.archive));
        const ordinals = mixed.all().map(({ segments }) => segments.map(({ ordinal }) => ordinal));
        for (const each of ordinals) expect(new Set(each).size).toBe(each.length);
      }),
      { seed, numRuns: 40 },
    );
  }, 60_000);

  test("a day of 8,640 files, newest first, is one journal an hour, not one a file", async () => {
    await using rig = await Rig.make({ wallMs: AFTERNOON_MS + 24 * HOUR_MS });
    const midnightMs = Date.UTC(2025, 4, 31, 22);
    let journalsWritten = 0;
    const { files } = rig;
    const writeWhole = files.writeWhole.bind(files);
    rig.files.writeWhole = async (path, bytes) => {
      if (path.endsWith(".m3u8")) journalsWritten += 1;
      await writeWhole(path, bytes);
    };
    for (let n = 8639; n >= 0; n--) {
      const startMs = midnightMs + n * 10_000;
      const file = {
        date: "2025-06-01",
        name: nameOf(startMs),
        sizeBytes: 1000,
        mtimeMs: rig.clock.nowMs(),
        crc32: n,
        startMs,
        facts: factsOf({ startMs }),
      };
      await rig.archive.fileFootage.putFile("front", file);
      if (n % 360 === 0) await rig.archive.flushNow();
    }
    const lines = listed(rig.archive);
    expect(lines).toHaveLength(8640);
    expect(lines.every(({ startMs }, n) => startMs === midnightMs + n * 10_000)).toBe(true);
    expect(lines.filter(({ isDiscontinuity }) => isDiscontinuity)).toEqual([]);
    expect(rig.all()).toHaveLength(24);
    // Each hour once, and the one behind it again, as its first file has another one before it now.
    expect(journalsWritten).toBeLessThanOrEqual(48);
    const known = await rig.archive.fileFootage.filesOf("front", "2025-06-01");
    expect(known.size).toBe(8640);
    expect(known.get("video_000000.ts")).toMatchObject({ startMs: midnightMs, durationTicks: 900_000 });
    expect(await isThere(join(rig.roots.path, "front/2025-06-01/00-00-00+0200.m3u8"))).toBe(true);
  }, 60_000);
});
