import { describe, expect, test } from "bun:test";
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { limitsWaitMs, LIMITS_WAIT_MS, pairDatabases } from "../../../src/archive/database-pair.ts";
import { ROOT_FILE } from "../../../src/archive/roots/root-file.ts";
import { addRoot } from "../../../src/archive/roots/add-root.ts";
import type { KnownRoots } from "../../../src/archive/roots/roots.ts";
import { rootNamedByFootage } from "../../../src/archive/inspect/reindex.ts";
import { startupChecks } from "../../../src/archive/startup.ts";
import type { Databases } from "../../../src/archive/database-pair.ts";
import { diskFiles } from "../../../src/platform/files.ts";
import { NightjarError } from "../../../src/platform/errors.ts";
import {
  FootageMaker,
  NOON_MS,
  SimulatedClock,
  testArchive,
  WaitingClock,
  type TestArchive,
} from "./kept-archive.ts";

const files = diskFiles();
const clock = new WaitingClock();

async function started(archive: TestArchive, databases: Databases, change = {}) {
  const kept = await startupChecks({
    ...databases,
    clock,
    files,
    storagePath: archive.storage,
    unmountedPoint: () => undefined,
    ...change,
  });
  await kept.roots.close();
  return kept;
}
const detail = (roots: KnownRoots): string => {
  const current = roots.current();
  return "missing" in current ? current.missing.detail : "there";
};
const idOf = (roots: KnownRoots): string => {
  const current = roots.current();
  if ("missing" in current) throw new Error(current.missing.detail);
  return current.id;
};

/** An archive with one recording, whose databases are closed again. */
async function used(archive: TestArchive) {
  const databases = archive.open();
  const { roots } = await started(archive, databases);
  const id = idOf(roots);
  const maker = new FootageMaker(archive.storage, id, databases.index);
  const recording = await maker.recording(maker.run(NOON_MS), NOON_MS);
  databases.index.close();
  databases.state.close();
  return { id, recording };
}
const lose = (archive: TestArchive, name: string) => rm(join(archive.data, name));

