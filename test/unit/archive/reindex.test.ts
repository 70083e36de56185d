import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { appendFile, copyFile, cp, mkdir, readFile, rm, truncate, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { journalRedate } from "../../../src/archive/journal/journal.ts";
import { reindexRoot } from "../../../src/archive/inspect/reindex.ts";
import { verifyFootage, type Damage } from "../../../src/archive/inspect/verify.ts";
import type { IndexDatabase } from "../../../src/db/index/index-database.ts";
import { diskFiles } from "../../../src/platform/files.ts";
import { DAY_MS, FootageMaker, HOUR_MS, NOON_MS, SimulatedClock, testArchive } from "./kept-archive.ts";

const files = diskFiles();

/** Every row of the footage tables; ids that the database draws itself are left out. */
function tables(dataFolder: string): Record<string, unknown[]> {
  const db = new Database(join(dataFolder, "index.db"), { readonly: true });
  const rows = (sql: string) => db.query(sql).all();
  const all = {
    run: rows("select * from run order by id"),
    recording: rows("select * from recording order by id"),
    gap: rows(
      "select channel, start_ms, end_ms, reason, detail, recording from gap order by recording, start_ms",
    ),
    lock: rows(
      "select recording, channel, start_ms, end_ms, who, why, since_ms from lock order by recording",
    ),
    counter: rows("select * from counter order by channel"),
  };
  db.close();
  return all;
}

const gap = (startMs: number, endMs: number) => ({
  startMs,
  endMs,
  reason: "source-offline" as const,
  detail: "no\nroute to “host”",
});
const offline = { reason: "source-offline" as const, detail: "gone" };

/** Two channels, two runs each, a gap, a lock, a recording that is being written. */
async function footage(storage: string, index: IndexDatabase) {
  const all = [];
  for (const channel of ["front", "yard"]) {
    const maker = new FootageMaker(storage, "root", index, channel);
    const first = maker.run(NOON_MS);
    all.push(await maker.recording(first, NOON_MS));
    all.push(await maker.recording(first, NOON_MS + 11 * HOUR_MS, { end: offline }));
    const secondMs = NOON_MS + 12 * HOUR_MS;
    const second = maker.run(secondMs, 1);
    all.push(
      await maker.recording(second, secondMs, { gaps: [gap(NOON_MS + 11 * HOUR_MS + 10_000, secondMs)] }),
    );
    all.push(await maker.recording(second, secondMs + HOUR_MS, { isOpen: true, isUnsynced: true }));
  }
  return all;
}

describe("reindex", () => {
  test("brings every table back as it was", async () => {
    await using archive = await testArchive();
    const before = archive.open();
    const all = await footage(archive.storage, before.index);
    const locked = all[1]!;
    const span = {
      startMs: locked.startMs,
      endMs: locked.startMs + 4000,
      who: "me",
      why: "parcel",
      sinceMs: 5,
    };
    await writeFile(
      join(archive.storage, locked.path.replace(/mp4$/, "lock")),
      JSON.stringify({ spans: [span] }),
    );
    before.index.replaceLocks(locked.id, [{ ...span, recording: locked.id, channel: "front" }]);
    // What playlists said of segments of 2 s.
    for (const channel of ["front", "yard"]) before.index.raiseTargetDuration(channel, 2);
    const wanted = tables(archive.data);
    expect(wanted["recording"]).toHaveLength(8);
    before.index.close();
    await rm(join(archive.data, "index.db"));

    const { index } = archive.open();
    const seen: string[] = [];
    const report = await reindexRoot({ files, index }, { id: "root", path: archive.storage }, (progress) =>
      seen.push(`${progress.channel} ${progress.date}`),
    );
    expect(report).toEqual({
      recordings: 8,
      open: 2,
      segments: 30,
      gaps: 2,
      locks: 1,
      strangers: [],
      problems: [],
    });
    expect(seen).toEqual(["front 2026-11-21", "front 2026-11-22", "yard 2026-11-21", "yard 2026-11-22"]);
    expect(tables(archive.data)).toEqual(wanted);
    // A second time, over an index that is there.
    await reindexRoot({ files, index }, { id: "root", path: archive.storage });
    expect(tables(archive.data)).toEqual(wanted);
  });

  test("applies what was re-dated", async () => {
    await using archive = await testArchive();
    const { index } = archive.open();
    const maker = new FootageMaker(archive.storage, "root", index);
    const run = maker.run(NOON_MS, 0, { unsure: true });
    const { id, path, segments } = await maker.recording(run, NOON_MS, {
      gaps: [gap(NOON_MS - 5000, NOON_MS)],
    });
    await appendFile(join(archive.storage, path.replace(/mp4$/, "m3u8")), journalRedate(DAY_MS, 0));
    await reindexRoot({ files, index }, { id: "root", path: archive.storage });
    expect(index.recording(id)).toMatchObject({
      startMs: NOON_MS + DAY_MS,
      endMs: NOON_MS + DAY_MS + 10_000,
      version: 2,
      segments: segments.map((segment) => ({ ...segment, startMs: segment.startMs + DAY_MS })),
    });
    expect(index.run(run.id)).toMatchObject({ startMs: NOON_MS + DAY_MS, unsure: false });
    expect(index.gapsOfRecording(id)).toMatchObject([{ startMs: NOON_MS - 5000, endMs: NOON_MS + DAY_MS }]);
  });

  test("leaves alone and reports what it can't use: strangers, copies, lost media, damaged heads", async () => {
    await using archive = await testArchive();
    const { index } = archive.open();
    const maker = new FootageMaker(archive.storage, "root", index);
    const run = maker.run(NOON_MS);
    const [a, b, c] = [
      await maker.recording(run, NOON_MS),
      await maker.recording(run, NOON_MS + HOUR_MS),
      await maker.recording(run, NOON_MS + 2 * HOUR_MS),
    ];
    const day = join(archive.storage, "front/2026-11-21");
    await writeFile(join(day, "holiday.mp4"), "mine");
    await mkdir(join(archive.storage, "front-copy"));
    await cp(day, join(archive.storage, "front-copy/2026-11-21"), { recursive: true });
    await unlink(join(archive.storage, b.path));
    await writeFile(join(archive.storage, c.path.replace(/mp4$/, "m3u8")), "#EXTM3U\nnonsense\n");
    await mkdir(join(archive.storage, "lost+found"));
    const report = await reindexRoot({ files, index }, { id: "root", path: archive.storage });
    expect(index.recording(a.id)?.path).toBe(a.path);
    // The copies of the two that were damaged are as good as the originals.
    expect(index.recording(b.id)?.path).toStartWith("front-copy/");
    expect(index.recording(c.id)?.path).toStartWith("front-copy/");
    expect(report.strangers).toEqual([
      "front/2026-11-21/15-00-00+0100.mp4",
      "front/2026-11-21/holiday.mp4",
      "front-copy/2026-11-21/holiday.mp4",
    ]);
    expect(report.problems).toHaveLength(3);
    expect(report.problems.join("\n")).toContain(`recording ${a.id} exists already`);
    expect(await readFile(join(day, "holiday.mp4"), "utf8")).toBe("mine");
  });

  test("counts only the segments that lie in the file", async () => {
    await using archive = await testArchive();
    const { index } = archive.open();
    const maker = new FootageMaker(archive.storage, "root", index);
    const { id, path } = await maker.recording(maker.run(NOON_MS), NOON_MS);
    await truncate(join(archive.storage, path), 100 + 3 * 1000 + 1);
    const report = await reindexRoot({ files, index }, { id: "root", path: archive.storage });
    expect(report.problems).toEqual([`${path}: 2 of 5 segments lie beyond the end of the file`]);
    expect(index.recording(id)).toMatchObject({ segmentCount: 3, sizeBytes: 3100, endMs: NOON_MS + 6000 });
  });

  test("keeps what is on other roots, and counters never fall", async () => {
    await using archive = await testArchive();
    const { index } = archive.open();
    const here = new FootageMaker(archive.storage, "root", index);
    await here.recording(here.run(NOON_MS), NOON_MS);
    const there = new FootageMaker(join(archive.folder, "usb"), "usb", index, "yard");
    const away = await there.recording(there.run(NOON_MS), NOON_MS);
    const counter = { ...index.counter("front")!, nextMediaSequence: 5000, nextTicks: 9e9 };
    index.setCounter(counter);
    await reindexRoot({ files, index }, { id: "root", path: archive.storage });
    expect(index.recording(away.id)?.path).toBe(away.path);
    expect(index.counter("front")).toEqual(counter);
  });

  test("a hand-made lock file, empty or with words, locks the whole recording", async () => {
    await using archive = await testArchive();
    const { index } = archive.open();
    const maker = new FootageMaker(archive.storage, "root", index);
    const run = maker.run(NOON_MS);
    const a = await maker.recording(run, NOON_MS);
    const b = await maker.recording(run, NOON_MS + HOUR_MS);
    await writeFile(join(archive.storage, a.path.replace(/mp4$/, "lock")), "");
    await writeFile(join(archive.storage, `${b.path}.lock`), "police asked\n");
    await reindexRoot({ files, index }, { id: "root", path: archive.storage });
    expect(
      index.locks().map(({ recording, startMs, endMs, why }) => [recording, startMs, endMs, why]),
    ).toEqual([
      [a.id, a.startMs, a.endMs, ""],
      [b.id, b.startMs, b.endMs, "police asked"],
    ]);
  });
});

describe("verify", () => {
  async function checked(archive: { storage: string }, index: IndexDatabase, options = {}) {
    const damage: Damage[] = [];
    const report = await verifyFootage(
      {
        files,
        index,
        roots: { pathOf: (id) => (id === "root" ? archive.storage : undefined) },
        clock: new SimulatedClock(),
      },
      { ...options, onDamage: (one) => damage.push(one) },
    );
    return {
      report,
      damage: damage.map(({ kind, recording, startMs, endMs }) => ({ kind, recording, startMs, endMs })),
    };
  }

  test("finds nothing in footage that is whole, and each flipped byte in footage that is not", async () => {
    await using archive = await testArchive();
    const { index } = archive.open();
    const maker = new FootageMaker(archive.storage, "root", index);
    const run = maker.run(NOON_MS);
    const one = await maker.recording(run, NOON_MS, { segmentBytes: 150, segments: 3 });
    await maker.recording(run, NOON_MS + DAY_MS);
    expect(await checked(archive, index)).toEqual({
      report: { recordings: 2, segments: 8, sizeBytes: 3 * 150 + 5000, damage: 0 },
      damage: [],
    });
    const mediaPath = join(archive.storage, one.path);
    const whole = await readFile(mediaPath);
    await copyFile(mediaPath, `${mediaPath}.whole`);
    for (let at = 0; at < whole.length; at += 7) {
      const flipped = Buffer.from(whole);
      flipped[at]! ^= 1 << (at % 8);
      await writeFile(mediaPath, flipped);
      const { damage } = await checked(archive, index, { toMs: NOON_MS + HOUR_MS });
      const ordinal = Math.floor((at - 100) / 150);
      expect(damage).toEqual([
        at < 100
          ? { kind: "init-damaged", recording: one.id, startMs: one.startMs, endMs: one.endMs }
          : {
              kind: "segment-damaged",
              recording: one.id,
              startMs: NOON_MS + ordinal * 2000,
              endMs: NOON_MS + ordinal * 2000 + 2000,
            },
      ]);
    }
  });

  test("finds files that are cut off or gone, and an index that says something else", async () => {
    await using archive = await testArchive();
    const { index } = archive.open();
    const maker = new FootageMaker(archive.storage, "root", index);
    const run = maker.run(NOON_MS);
    const all = [];
    for (let i = 0; i < 5; i++) all.push(await maker.recording(run, NOON_MS + i * HOUR_MS));
    const [cut, gone, alone, other, away] = all;
    await truncate(join(archive.storage, cut!.path), 100 + 4500);
    await unlink(join(archive.storage, gone!.path));
    await unlink(join(archive.storage, alone!.path.replace(/mp4$/, "m3u8")));
    index.updateRecording(
      other!.id,
      { startMs: other!.startMs },
      other!.segments.map((segment) => ({ ...segment, durationTicks: segment.durationTicks + 1 })),
    );
    index.updateRecording(away!.id, { root: "usb" });
    const { damage } = await checked(archive, index);
    expect(damage.map(({ kind, recording }) => [recording, kind])).toEqual([
      [cut!.id, "segment-cut-off"],
      [gone!.id, "file-missing"],
      [alone!.id, "journal-missing"],
      [other!.id, "index-differs"],
      [away!.id, "storage-missing"],
    ]);
    expect((await checked(archive, index, { channel: "yard" })).report.recordings).toBe(0);
    expect((await checked(archive, index, { fromMs: NOON_MS + 4 * HOUR_MS })).report.recordings).toBe(1);
  });
});
