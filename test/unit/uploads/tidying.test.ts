import { describe, expect, test } from "bun:test";
import { mkdir, readdir, truncate, utimes, writeFile } from "node:fs/promises";
import { diskFiles } from "../../../src/platform/files.ts";
import { DurableFolders } from "../../../src/uploads/folders.ts";
import { probeFile } from "../../../src/uploads/probe.ts";
import { QuarantineFolder } from "../../../src/uploads/quarantine.ts";
import { sweepFolder } from "../../../src/uploads/sweep.ts";
import { tempFolder } from "../../support/temp.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const files = diskFiles();

describe("a channel's own folder is tidied up", () => {
  const names = async (path: string) => (await readdir(path, { recursive: true })).sort();
  const aged = async (path: string, ageMs: number): Promise<void> => {
    const at = new Date(Date.now() - ageMs);
    await utimes(path, at, at);
  };

  test("of what was arriving, waiting and replaced long ago, and of nothing else", async () => {
    await using folder = await tempFolder();
    await mkdir(folder.file("2026-11-20/.replaced"), { recursive: true });
    await mkdir(folder.file("2026-11-19"));
    await mkdir(folder.file("2026-11-18"));
    await mkdir(folder.file("not-a-date"));
    for (const [name, ageMs] of [
      ["2026-11-20/video_100000.ts", 30 * DAY_MS],
      ["2026-11-20/video_100000.ts.duration", 30 * DAY_MS],
      ["2026-11-20/video_110000.ts.duration", 6 * DAY_MS],
      ["2026-11-20/video_120000.ts.duration", 8 * DAY_MS],
      ["2026-11-20/.upload-1.part", HOUR_MS],
      ["2026-11-20/.upload-2.part", 0],
      ["2026-11-20/.video_120000.ts.duration.7.x.tmp", HOUR_MS],
      ["2026-11-20/notes.txt", 30 * DAY_MS],
      ["2026-11-20/.replaced/1-video_100000.ts", 30 * DAY_MS],
      ["not-a-date/.upload-3.part", HOUR_MS],
    ] as const) {
      await Bun.write(folder.file(name), "x");
      await aged(folder.file(name), ageMs);
    }
    await aged(folder.file("2026-11-19"), 2 * DAY_MS);
    const now = { nowMs: Date.now(), startedMs: 0, isShort: false };
    await sweepFolder(files, folder.path, now);
    const kept = [
      "2026-11-18",
      "2026-11-20",
      "2026-11-20/.replaced",
      "2026-11-20/.replaced/1-video_100000.ts",
      "2026-11-20/.upload-2.part",
      "2026-11-20/notes.txt",
      "2026-11-20/video_100000.ts",
      "2026-11-20/video_100000.ts.duration",
      "2026-11-20/video_110000.ts.duration",
      "not-a-date",
      "not-a-date/.upload-3.part",
    ];
    expect(await names(folder.path)).toEqual(kept);
    // Of an earlier start; and room is short.
    await sweepFolder(files, folder.path, { ...now, startedMs: Date.now() + 1000, isShort: true });
    expect(await names(folder.path)).toEqual(
      kept.filter((name) => !name.includes(".replaced") && !name.includes(".upload-2")),
    );
  });

  test("what was replaced stays for an hour", async () => {
    await using folder = await tempFolder();
    await mkdir(folder.file("2026-11-20/.replaced"), { recursive: true });
    await Bun.write(folder.file("2026-11-20/.replaced/1-video_100000.ts"), "x");
    const limits = { startedMs: 0, isShort: false };
    await sweepFolder(files, folder.path, { ...limits, nowMs: Date.now() + HOUR_MS - 5000 });
    expect(await names(folder.path)).toHaveLength(3);
    await sweepFolder(files, folder.path, { ...limits, nowMs: Date.now() + HOUR_MS + 5000 });
    expect(await names(folder.path)).toEqual(["2026-11-20"]);
  });
});

test("quarantine keeps for seven days, newest first, each name as often as its bytes differ", async () => {
  await using folder = await tempFolder();
  const quarantine = new QuarantineFolder(files, new DurableFolders(files), folder.path);
  const take = async (text: string, arrivedMs: number): Promise<void> => {
    await Bun.write(folder.file("file"), text);
    const entry = { date: "2026-11-20", name: "video_100000.ts", reason: `because of ${text}`, arrivedMs };
    await quarantine.take(folder.file("file"), entry);
  };
  await take("one", 1000);
  await take("two", 1000);
  await take("one", 2000);
  await take("three", 3000);
  const list = await quarantine.list();
  expect(list.map(({ reason, arrivedMs, sizeBytes }) => [reason, arrivedMs, sizeBytes])).toEqual([
    ["because of three", 3000, 5],
    ["because of two", 1001, 3],
    ["because of one", 1000, 3],
  ]);
  expect(await quarantine.count()).toBe(3);
  await quarantine.sweep(7 * DAY_MS + 1001);
  expect((await quarantine.list()).map(({ arrivedMs }) => arrivedMs)).toEqual([3000, 1001]);
  await quarantine.sweep(7 * DAY_MS + 3001);
  expect(await readdir(folder.file("quarantine"))).toEqual([]);
});

test.each(["ts", "mp4"] as const)("a huge .%s of nothing is not read to its end", async (extension) => {
  await using folder = await tempFolder();
  const path = folder.file(`video_100000.${extension}`);
  await writeFile(path, "");
  await truncate(path, 2 ** 40);
  const began = performance.now();
  expect(await probeFile(path, extension)).toMatchObject({ findings: { unreadable: expect.any(String) } });
  expect(performance.now() - began).toBeLessThan(2000);
});