describe("storage roots", () => {
  test("a first start adopts the folder, and the next one knows it", async () => {
    await using archive = await testArchive();
    const databases = archive.open();
    const { roots, report } = await started(archive, databases);
    const id = idOf(roots);
    expect(JSON.parse(await readFile(join(archive.storage, ROOT_FILE), "utf8"))).toEqual({ id, format: 1 });
    expect(report.lost).toEqual({ index: false, state: false });
    expect(limitsWaitMs(databases)).toBe(0);
    expect(databases.state.roots()).toEqual(databases.index.roots());
    expect(idOf((await started(archive, databases)).roots)).toBe(id);
  });

  test("an unmounted mount point is not adopted, and nothing is made in it", async () => {
    await using archive = await testArchive();
    const databases = archive.open();
    await mkdir(archive.storage);
    const { roots } = await started(archive, databases, { unmountedPoint: () => archive.storage });
    expect(detail(roots)).toContain(`Run: mount ${archive.storage}`);
    expect(await readdir(archive.storage)).toEqual([]);
    expect(databases.state.roots()).toEqual([]);
  });

  test("the storage empty, away, or another one: nothing is made there, and what to do is said", async () => {
    await using archive = await testArchive();
    const { id } = await used(archive);
    const databases = archive.open();
    await rename(archive.storage, `${archive.storage}-disk`);
    const { roots } = await started(archive, databases);
    expect(detail(roots)).toContain(`nightjar storage add ${archive.storage}`);
    expect(roots.pathOf(id)).toBeUndefined();
    expect(await files.stat(archive.storage)).toBeUndefined();

    await mkdir(archive.storage);
    await roots.look();
    expect(roots.current()).toMatchObject({ missing: { reason: "disk-missing" } });
    expect(await readdir(archive.storage)).toEqual([]);

    await writeFile(join(archive.storage, ROOT_FILE), '{"id":"otherdisk","format":1}');
    await roots.look();
    expect(detail(roots)).toContain("another storage is there (id otherdisk)");
    expect(databases.index.totals()).toHaveLength(1);

    await writeFile(join(archive.storage, ROOT_FILE), '{"id":"otherdisk","format":2}');
    await roots.look();
    expect(detail(roots)).toContain("newer version");

    await writeFile(join(archive.storage, ROOT_FILE), "{");
    await roots.look();
    expect(detail(roots)).toContain("is damaged");
  });

  test("a disk that goes and comes while it is watched is told", async () => {
    await using archive = await testArchive();
    const { id } = await used(archive);
    const { roots } = await started(archive, archive.open());
    const told: string[] = [];
    roots.onChange((root) => told.push(`${root} ${roots.pathOf(root) ?? "away"}`));
    await roots.look();
    expect(told).toEqual([]);
    await rename(archive.storage, `${archive.storage}-disk`);
    await roots.look();
    await rename(`${archive.storage}-disk`, archive.storage);
    await roots.look();
    expect(told).toEqual([`${id} away`, `${id} ${archive.storage}`]);
  });

  test("a storage that is away is told with its reason, and since when it went while the program ran", async () => {
    await using archive = await testArchive();
    await used(archive);
    const { roots } = await started(archive, archive.open());
    expect(roots.away()).toBeUndefined();
    await rename(archive.storage, `${archive.storage}-disk`);
    await roots.look();
    const away = { detail: detail(roots), sinceMs: clock.nowMs() };
    expect(roots.away()).toEqual(away);
    await roots.look();
    expect(roots.away()).toEqual(away);
    await rename(`${archive.storage}-disk`, archive.storage);
    await roots.look();
    expect(roots.away()).toBeUndefined();
    // A full disk is there.
    roots.setFull({ reason: "disk-full", detail: "no room" });
    expect(roots.away()).toBeUndefined();
  });

  test("a storage that does not answer counts as away, and does not stop the start", async () => {
    await using archive = await testArchive();
    const { id } = await used(archive);
    let isHanging = true;
    const { promise: answer, resolve } = Promise.withResolvers<void>();
    const slow: typeof files = {
      ...files,
      async stat(path) {
        if (isHanging) await answer;
        return files.stat(path);
      },
    };
    const { roots } = await started(archive, archive.open(), { files: slow, clock: new SimulatedClock() });
    expect(detail(roots)).toContain("does not answer");
    isHanging = false;
    resolve();
    await roots.look();
    expect(idOf(roots)).toBe(id);
  });

  test("a full root takes no footage but is there", async () => {
    await using archive = await testArchive();
    const { roots } = await started(archive, archive.open());
    const id = idOf(roots);
    roots.setFull({ reason: "disk-full", detail: "no room" });
    expect(roots.current()).toEqual({ missing: { reason: "disk-full", detail: "no room" } });
    expect(roots.pathOf(id)).toBe(archive.storage);
    expect(roots.storageThere()?.id).toBe(id);
    roots.setFull(undefined);
    expect(idOf(roots)).toBe(id);
  });
});

describe("lost databases", () => {
  test("index.db: read in again, limits wait, nothing else changes", async () => {
    await using archive = await testArchive();
    const { id, recording } = await used(archive);
    await lose(archive, "index.db");
    const databases = archive.open();
    const { roots, report } = await started(archive, databases);
    expect(report.lost).toEqual({ index: true, state: false });
    expect(report.reindexed).toMatchObject([
      { path: archive.storage, report: { recordings: 1, segments: 5 } },
    ]);
    expect(idOf(roots)).toBe(id);
    expect(databases.index.recording(recording.id)?.segmentCount).toBe(5);
    expect(limitsWaitMs(databases)).toBe(LIMITS_WAIT_MS);
  });

  test("index.db while the disk is away: read in when it comes, and nothing is recorded before", async () => {
    await using archive = await testArchive();
    const { recording } = await used(archive);
    await lose(archive, "index.db");
    await rename(archive.storage, `${archive.storage}-disk`);
    const databases = archive.open();
    const { roots } = await started(archive, databases);
    expect(roots.current()).toMatchObject({ missing: { reason: "disk-missing" } });
    await rename(`${archive.storage}-disk`, archive.storage);
    await roots.look();
    expect(roots.current()).toMatchObject({ path: archive.storage });
    expect(databases.index.recording(recording.id)?.state).toBe("closed");
  });

  test("state.db: the index tells the roots, limits wait", async () => {
    await using archive = await testArchive();
    const { id } = await used(archive);
    await lose(archive, "state.db");
    const databases = archive.open();
    const { roots, report } = await started(archive, databases);
    expect(report.lost).toEqual({ index: false, state: true });
    expect(idOf(roots)).toBe(id);
    expect(databases.state.roots().map((root) => root.id)).toEqual([id]);
    expect(limitsWaitMs(databases)).toBe(LIMITS_WAIT_MS);
  });

  test("state.db with an empty disk in place: still not adopted", async () => {
    await using archive = await testArchive();
    await used(archive);
    await lose(archive, "state.db");
    await rm(archive.storage, { recursive: true });
    const { roots } = await started(archive, archive.open());
    expect(detail(roots)).toContain("nightjar storage add");
  });

  test("both: the id file brings everything back, limits wait", async () => {
    await using archive = await testArchive();
    const { id, recording } = await used(archive);
    await lose(archive, "state.db");
    await lose(archive, "index.db");
    const databases = archive.open();
    const { roots } = await started(archive, databases);
    expect(idOf(roots)).toBe(id);
    expect(databases.index.recording(recording.id)?.segmentCount).toBe(5);
    expect(limitsWaitMs(databases)).toBe(LIMITS_WAIT_MS);
  });

  test("a kill in the middle of noticing is noticed at the next start", async () => {
    await using archive = await testArchive();
    await used(archive);
    await lose(archive, "index.db");
    const first = archive.open();
    // Opened, and the process ends before anything else.
    first.index.close();
    first.state.close();
    expect(pairDatabases(archive.open())).toEqual({ index: true, state: false });
  });
});

