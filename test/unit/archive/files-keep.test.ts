import { describe, expect, test } from "bun:test";
import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Deleter } from "../../../src/archive/keep/deletion.ts";
import { planRetention, type Candidate } from "../../../src/archive/keep/retention-plan.ts";
import { dropMissing } from "../../../src/archive/inspect/missing-files.ts";
import { reindexRoot } from "../../../src/archive/inspect/reindex.ts";
import { verifyFootage, type Damage } from "../../../src/archive/inspect/verify.ts";
import { writeRootId } from "../../../src/archive/roots/root-file.ts";
import type { Files } from "../../../src/platform/files.ts";
import { diskFiles } from "../../../src/platform/files.ts";
import { AFTERNOON_MS, dateOf, holes, isThere, listed, nameOf, send } from "./files-rig.ts";
import { Rig } from "./rig.ts";

const HOUR_MS = 3_600_000;
const at = (seconds: number): number => AFTERNOON_MS + seconds * 1000;
const DAY = "front/2025-06-01";

function deleterOf(rig: Rig, options: { managed?: string; files?: Files } = {}): Deleter {
  const { clock, index, roots } = rig;
  const managed = () => options.managed;
  const deleter = new Deleter({ clock, files: options.files ?? rig.files, index, roots, managed });
  deleter.filesGuard = rig.archive.fileFootage;
  return deleter;
}

/** Names, bytes and times of everything in a folder. */
async function contentOf(folder: string): Promise<Map<string, string>> {
  const content = new Map<string, string>();
  for (const name of (await readdir(folder, { recursive: true })).sort()) {
    const path = join(folder, name);
    const { mtimeMs, ctimeMs, size } = await stat(path);
    const isFile = (await stat(path)).isFile();
    const bytes = isFile ? Bun.hash(await readFile(path)).toString(16) : "";
    content.set(name, `${size} ${mtimeMs} ${ctimeMs} ${bytes}`);
  }
  return content;
}

/** Two hours of six files each, stored. */
async function twoHours(rig: Rig, folder?: string): Promise<[string, string]> {
  for (const hour of [0, 1])
    for (const n of [5, 0, 3, 1, 4, 2]) {
      const sent = { startMs: at(hour * 3600 + n * 10) };
      await send(rig, folder === undefined ? sent : { ...sent, folder });
    }
  await rig.archive.flushNow();
  const [first, second] = rig.all();
  return [first!.id, second!.id];
}

async function verified(rig: Rig): Promise<Damage[]> {
  const found: Damage[] = [];
  await verifyFootage(rig, { onDamage: (damage) => void found.push(damage) });
  return found;
}

/** The disk, until so many steps of a kind were taken: then the program is killed. */
function killedAt(files: Files, kind: "unlink" | "syncFolder", step: number): Files {
  let count = 0;
  return {
    ...files,
    [kind]: async (path: string) => {
      count += 1;
      if (count >= step) throw new Error("killed");
      await files[kind](path);
    },
  };
}

