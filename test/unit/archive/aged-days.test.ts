import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { exists, readdir, readFile, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseFilmJournal } from "../../../src/archive/aged/film-journal.ts";
import { reindexRoot } from "../../../src/archive/inspect/reindex.ts";
import { verifyFootage, type Damage } from "../../../src/archive/inspect/verify.ts";
import { Locks } from "../../../src/archive/keep/locks.ts";
import { isAged } from "../../../src/db/index/rows.ts";
import { numberedTail, sequenceOf } from "../../../src/playback/sequence.ts";
import { ageByCopy } from "../../support/age-by-copy.ts";
import { BY, age, agedOf, deleterOf, isAllAged, onlyDay, otherInit, recordRun, seen } from "./aged-rig.ts";
import { Rig } from "./rig.ts";

setDefaultTimeout(30_000);

const HOUR_MS = 3_600_000;
const folderOf = (rig: Rig) => join(rig.roots.path, "front", "2025-06-01");
/** What is of one day, beside what is being made. */
const namesIn = async (rig: Rig): Promise<string[]> =>
  (await readdir(folderOf(rig))).filter((name) => name !== ".ageing").sort();

/** Three runs with gaps between them, the second one with other pictures; the last one goes over the hour. */
async function dayOf(rig: Rig): Promise<void> {
  await recordRun(rig, 20);
  await recordRun(rig, 12, true);
  rig.clock.pass(36 * 60_000);
  await recordRun(rig, 180);
}

async function verified(rig: Rig): Promise<Damage[]> {
  const damage: Damage[] = [];
  const { files, index, roots, clock } = rig;
  await verifyFootage({ files, index, roots, clock }, { onDamage: (found) => damage.push(found) });
  return damage;
}

const listing = (rig: Rig) =>
  sequenceOf(rig.all(), (id) => rig.archive.run(id)).map(
    ({ isDiscontinuity, startTicks, endTicks, run }) => ({
      isDiscontinuity,
      startTicks,
      endTicks,
      width: run.width,
    }),
  );