describe("storage add", () => {
  const add = (
    databases: Databases,
    path: string,
    unmountedPoint: (place: string) => string | undefined = () => undefined,
  ) =>
    addRoot(
      {
        ...databases,
        clock,
        files,
        unmountedPoint,
        rootNamedByFootage: (place) => rootNamedByFootage(files, place),
      },
      path,
    );

  test("a former storage that is away is told as long as the index does not know what lies on it", async () => {
    await using archive = await testArchive();
    await used(archive);
    await lose(archive, "index.db");
    const former = archive.storage;
    await rename(former, `${former}-disk`);
    const databases = archive.open();
    const storagePath = join(archive.data, "new");
    await mkdir(storagePath);
    await add(databases, storagePath);
    const { roots } = await started(archive, databases, { storagePath });
    expect(roots.away()).toEqual({ detail: `${former}: it is not there` });
    await rename(`${former}-disk`, former);
    await roots.look();
    expect(roots.away()).toBeUndefined();
  });

  test("a new disk in the place of the old one takes the footage, and the old one stays known", async () => {
    await using archive = await testArchive();
    const { id, recording } = await used(archive);
    await rename(archive.storage, `${archive.storage}-disk`);
    const databases = archive.open();
    const refused = await add(databases, archive.storage).catch((error: unknown) => error);
    expect(String(refused)).toContain("is no folder");
    expect(await files.stat(archive.storage)).toBeUndefined();
    await mkdir(archive.storage);
    const added = await add(databases, archive.storage);
    expect(added).toMatchObject({ isNew: true, wasKnown: false });
    const { roots } = await started(archive, databases);
    expect(idOf(roots)).toBe(added.id);
    expect(roots.pathOf(id)).toBeUndefined();
    expect(databases.index.recording(recording.id)).toBeDefined();
    // The old disk, mounted elsewhere.
    await add(databases, `${archive.storage}-disk`);
    await roots.look();
    expect(roots.pathOf(id)).toBe(`${archive.storage}-disk`);
    expect(idOf(roots)).toBe(added.id);
  });

  test("a folder that lost its id file gets the id that its footage tells", async () => {
    await using archive = await testArchive();
    const { id } = await used(archive);
    await rm(join(archive.storage, ROOT_FILE));
    const databases = archive.open();
    expect(detail((await started(archive, databases)).roots)).toContain("nightjar storage add");
    expect(await add(databases, archive.storage)).toEqual({ id, isNew: true, wasKnown: true });
    expect(idOf((await started(archive, databases)).roots)).toBe(id);
  });

  test("the disk of another installation is read in, and limits wait", async () => {
    await using archive = await testArchive();
    await using other = await testArchive();
    const { recording } = await used(other);
    await used(archive);
    await cp(other.storage, join(archive.folder, "usb"), { recursive: true });
    const databases = archive.open();
    await add(databases, join(archive.folder, "usb"));
    const { roots } = await started(archive, databases);
    expect(roots.present()).toHaveLength(2);
    expect(databases.index.recording(recording.id)?.root).not.toBe(idOf(roots));
    expect(limitsWaitMs(databases)).toBe(LIMITS_WAIT_MS);
  });

  test("an unmounted mount point is refused", async () => {
    await using archive = await testArchive();
    const path = join(archive.folder, "usb");
    const refused = add(archive.open(), path, () => path);
    expect(refused).rejects.toThrow(NightjarError);
    await refused.catch(() => {});
    expect(await files.stat(path)).toBeUndefined();
  });
});