describe("files of uploads", () => {
  test("go with their recording, exactly they; what else lies there stays", async () => {
    await using rig = await Rig.make();
    const [first, second] = await twoHours(rig);
    const folder = join(rig.roots.path, DAY);
    await writeFile(join(folder, "notes.txt"), "mine");
    await writeFile(join(folder, "video_143000.ts"), "not told yet");
    const deleted = await deleterOf(rig).delete([first]);
    expect(deleted).toMatchObject({ ids: [first], problems: [], lockedIds: [] });
    expect((await readdir(folder)).sort()).toEqual([
      "15-00-00+0200.m3u8",
      "notes.txt",
      "video_143000.ts",
      ...[0, 1, 2, 3, 4, 5].map((n) => nameOf(at(3600 + n * 10))),
    ]);
    expect(rig.all().map(({ id }) => id)).toEqual([second]);
    expect((await rig.archive.fileFootage.filesOf("front", "2025-06-01")).size).toBe(6);
    // The hour may be filled again.
    await send(rig, { startMs: at(0) });
    await rig.archive.flushNow();
    expect(listed(rig.archive).map(({ startMs }) => startMs)[0]).toBe(at(0));
    expect(await verified(rig)).toEqual([]);
  });

  test("a kill after any step of a deletion is finished later, and what came anew meanwhile stays", async () => {
    for (const [kind, step] of [
      ...[1, 2, 4, 7].map((n) => ["unlink", n] as const),
      ["syncFolder", 1] as const,
    ]) {
      await using rig = await Rig.make();
      const [first] = await twoHours(rig);
      await deleterOf(rig, { files: killedAt(rig.files, kind, step) }).delete([first]);
      expect(rig.index.recording(first)?.state).toBe("garbage");
      await rig.killAndStart();
      await send(rig, { startMs: at(20), content: "sent again" });
      await deleterOf(rig).collectGarbage(true);
      expect(rig.index.rowsInState("garbage")).toEqual([]);
      await rig.archive.flushNow();
      expect(listed(rig.archive)).toHaveLength(7);
      expect(await verified(rig)).toEqual([]);
      expect((await readdir(join(rig.roots.path, DAY))).filter((name) => name.endsWith(".ts"))).toHaveLength(
        7,
      );
    }
  });

  test("a lock file keeps them", async () => {
    await using rig = await Rig.make();
    const [first] = await twoHours(rig);
    await writeFile(join(rig.roots.path, DAY, "14-00-00+0200.lock"), "");
    expect(await deleterOf(rig).delete([first])).toMatchObject({ ids: [], lockedIds: [first] });
    expect(listed(rig.archive)).toHaveLength(12);
  });

  test("what changed and is not written yet goes as well", async () => {
    await using rig = await Rig.make();
    const [first] = await twoHours(rig);
    await send(rig, { startMs: at(600) });
    await deleterOf(rig).delete([first]);
    await rig.archive.flushNow();
    expect(listed(rig.archive)).toHaveLength(6);
    expect(await isThere(join(rig.roots.path, DAY, nameOf(at(600))))).toBe(false);
  });

  test("journals alone bring back the same coverage, gaps, addresses and counters", async () => {
    await using rig = await Rig.make();
    await twoHours(rig);
    await send(rig, { startMs: at(20), content: "another", durationMs: 9000 });
    await send(rig, { startMs: at(1800), init: "another" });
    await send(rig, { startMs: at(26 * 3600) });
    await rig.archive.fileFootage.dropFile("front", "2025-06-01", nameOf(at(40)));
    await rm(join(rig.roots.path, DAY, nameOf(at(40))));
    await rig.archive.flushNow();
    const all = () => ({
      lines: listed(rig.archive),
      gaps: holes(rig.archive),
      recordings: rig
        .all()
        .map(({ segments, outline: _outline, ...row }) => ({ ...row, list: [...segments] })),
      runs: rig.all().map(({ run }) => rig.index.run(run)),
      counter: { ...rig.index.counter("front"), nextTicks: 0 },
    });
    const before = all();
    const report = await reindexRoot(rig, rig.roots);
    expect(report).toMatchObject({ problems: [], strangers: [], recordings: 4, open: 0 });
    const after = all();
    expect({ ...after, runs: [] }).toEqual({ ...before, runs: [] });
    const plain = (run: (typeof before.runs)[number]) => ({ ...run, endMs: 0 });
    expect(after.runs.map(plain)).toEqual(before.runs.map(plain));
    await rig.killAndStart();
    await send(rig, { startMs: at(40) });
    expect(listed(rig.archive)).toHaveLength(before.lines.length + 1);
  });

  test("verify finds a flipped bit, a file that grew and one that is gone, each with its span", async () => {
    await using rig = await Rig.make();
    await twoHours(rig);
    expect(await verified(rig)).toEqual([]);
    const path = (n: number) => join(rig.roots.path, DAY, nameOf(at(n * 10)));
    const bytes = await readFile(path(1));
    bytes[3]! ^= 1;
    await writeFile(path(1), bytes);
    await writeFile(path(2), `${await readFile(path(2), "utf8")} and more`);
    await rm(path(3));
    const found = await verified(rig);
    expect(found.map(({ kind, startMs, endMs }) => [kind, startMs, endMs])).toEqual([
      ["segment-damaged", at(10), at(20)],
      ["segment-damaged", at(20), at(30)],
      ["file-missing", at(30), at(40)],
    ]);
  });

  test("a recording is forgotten when its journal is gone, not before", async () => {
    await using rig = await Rig.make();
    await writeRootId(diskFiles(), rig.roots.path, rig.roots.id);
    const [first] = await twoHours(rig);
    for (const hour of [2, 3]) await send(rig, { startMs: at(hour * 3600) });
    await rig.archive.flushNow();
    expect(await dropMissing(rig, rig.roots)).toEqual({ dropped: [], kept: [] });
    await rm(join(rig.roots.path, DAY, "14-00-00+0200.m3u8"));
    expect((await dropMissing(rig, rig.roots)).dropped.map(({ id }) => id)).toEqual([first]);
  });

  test("a kill between the journal and the index is found at the next start", async () => {
    await using rig = await Rig.make();
    await twoHours(rig);
    await send(rig, { startMs: at(60) });
    await send(rig, { startMs: at(5 * 3600) });
    const wanted = listed(rig.archive);
    const put = rig.index.putRecording.bind(rig.index);
    rig.index.putRecording = () => {
      throw new Error("killed");
    };
    const flushed = await rig.archive.flushNow().then(
      () => "written",
      (error: Error) => error.message,
    );
    expect(flushed).toBe("killed");
    rig.index.putRecording = put;
    await writeFile(join(rig.roots.path, DAY, ".19-00-00+0200.m3u8.77.x.tmp"), "half");
    await rig.killAndStart();
    expect(listed(rig.archive)).toEqual(wanted);
    expect(holes(rig.archive)).toHaveLength(2);
    expect(await verified(rig)).toEqual([]);
    expect(await isThere(join(rig.roots.path, DAY, ".19-00-00+0200.m3u8.77.x.tmp"))).toBe(false);
  });

  test("a damaged journal is made again out of index and files", async () => {
    await using rig = await Rig.make();
    await twoHours(rig);
    const wanted = listed(rig.archive);
    await writeFile(join(rig.roots.path, DAY, "14-00-00+0200.m3u8"), "#EXTM3U\n");
    await rig.killAndStart();
    expect((await rig.archive.fileFootage.filesOf("front", "2025-06-01")).size).toBe(12);
    await rig.archive.flushNow();
    expect(await verified(rig)).toEqual([]);
    expect(listed(rig.archive)).toEqual(wanted);
  });

  test("a full disk keeps what changed in memory until there is room", async () => {
    await using rig = await Rig.make();
    await twoHours(rig);
    const { files } = rig;
    const writeWhole = files.writeWhole.bind(files);
    rig.files.writeWhole = () => Promise.reject(Object.assign(new Error("no space"), { code: "ENOSPC" }));
    await send(rig, { startMs: at(60) });
    await rig.archive.flushNow();
    expect(listed(rig.archive)).toHaveLength(13);
    expect(rig.index.recording(rig.all()[0]!.id)?.segmentCount).toBe(6);
    rig.files.writeWhole = writeWhole;
    await rig.archive.flushNow();
    expect(rig.index.recording(rig.all()[0]!.id)?.segmentCount).toBe(7);
  });
});

