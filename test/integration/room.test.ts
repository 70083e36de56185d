import { expect, test } from "bun:test";
import { mkdir, rm, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pairDatabases } from "../../src/archive/database-pair.ts";
import { Deleter } from "../../src/archive/keep/deletion.ts";
import { Retention } from "../../src/archive/keep/retention.ts";
import { startupChecks } from "../../src/archive/startup.ts";
import { diskFiles } from "../../src/platform/files.ts";
import { finished } from "../support/processes.ts";
import { FootageMaker, HOUR_MS, NOON_MS, testArchive, WaitingClock } from "../unit/archive/kept-archive.ts";

const MB = 1_000_000;

async function run(...argv: string[]): Promise<void> {
  const { code, stderr } = await finished(argv);
  if (code !== 0) throw new Error(`${argv.join(" ")}: ${stderr}`);
}

/** A disk of 32 MB of its own, until it is unmounted or the test ends. */
async function mount(path: string): Promise<AsyncDisposable & { unmount(): Promise<void> }> {
  await mkdir(path, { recursive: true });
  await run("mount", "-t", "tmpfs", "-o", "size=32M", "tmpfs", path);
  let isMounted = true;
  const unmount = async () => {
    if (isMounted) await run("umount", path);
    isMounted = false;
  };
  return { unmount, [Symbol.asyncDispose]: unmount };
}

/** An archive on its own disk; `record` writes an hour of 1 MB. */
async function onOwnDisk(storage: string, archive: Awaited<ReturnType<typeof testArchive>>) {
  const clock = new WaitingClock();
  const files = diskFiles();
  const databases = archive.open();
  pairDatabases(databases);
  const { roots, deleter } = await startupChecks({
    ...databases,
    clock,
    files,
    storagePath: storage,
    unmountedPoint: () => undefined,
  });
  const current = roots.current();
  if ("missing" in current) throw new Error(current.missing.detail);
  const maker = new FootageMaker(storage, current.id, databases.index);
  const run = maker.run(NOON_MS);
  let writtenBytes = 0;
  let hour = 0;
  const record = async () => {
    const recording = await maker.recording(run, NOON_MS + hour++ * HOUR_MS, {
      segments: 4,
      segmentBytes: MB / 4,
    });
    writtenBytes += MB;
    return recording;
  };
  const retention = () =>
    new Retention({
      ...databases,
      clock,
      files,
      roots,
      deleter,
      channels: () => [],
      zone: "UTC",
      minFree: { bytes: 8 * MB },
      writtenBytes: () => writtenBytes,
    });
  const count = () => databases.index.totals()[0]?.recordings ?? 0;
  return { ...databases, clock, files, roots, deleter, record, retention, count };
}

test("the oldest make room while it is recorded, and the disk keeps its free space", async () => {
  await using archive = await testArchive();
  await using ownDisk = await mount(archive.storage);
  const disk = await onOwnDisk(archive.storage, archive);
  const retention = disk.retention();
  const all = [];
  for (let i = 0; i < 60; i++) {
    all.push(await disk.record());
    disk.clock.pass(5000);
    await retention.pass();
    expect((await disk.files.space(archive.storage)).freeBytes).toBeGreaterThan(7.9 * MB);
  }
  const kept = all.map(({ id }) => disk.index.recording(id) !== undefined);
  expect(kept.indexOf(true)).toBe(60 - disk.count());
  expect(disk.count()).toBeGreaterThan(20);
  expect(retention.state()).toMatchObject({ isFull: false, messages: [] });
  await disk.roots.close();
  await ownDisk.unmount();
});

test("what others write does not empty the archive; it is said, and recording stops before the disk is full", async () => {
  await using archive = await testArchive();
  await using ownDisk = await mount(archive.storage);
  const disk = await onOwnDisk(archive.storage, archive);
  for (let i = 0; i < 15; i++) await disk.record();
  const retention = disk.retention();
  await retention.pass();
  await writeFile(join(archive.storage, "others"), new Uint8Array(16 * MB));
  for (let i = 0; i < 20; i++) {
    disk.clock.pass(60_000);
    await retention.pass();
  }
  // One recording of the channel may go, and nothing was written since.
  expect(disk.count()).toBe(14);
  expect(retention.state().messages.join()).toContain("Something other than Nightjar fills it");
  expect(disk.roots.current()).toMatchObject({ missing: { reason: "disk-full" } });
  await unlink(join(archive.storage, "others"));
  disk.clock.pass(60_000);
  await retention.pass();
  expect(disk.roots.current()).toMatchObject({ path: archive.storage });
  expect(disk.count()).toBe(14);
  await disk.roots.close();
  await ownDisk.unmount();
});

test("locks win over room", async () => {
  await using archive = await testArchive();
  await using ownDisk = await mount(archive.storage);
  const disk = await onOwnDisk(archive.storage, archive);
  const retention = disk.retention();
  for (let i = 0; i < 29; i++) {
    const { path } = await disk.record();
    await writeFile(join(archive.storage, path.replace(/mp4$/, "lock")), "");
  }
  await writeFile(join(archive.storage, "others"), new Uint8Array(2 * MB));
  disk.clock.pass(60_000);
  await retention.pass();
  disk.clock.pass(60_000);
  await retention.pass();
  expect(disk.count()).toBe(29);
  expect(disk.roots.current()).toMatchObject({ missing: { reason: "disk-full" } });
  expect(retention.state().messages.join()).toContain("locked");
  await disk.roots.close();
  await ownDisk.unmount();
});

test("a disk that is unmounted while it is watched takes nothing, and its mount point stays empty", async () => {
  await using archive = await testArchive();
  await using ownDisk = await mount(archive.storage);
  const disk = await onOwnDisk(archive.storage, archive);
  const { id } = await disk.record();
  await ownDisk.unmount();
  await disk.roots.look();
  expect(disk.roots.current()).toMatchObject({ missing: { reason: "disk-missing" } });
  expect(await disk.files.list(archive.storage)).toEqual([]);
  const deleter = new Deleter(disk);
  expect((await deleter.delete([id])).ids).toEqual([]);
  expect(disk.index.recording(id)?.state).toBe("closed");
  await disk.roots.close();
  await rm(archive.storage, { recursive: true });
});
