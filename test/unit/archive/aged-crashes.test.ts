import { describe, expect, test } from "bun:test";
import { crc32 } from "node:zlib";
import { join } from "node:path";
import { parseFilmJournal } from "../../../src/archive/aged/film-journal.ts";
import { reindexRoot } from "../../../src/archive/inspect/reindex.ts";
import { parseJournal } from "../../../src/archive/journal/journal.ts";
import { journalPathOf } from "../../../src/archive/write/recording-paths.ts";
import { isAged } from "../../../src/db/index/rows.ts";
import { segmentBytes } from "../../../src/media/segment-list.ts";
import type { Files } from "../../../src/platform/files.ts";
import { ageByCopy } from "../../support/age-by-copy.ts";
import { BY, agedOf, deleterOf, onlyDay, otherInit, recordRun, seen } from "./aged-rig.ts";
import { PowerCutFiles } from "./power-cut-files.ts";
import { Rig } from "./rig.ts";

const STORAGE = "/mem/storage";
const FOLDER = `${STORAGE}/front/2025-06-01`;

/** Two runs of one init and one of another, on a disk in memory, and all that was made to age them. */
async function prepared() {
  const files = new PowerCutFiles();
  await files.makeFolder(STORAGE);
  for (const folder of ["/", "/mem"]) await files.syncFolder(folder);
  const rig = await Rig.make({ files, storage: STORAGE });
  await recordRun(rig, 6);
  await recordRun(rig, 4, true);
  await recordRun(rig, 6);
  const aged = agedOf(rig);
  const source = (await aged.source(onlyDay(aged), BY))!;
  const films = await ageByCopy(source, files, otherInit);
  return { rig, files, aged, source, films, before: seen(rig) };
}

/** Everything that is listed has the bytes that its journal says. */
async function areWhole(rig: Rig): Promise<boolean> {
  for (const recording of rig.all()) {
    const path = join(STORAGE, recording.path);
    const bytes = await rig.files.read(journalPathOf(path));
    const journal = isAged(recording)
      ? parseFilmJournal(bytes).parts.find(({ head }) => head.recording === recording.id)
      : parseJournal(bytes);
    const crcs = new Map(journal?.entries.map((entry) => [entry.ordinal, entry.crc32]));
    for (const segment of recording.segments) {
      const atBytes = recording.baseOffsetBytes + segment.offsetBytes;
      const found = await rig.files.readRange(path, atBytes, segmentBytes(segment));
      if (crc32(found) !== crcs.get(segment.ordinal)) return false;
    }
  }
  return true;
}

const namesIn = async (files: Files): Promise<string[]> =>
  ((await files.list(FOLDER)) ?? []).map(({ name }) => name).filter((name) => name !== ".ageing");

/** Waits until nothing is unfinished any more. */
async function finished(rig: Rig): Promise<void> {
  const aged = agedOf(rig);
  aged.start();
  await aged.source({ channel: "front", root: "root1", date: "2025-06-01" }, BY);
  await aged.close();
}