describe("an aged day", () => {
  test("shows the same times and gaps; what it was made from stays readable for an hour", async () => {
    await using rig = await Rig.make();
    await dayOf(rig);
    const before = seen(rig);
    const order = listing(rig);
    const counter = rig.index.counter("front");
    const originals = rig.all().map(({ id, path }) => ({ id, path }));
    const aged = agedOf(rig);
    expect(aged.days("front", BY)).toMatchObject([
      { channel: "front", date: "2025-06-01", endMs: rig.all().at(-1)!.endMs },
    ]);
    await age(rig, aged, "front", otherInit);
    expect(isAllAged(rig)).toBe(true);
    expect(seen(rig)).toEqual(before);
    expect(before.gaps.map(({ reason }) => reason)).toEqual(["source-offline", "source-offline"]);
    expect(listing(rig).filter(({ isDiscontinuity }) => isDiscontinuity)).toEqual(
      order.filter(({ isDiscontinuity }) => isDiscontinuity),
    );
    expect(rig.index.counter("front")).toEqual(counter!);
    expect(aged.days("front", BY)).toEqual([]);
    expect(await aged.source({ channel: "front", root: "root1", date: "2025-06-01" }, BY)).toBeUndefined();

    const deleter = deleterOf(rig);
    await deleter.collectGarbage(false);
    for (const { id } of originals) expect(rig.archive.recording(id)?.segments.length).toBeGreaterThan(0);
    rig.clock.pass(HOUR_MS);
    expect((await deleter.collectGarbage(false)).ids.toSorted()).toEqual(
      originals.map(({ id }) => id).toSorted(),
    );
    for (const { id } of originals) expect(rig.archive.recording(id)).toBeUndefined();
    expect(await namesIn(rig)).toEqual([
      "video-2.m3u8",
      "video-2.mp4",
      "video-2.mp4.sha512sum",
      "video.m3u8",
      "video.mp4",
      "video.mp4.sha512sum",
    ]);
    expect(seen(rig)).toEqual(before);
    const sizes = rig.all().reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const onDisk = await Promise.all(
      ["video.mp4", "video-2.mp4"].map(async (name) => (await readFile(join(folderOf(rig), name))).length),
    );
    expect(sizes).toBe(onDisk[0]! + onDisk[1]!);
    expect(await verified(rig)).toEqual([]);
  });

  test("coreutils agree with its checksums, and a flipped byte is found with its time", async () => {
    await using rig = await Rig.make();
    await dayOf(rig);
    await age(rig, agedOf(rig));
    const check = () =>
      Bun.spawnSync(["sha512sum", "-c", "video.mp4.sha512sum", "video-2.mp4.sha512sum"], {
        cwd: folderOf(rig),
      }).exitCode;
    expect(check()).toBe(0);
    const path = join(folderOf(rig), "video.mp4");
    const bytes = await readFile(path);
    const [, second] = rig.all().filter(({ path: each }) => each.endsWith("/video.mp4"));
    const at = second!.baseOffsetBytes + 100;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    await writeFile(path, bytes);
    expect(check()).toBe(1);
    const damage = await verified(rig);
    expect(damage.map(({ kind }) => kind)).toEqual([
      "checksum-differs",
      "checksum-differs",
      "segment-damaged",
    ]);
    expect(damage.at(-1)).toMatchObject({ startMs: second!.startMs, recording: second!.id });
    await unlink(`${path}.sha512sum`);
    expect((await verified(rig)).map(({ kind }) => kind)).toContain("checksum-missing");
    await unlink(path);
    expect((await verified(rig)).map(({ kind }) => kind)).toContain("file-missing");
  });

  test("comes back from its journals alone, to the last row", async () => {
    await using rig = await Rig.make();
    await dayOf(rig);
    await age(rig, agedOf(rig), "front", otherInit);
    rig.clock.pass(HOUR_MS);
    await deleterOf(rig).collectGarbage(false);
    const rows = (): unknown =>
      JSON.parse(
        JSON.stringify({
          recordings: rig.all(),
          runs: rig.all().map(({ run }) => rig.archive.run(run)),
          counter: rig.index.counter("front"),
          seen: seen(rig),
        }),
      );
    const before = rows();
    const { files, index } = rig;
    const report = await reindexRoot({ files, index }, { id: "root1", path: rig.roots.path });
    expect(report.problems).toEqual([]);
    expect(report.strangers).toEqual([]);
    expect(rows()).toEqual(before);
    index.transaction(() => index.setRoot({ id: "root1", path: rig.roots.path, adoptedMs: 0 }));
  });

  test("takes late footage beside it, which is aged into a film of its own; names that are taken stay", async () => {
    await using rig = await Rig.make();
    await recordRun(rig, 10);
    await writeFile(join(folderOf(rig), "video-2.mp4"), "somebody else's");
    const aged = agedOf(rig);
    await age(rig, aged);
    await recordRun(rig, 10);
    const before = seen(rig);
    expect(rig.all().map(isAged)).toEqual([true, false]);
    // Lists that grow begin behind what was aged.
    const listed = sequenceOf(rig.all(), (id) => rig.archive.run(id));
    expect(numberedTail(listed).map(({ recording }) => recording.id)).toEqual([rig.all()[1]!.id]);
    await age(rig, aged);
    expect(seen(rig)).toEqual(before);
    expect(rig.all().map(({ path }) => path.split("/").at(-1))).toEqual(["video.mp4", "video-3.mp4"]);
    expect(await readFile(join(folderOf(rig), "video-2.mp4"), "utf8")).toBe("somebody else's");
    const journal = parseFilmJournal(await readFile(join(folderOf(rig), "video-3.m3u8")));
    expect(journal.parts[0]?.head.run.timeline).toBe(rig.archive.run(rig.all()[0]!.run)!.timeline);
  });
});

describe("the journal of a film", () => {
  test("loses no more than what is damaged in it", async () => {
    await using rig = await Rig.make();
    await recordRun(rig, 6);
    await recordRun(rig, 8);
    await recordRun(rig, 10);
    await age(rig, agedOf(rig));
    const bytes = await readFile(join(folderOf(rig), "video.m3u8"));
    const text = bytes.toString("latin1");
    const counts = (change: (text: string) => string): number[] => {
      const { parts } = parseFilmJournal(Buffer.from(change(text), "latin1"));
      return parts.map(({ entries }) => entries.length);
    };
    expect(counts((all) => all)).toEqual([3, 4, 5]);
    expect(counts((all) => all.replace('#NJ:FILM {"', '#NJ:FILM {x"'))).toEqual([3, 4, 5]);
    expect(counts((all) => all.replace("#NJ:RUN {", "#NJ:RUM {"))).toEqual([3, 4, 5]);
    const second = text.indexOf("#NJ:RECORDING", text.indexOf("#NJ:RECORDING") + 1);
    const withSecond = (words: string) => (all: string) =>
      all.slice(0, second) + words + all.slice(second + words.length);
    expect(counts(withSecond("#NJ:RECORDING x"))).toEqual([3, 5]);
    expect(counts(withSecond("#NJ:RECORDINK"))).toEqual([3, 5]);
    expect(counts((all) => all.replace("#EXTINF:2.", "#EXTINF:3."))).toEqual([2, 4, 5]);
    expect(() => parseFilmJournal(new TextEncoder().encode("#EXTM3U\n"))).toThrow(
      "not the journal of a film",
    );
    // Torn anywhere, what is in front of that is there.
    expect(counts((all) => all.slice(0, all.lastIndexOf("#NJ:RECORDING") + 5))).toEqual([3, 4]);
  });
});