describe("files of a watched folder", () => {
  test("nothing of it is changed by anything: flush, deletion, reindex, verify, a restart", async () => {
    await using rig = await Rig.make();
    const folder = join(rig.folder, "theirs");
    await twoHours(rig, folder);
    const before = await contentOf(folder);
    expect(rig.all()[0]?.path).toBe(`${DAY}/14-00-00+0200.files`);
    expect(await verified(rig)).toEqual([]);
    await reindexRoot(rig, rig.roots);
    await rig.killAndStart();
    const [first, second] = rig.all();
    expect(listed(rig.archive)).toHaveLength(12);
    const { fileFootage } = rig.archive;
    expect(fileFootage.isForgotten("front", at(0))).toBe(false);
    const deleted = await deleterOf(rig).delete([first!.id]);
    expect(deleted).toMatchObject({ ids: [first!.id], sizeBytes: 0, problems: [] });
    expect(rig.all().map(({ id }) => id)).toEqual([second!.id]);
    expect(await readdir(join(rig.roots.path, DAY))).toEqual(["15-00-00+0200.m3u8"]);
    // What was deleted must not come back at the next look.
    expect([at(0), at(50), at(51)].map((ms) => fileFootage.isForgotten("front", ms))).toEqual([
      true,
      true,
      false,
    ]);
    await rig.killAndStart();
    expect(rig.archive.fileFootage.isForgotten("front", at(50))).toBe(true);
    await rig.archive.flushNow();
    expect(await contentOf(folder)).toEqual(before);
  });

  test("with manage: true exactly the files of the recording go", async () => {
    await using rig = await Rig.make();
    const folder = join(rig.folder, "theirs");
    const [first] = await twoHours(rig, folder);
    await writeFile(join(folder, "2025-06-01", "video_140500.ts"), "not told yet");
    const sidecars = [nameOf(at(10)), nameOf(at(3610))].map((name) =>
      join(folder, "2025-06-01", `${name}.duration`),
    );
    for (const path of sidecars) await writeFile(path, "10");
    await deleterOf(rig, { managed: folder }).delete([first]);
    expect(await Promise.all(sidecars.map(isThere))).toEqual([false, true]);
    await rm(sidecars[1]!);
    expect((await readdir(join(folder, "2025-06-01"))).sort()).toEqual([
      "video_140500.ts",
      ...[0, 1, 2, 3, 4, 5].map((n) => nameOf(at(3600 + n * 10))),
    ]);
    expect(rig.archive.fileFootage.isForgotten("front", at(0))).toBe(false);
  });

  test("files outside of the managed folder are left alone", async () => {
    await using rig = await Rig.make();
    const folder = join(rig.folder, "theirs");
    const [first] = await twoHours(rig, folder);
    const before = await contentOf(folder);
    await mkdir(join(rig.folder, "other"));
    await deleterOf(rig, { managed: join(rig.folder, "other") }).delete([first]);
    expect(await contentOf(folder)).toEqual(before);
  });

  test("a changed file is another segment, and a renamed channel does not take its files twice", async () => {
    await using rig = await Rig.make({ channels: [{}, { id: "yard", was: [] }] });
    const folder = join(rig.folder, "theirs");
    const file = await send(rig, { startMs: at(0), folder });
    await utimes(file.name, 1, 1);
    await rig.archive.fileFootage.putFile("front", { ...file, mtimeMs: 1000 });
    const [segment] = rig.all()[0]!.segments;
    expect([segment!.ordinal, segment!.file?.mtimeMs]).toEqual([0, 1000]);
    await rig.archive.fileFootage.putFile("front", { ...file, mtimeMs: 2000, sizeBytes: 99, crc32: 1 });
    expect(rig.all()[0]!.segments.map(({ ordinal }) => ordinal)).toEqual([1]);
  });

  test("while the storage of its journals is away its files stay known, and are not taken twice", async () => {
    await using rig = await Rig.make();
    const folder = join(rig.folder, "theirs");
    await twoHours(rig, folder);
    const wanted = listed(rig.archive);
    const known = async () =>
      [...(await rig.archive.fileFootage.filesOf("front", "2025-06-01")).keys()].sort();
    const names = await known();
    const { id, path } = rig.roots;
    // Another disk is there in its place.
    [rig.roots.id, rig.roots.path] = ["root2", join(rig.folder, "second")];
    await mkdir(rig.roots.path);
    await rig.archive.fileFootage.recover();
    expect(await known()).toEqual(names);
    // One file is replaced, and one comes.
    await send(rig, { startMs: at(20), folder, content: "changed" });
    await send(rig, { startMs: at(60), folder });
    expect(listed(rig.archive)).toHaveLength(13);
    await rig.archive.flushNow();
    [rig.roots.id, rig.roots.path] = [id, path];
    await rig.archive.fileFootage.recover();
    expect(await known()).toHaveLength(13);
    const lines = listed(rig.archive).map(({ startMs }) => startMs);
    expect(lines).toEqual(
      [...new Set([...wanted.map(({ startMs }) => startMs), at(60)])].sort((x, y) => x - y),
    );
  });

  test("its recordings make no room on the storage", () => {
    const candidate = (id: string, isElsewhere: boolean): Candidate => ({
      id,
      channel: "front",
      root: "root",
      startMs: 0,
      endMs: HOUR_MS,
      sizeBytes: 100,
      isLocked: false,
      isUnsure: false,
      isElsewhere,
    });
    const plan = planRetention({
      candidates: [candidate("theirs", true), candidate("ours", false)],
      limitsOf: () => ({ keep: {}, zone: "UTC" }),
      ageAtMs: HOUR_MS,
      isClockTrusted: true,
      nowMs: HOUR_MS,
      areLimitsHeld: false,
      channelBytes: new Map(),
      room: { root: "root", shortBytes: 50, allowanceBytes: 1000, untilMs: HOUR_MS },
    });
    expect(plan.delete.map(({ id }) => id)).toEqual(["ours"]);
  });
});

test("a channel that was renamed knows its files of before", async () => {
  await using rig = await Rig.make({ channels: [{ id: "yard", was: ["front"] }] });
  const folder = join(rig.folder, "theirs");
  const file = await send(rig, { startMs: at(0), folder }, "front");
  await rig.archive.flushNow();
  const { fileFootage } = rig.archive;
  expect(fileFootage.fileDates("yard")).toEqual([dateOf(at(0))]);
  expect([...(await fileFootage.filesOf("yard", file.date)).keys()]).toEqual([file.name]);
  await fileFootage.putFile("yard", { ...file, crc32: 5, sizeBytes: 7 });
  expect(listed(rig.archive, "yard")).toHaveLength(1);
  await rig.archive.flushNow();
  expect(listed(rig.archive, "yard")).toHaveLength(1);
  expect(rig.index.totals().map(({ channel }) => channel)).toEqual(["yard"]);
});