describe("a power cut while a film takes its place", () => {
  /** The operations of a replacement that nothing interrupts, and some more. */
  const OPERATIONS = 34;

  test("leaves the originals or the film, whole, and nothing else; the index stays", async () => {
    const outcomes = new Set<string>();
    for (let cutAt = 1; cutAt <= OPERATIONS; cutAt++)
      for (const seed of [0.3, 0.7]) {
        const { rig, files, aged, source, films, before } = await prepared();
        await using _ = rig;
        let at = 0;
        const random = () => (((at += 1) * 7919 * seed) % 101) / 101;
        const gone = files.cutAfter(cutAt, random);
        const replaced = aged.replace(source, films).then(() => files.die(random));
        await rig.killAndStart(await Promise.race([gone, replaced]));
        const isTaken = rig.all().map(isAged);
        await finished(rig);
        expect(seen(rig)).toEqual(before);
        expect(await areWhole(rig)).toBe(true);
        const areAged = rig.all().map(isAged);
        // Both films or neither: what was recorded together may have gone into two of them.
        expect(new Set(areAged).size).toBe(1);
        outcomes.add(`${isTaken.every(Boolean)} ${areAged.every(Boolean)} ${areAged.some(Boolean)}`);
        // Of what did not take its place there is no trace.
        const paths = new Set(rig.all().map(({ path }) => path.split("/").at(-1)!));
        for (const name of await namesIn(rig.files))
          if (name.startsWith("video"))
            expect(paths).toContain(name.replace(/\.m3u8$|\.mp4\.sha512sum$/, ".mp4"));
        expect((await namesIn(rig.files)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
        rig.clock.pass(3_600_000);
        await deleterOf(rig).collectGarbage(false);
        expect(seen(rig)).toEqual(before);
        expect(await areWhole(rig)).toBe(true);
      }
    // Cut before, in between with the film finished later, and after.
    expect([...outcomes].sort()).toEqual(
      expect.arrayContaining(["false false false", "false true true", "true true true"]),
    );
  }, 60_000);

  test("the same with the index lost: all films of the day, or what all of them replace", async () => {
    const ends = new Set<boolean>();
    for (let cutAt = 1; cutAt <= OPERATIONS; cutAt += 1) {
      const { rig, files, aged, source, films, before } = await prepared();
      await using _ = rig;
      let at = 0;
      const random = () => (((at += 1) * 4871 * (cutAt + 1)) % 97) / 97;
      const gone = files.cutAfter(cutAt, random);
      const replaced = aged.replace(source, films).then(() => files.die(random));
      const left = await Promise.race([gone, replaced]);
      rig.files = left;
      await reindexRoot({ files: left, index: rig.index }, { id: "root1", path: STORAGE });
      await rig.killAndStart(left);
      // A recording that went into two films would lose what lies in the other one.
      expect(new Set(rig.all().map(isAged)).size).toBe(1);
      ends.add(rig.all().every(isAged));
      expect(seen(rig)).toEqual(before);
      expect(await areWhole(rig)).toBe(true);
      await deleterOf(rig).collectGarbage(false);
      expect(seen(rig)).toEqual(before);
      expect(await areWhole(rig)).toBe(true);
    }
    expect(ends).toEqual(new Set([false, true]));
  }, 60_000);
});

describe("a disk that fails while a film takes its place", () => {
  /** Fails the n-th change. */
  function failing(files: Files, at: number): { files: Files; isOver: () => boolean } {
    let count = 0;
    const guarded = <A extends unknown[], T>(call: (...args: A) => Promise<T>) => {
      return async (...args: A): Promise<T> => {
        count += 1;
        if (count === at) throw Object.assign(new Error("ENOSPC: no space left"), { code: "ENOSPC" });
        return call(...args);
      };
    };
    return {
      isOver: () => count < at,
      files: {
        ...files,
        writeWhole: guarded((path: string, bytes: Uint8Array) => files.writeWhole(path, bytes)),
        rename: guarded((from: string, to: string) => files.rename(from, to)),
        syncFolder: guarded((path: string) => files.syncFolder(path)),
      },
    };
  }

  test("the originals stay, and a second try succeeds", async () => {
    for (let at = 1; ; at++) {
      await using rig = await Rig.make();
      await recordRun(rig, 6);
      await recordRun(rig, 4, true);
      const before = seen(rig);
      const whole = agedOf(rig);
      const source = (await whole.source(onlyDay(whole), BY))!;
      const films = await ageByCopy(source, rig.files);
      const disk = rig.files;
      const faulty = failing(disk, at);
      rig.files = faulty.files;
      const failed = await agedOf(rig)
        .replace(source, films)
        .catch((error: unknown) => error);
      rig.files = disk;
      if (faulty.isOver()) {
        expect(at).toBeGreaterThan(8);
        return;
      }
      expect(failed).toMatchObject({ code: "ENOSPC" });
      expect(rig.all().some(isAged)).toBe(false);
      const names = (await disk.list(join(rig.roots.path, "front/2025-06-01")))!.map(({ name }) => name);
      expect(names.filter((name) => name.startsWith("video"))).toEqual([]);
      await whole.replace(source, films);
      expect(rig.all().every(isAged)).toBe(true);
      expect(seen(rig)).toEqual(before);
    }
  }, 60_000);
});