describe("while a day is being aged", () => {
  test("a lock, a deletion and new footage are conflicts, and nothing has changed then", async () => {
    for (const what of ["locked", "deleted", "added"] as const) {
      await using rig = await Rig.make();
      await recordRun(rig, 10);
      await recordRun(rig, 10);
      const aged = agedOf(rig);
      const source = (await aged.source(onlyDay(aged), BY))!;
      const films = await ageByCopy(source, rig.files);
      await aged.checkSame(source);
      const [first] = source.recordings;
      if (what === "locked") await writeFile(join(rig.roots.path, first!.path.replace(/mp4$/, "lock")), "");
      if (what === "deleted") await deleterOf(rig).delete([first!.id]);
      if (what === "added") await recordRun(rig, 4);
      const names = await namesIn(rig);
      const before = rig.all().map(({ id, version }) => ({ id, version }));
      const failed = await aged.replace(source, films).catch((error: unknown) => error);
      expect(failed).toMatchObject({ kind: "conflict" });
      expect(aged.checkSame(source)).rejects.toMatchObject({ kind: "conflict" });
      expect(rig.all().map(({ id, version }) => ({ id, version }))).toEqual(before);
      expect(await namesIn(rig)).toEqual(names);
      expect(await exists(films[0]!.path)).toBe(true);
    }
  });

  test("locked recordings are left out until they are released", async () => {
    await using rig = await Rig.make();
    await recordRun(rig, 10);
    await recordRun(rig, 10);
    const [first] = rig.all();
    const lock = join(rig.roots.path, first!.path.replace(/mp4$/, "lock"));
    await writeFile(lock, "");
    const aged = agedOf(rig);
    const source = (await aged.source(onlyDay(aged), BY))!;
    expect(source.leftOutIds).toEqual([first!.id]);
    await aged.replace(source, await ageByCopy(source, rig.files));
    expect(rig.all().map(isAged)).toEqual([false, true]);
    await unlink(lock);
    await age(rig, aged);
    expect(rig.all().map(({ path }) => path.split("/").at(-1))).toEqual(["video-2.mp4", "video.mp4"]);
  });

  test("of a storage that is not there nothing is said to be done", async () => {
    await using rig = await Rig.make();
    await recordRun(rig, 10);
    const aged = agedOf(rig);
    expect(aged.source({ ...onlyDay(aged), root: "another" }, BY)).rejects.toMatchObject({
      kind: "unavailable",
      message: expect.stringContaining("mount it first"),
    });
  });

  test("what an unsure clock dated waits until the clock is right", async () => {
    await using rig = await Rig.make();
    rig.clock.isSynchronised = false;
    await recordRun(rig, 10);
    const aged = agedOf(rig);
    expect(aged.days("front", BY)).toEqual([]);
    const day = { channel: "front", root: "root1", date: "2025-06-01" };
    expect(aged.source(day, BY)).rejects.toMatchObject({ kind: "unavailable" });
    rig.clock.isSynchronised = true;
    expect(aged.days("front", BY)).toHaveLength(1);
  });
});

describe("a folder with footage of times far apart", () => {
  const DAY_MS = 24 * HOUR_MS;

  /** A folder whose second recording was born while the clock was wrong, and dated anew ten days later. */
  async function apart(): Promise<Rig> {
    const rig = await Rig.make();
    await recordRun(rig, 20);
    await rig.archive.close();
    rig.clock.reboot("boot-2");
    rig.clock.isSynchronised = false;
    await rig.killAndStart();
    await recordRun(rig, 10);
    rig.clock.isSynchronised = true;
    rig.clock.wallMs += 10 * DAY_MS;
    rig.clock.wake();
    for (let i = 0; i < 500 && rig.index.unsureRuns("boot-2").length > 0; i++) await Bun.sleep(2);
    return rig;
  }

  test("is aged all the same, each time in a film of its own", async () => {
    await using rig = await apart();
    const [first, second] = rig.all();
    expect(second!.startMs - first!.startMs).toBeGreaterThan(9 * DAY_MS);
    expect(second!.path.startsWith("front/2025-06-01/")).toBe(true);
    const before = seen(rig);
    const aged = agedOf(rig);
    expect(aged.days("front", BY)).toMatchObject([{ date: "2025-06-01", endMs: first!.endMs }]);
    await age(rig, aged);
    expect(aged.days("front", BY)).toMatchObject([{ date: "2025-06-01", endMs: second!.endMs }]);
    await age(rig, aged);
    expect(isAllAged(rig)).toBe(true);
    expect(aged.days("front", BY)).toEqual([]);
    expect(seen(rig)).toEqual(before);
    // Retention takes each of them by itself.
    const [film, other] = rig.all();
    expect(film!.path).not.toBe(other!.path);
    expect(rig.index.unitOf(rig.index.rowAt(film!.root, film!.path)!)).toHaveLength(1);
  });
});

describe("an aged day is one unit", () => {
  const locksOf = ({ files, index, roots }: Rig) =>
    new Locks({ files, index, roots, bound: () => Promise.resolve(1e12) });

  test("a lock on a part of it locks all, and is released as it was made", async () => {
    await using rig = await Rig.make();
    await recordRun(rig, 10);
    await recordRun(rig, 10);
    await age(rig, agedOf(rig));
    const [first, second] = rig.all();
    const locks = locksOf(rig);
    const span = {
      startMs: second!.startMs + 1000,
      endMs: second!.startMs + 2000,
      who: "me",
      why: "",
      sinceMs: 1,
    };
    expect(await locks.lock("front", span)).toEqual([second!.id]);
    expect(await exists(join(folderOf(rig), "video.lock"))).toBe(true);
    expect(rig.index.lockedIds()).toEqual(new Set([first!.id, second!.id]));
    expect(locks.list("front")).toHaveLength(1);
    const deleter = deleterOf(rig);
    expect((await deleter.delete([first!.id])).ids).toEqual([]);
    await reindexRoot(rig, { id: "root1", path: rig.roots.path });
    expect(locks.list("front")).toMatchObject([{ startMs: span.startMs, endMs: span.endMs }]);
    expect(await locks.release("front", span.startMs, span.endMs)).toEqual([second!.id]);
    expect(rig.index.lockedIds().size).toBe(0);
    expect((await deleter.delete([first!.id])).ids.toSorted()).toEqual([first!.id, second!.id].toSorted());
    expect(rig.all()).toEqual([]);
    expect(await namesIn(rig).catch(() => [])).not.toContain("video.mp4");
  });

  test("a lock file that a person puts beside any of it counts", async () => {
    for (const name of ["video.mp4.lock", "second"]) {
      await using rig = await Rig.make();
      await recordRun(rig, 10);
      await recordRun(rig, 10);
      await age(rig, agedOf(rig));
      const [first, second] = rig.all();
      await writeFile(join(folderOf(rig), name === "second" ? `${second!.id}.lock` : name), "");
      expect((await deleterOf(rig).delete([first!.id])).lockedIds).toEqual([first!.id, second!.id]);
      expect(rig.all()).toHaveLength(2);
    }
  });
});

describe("reindex, while the originals are there", () => {
  test("takes a film whose checksum agrees, and the originals of one that is damaged", async () => {
    for (const isDamaged of [false, true]) {
      await using rig = await Rig.make();
      await recordRun(rig, 10);
      await recordRun(rig, 10);
      const before = seen(rig);
      await age(rig, agedOf(rig));
      const path = join(folderOf(rig), "video.mp4");
      const bytes = await readFile(path);
      if (isDamaged) bytes[bytes.length - 5] = (bytes[bytes.length - 5] ?? 0) ^ 4;
      await writeFile(path, bytes);
      const report = await reindexRoot(rig, { id: "root1", path: rig.roots.path });
      expect(report.problems).toHaveLength(isDamaged ? 1 : 0);
      expect(rig.all().map(isAged)).toEqual([!isDamaged, !isDamaged]);
      expect(seen(rig)).toEqual(before);
      // A damaged film is all that is left once an original is gone.
      await unlink(join(rig.roots.path, rig.index.rowsInState(isDamaged ? "closed" : "garbage")[0]!.path));
      await reindexRoot(rig, { id: "root1", path: rig.roots.path });
      expect(rig.all().map(isAged)).toEqual([true, true]);
      expect(seen(rig)).toEqual(before);
    }
  });
});
