import { describe, expect, test } from "bun:test";
import { appendFile, mkdir, readdir, rename, rm, stat, symlink, truncate, utimes } from "node:fs/promises";
import { join } from "node:path";
import { tempFolder, type TempFolder } from "../support/temp.ts";
import { waitFor } from "../support/wait.ts";
import { clip, uploadServer, type UploadServer } from "./uploads-support.ts";

const DAY = "2026-11-19";
const SOON = { timeoutMs: 12_000 };

async function yard(folder: TempFolder, before?: () => Promise<void>): Promise<UploadServer> {
  await mkdir(folder.file(DAY), { recursive: true });
  await before?.();
  return uploadServer({ channels: { yard: { source: `file://${folder.path}`, timezone: "UTC" } } });
}

/** A file as if it were put there an hour ago. */
async function old(path: string, bytes: Uint8Array | string): Promise<void> {
  await Bun.write(path, bytes);
  const hourAgo = new Date(Date.now() - 3_600_000);
  await utimes(path, hourAgo, hourAgo);
}

const names = (server: UploadServer): string[] => server.footage.all("yard").map(({ name }) => name);
const nameOf = (index: number): string =>
  `video_${new Date(index * 10_000).toISOString().slice(11, 19).replaceAll(":", "")}.ts`;

describe("a watched folder", () => {
  test("a thousand files are found at the start, the server answers meanwhile, and nothing is changed", async () => {
    await using folder = await tempFolder();
    const body = await clip();
    await using server = await yard(folder, async () => {
      for (let index = 0; index < 1000; index++) await old(folder.file(DAY, nameOf(index)), body);
      await old(folder.file(DAY, `${nameOf(0)}.duration`), "1.25");
    });
    let longestMs = 0;
    const lookBeganMs = performance.now();
    await waitFor(
      "all files",
      async () => {
        const began = performance.now();
        await fetch(`${server.url}/yard/live.m3u8`);
        longestMs = Math.max(longestMs, performance.now() - began);
        return server.footage.all("yard").length === 1000;
      },
      { timeoutMs: 20_000, everyMs: 5 },
    );
    // While all is looked at in one go, an answer takes as long as that.
    expect(longestMs).toBeLessThan(Math.max(500, (performance.now() - lookBeganMs) / 5));
    expect(server.footage.all("yard")[0]).toEqual({
      name: `${DAY}/video_000000.ts`,
      startMs: Date.parse(`${DAY}T00:00:00Z`),
      seconds: 1.25,
    });
    await waitFor("all looked through", () => server.uploads.status("yard")?.isLookingThrough !== true);
    expect(await readdir(folder.file(DAY))).toHaveLength(1001);
    for (const name of await readdir(folder.file(DAY))) {
      const { mtimeMs } = await stat(folder.file(DAY, name));
      expect(Date.now() - mtimeMs).toBeGreaterThan(3_500_000);
    }
    expect(await server.names("yard")).toEqual([]);
  });

  test("what comes, changes, is renamed and deleted is followed; what grows is left alone", async () => {
    await using folder = await tempFolder();
    await using server = await yard(folder);
    const body = await clip(3);
    await waitFor("the first look", () => server.uploads.status("yard")?.isLookingThrough !== true);
    // Growing.
    const growing = folder.file(DAY, "video_100000.ts");
    for (let part = 0; part < 5; part++) {
      await appendFile(growing, body.subarray((part * body.length) / 5, ((part + 1) * body.length) / 5));
      await Bun.sleep(700);
      expect(names(server)).toEqual([]);
    }
    await waitFor("the whole file", () => names(server).length === 1, SOON);
    expect(server.footage.all("yard")[0]?.seconds).toBeGreaterThan(2.9);
    // A new day, by its rename, and rsync's temporary names.
    await mkdir(folder.file("2026-11-20"));
    await Bun.write(folder.file("2026-11-20/.video_110000.ts.Xy12Za"), await clip());
    await rename(
      folder.file("2026-11-20/.video_110000.ts.Xy12Za"),
      folder.file("2026-11-20/video_110000.ts"),
    );
    await waitFor("the next day's", () => names(server).includes("2026-11-20/video_110000.ts"), SOON);
    // Changed, renamed.
    await Bun.write(growing, await clip(1));
    await rename(folder.file("2026-11-20/video_110000.ts"), folder.file("2026-11-20/video_120000.ts"));
    await waitFor("the change", () => Math.round(server.footage.all("yard")[0]?.seconds ?? 0) === 1, SOON);
    await waitFor(
      "the new name",
      () => names(server).join() === `${DAY}/video_100000.ts,2026-11-20/video_120000.ts`,
      SOON,
    );
    // Deleted, a day at once.
    await rm(folder.file("2026-11-20"), { recursive: true });
    await waitFor("one left", () => names(server).join() === `${DAY}/video_100000.ts`, SOON);
  }, 60_000);

  test("what is unreadable is told and taken once it is right; symbolic links are passed by", async () => {
    await using folder = await tempFolder();
    await using outside = await tempFolder();
    await old(outside.file("video_090000.ts"), await clip());
    await using server = await yard(folder, async () => {
      await symlink(outside.file("video_090000.ts"), folder.file(DAY, "video_090000.ts"));
      await symlink(outside.path, folder.file("2026-11-18"));
      await old(folder.file(DAY, "video_100000.ts"), "no media");
      await old(folder.file(DAY, "video_100010.mp4"), "no media");
      await old(folder.file(DAY, "notes.txt"), "no media");
      await old(folder.file(DAY, "video_100020.ts"), await clip(2));
      await old(folder.file(DAY, "video_100020.ts.duration"), "9000");
    });
    await waitFor("all looked through", () => server.uploads.status("yard")?.isLookingThrough === undefined);
    const status = server.uploads.status("yard");
    expect(status?.unreadable.map(({ name }) => name).sort()).toEqual([
      `${DAY}/video_100000.ts`,
      `${DAY}/video_100010.mp4`,
      `${DAY}/video_100020.ts.duration`,
    ]);
    expect(names(server)).toEqual([`${DAY}/video_100020.ts`]);
    await old(folder.file(DAY, "video_100000.ts"), await clip());
    await rm(folder.file(DAY, "video_100010.mp4"));
    await old(folder.file(DAY, "video_100020.ts.duration"), "2.5");
    await waitFor("the mended one", () => names(server).length === 2, SOON);
    await waitFor("nothing unreadable", () => server.uploads.status("yard")?.unreadableFiles === 0, SOON);
    expect(server.footage.all("yard")[1]?.seconds).toBe(2.5);
  }, 30_000);

  test("a folder that goes away or is suddenly empty loses nothing from the list, and says so", async () => {
    await using folder = await tempFolder();
    await using server = await yard(folder, async () => {
      for (let index = 0; index < 30; index++) await old(folder.file(DAY, nameOf(index)), await clip());
    });
    await waitFor("all of them", () => names(server).length === 30);
    await rename(folder.file(DAY), folder.file("aside"));
    await waitFor("trouble", () => server.uploads.status("yard")?.trouble?.reason === "disk-missing", SOON);
    expect(server.uploads.status("yard")?.trouble?.detail).toContain("30 of 30 files are gone at once");
    expect(names(server)).toHaveLength(30);
    await rename(folder.file("aside"), folder.file(DAY));
    await waitFor("no trouble", () => server.uploads.status("yard")?.trouble === undefined, SOON);
    // A few of many are really deleted.
    for (let index = 0; index < 12; index++) await rm(folder.file(DAY, nameOf(index)));
    await waitFor("the rest", () => names(server).length === 18, SOON);
  }, 60_000);

  test("there is no such folder yet: it is said, and looked for", async () => {
    await using folder = await tempFolder();
    const channels = { yard: { source: `file://${join(folder.path, "later")}`, timezone: "UTC" } };
    await using server = await uploadServer({ channels });
    await waitFor("trouble", () => server.uploads.status("yard")?.trouble?.reason === "disk-missing");
  });
});

describe("an own folder", () => {
  test("what rsync or nginx puts there directly is taken; what is received by PUT is not looked at again", async () => {
    await using server = await uploadServer();
    expect((await server.put(`/garage/${DAY}/video_100000.ts`, await clip()))?.status).toBe(201);
    const file = server.footage.all("garage")[0];
    await Bun.write(join(server.root, "garage", DAY, "video_110000.ts"), await clip());
    await waitFor("both", () => server.footage.all("garage").length === 2, SOON);
    expect(server.footage.all("garage")[0]).toEqual(file as NonNullable<typeof file>);
  }, 30_000);
});

test("a huge file that is being read does not hold the end up", async () => {
  await using folder = await tempFolder();
  const server = await yard(folder, async () => {
    await old(folder.file(DAY, "video_100000.ts"), await clip());
    await truncate(folder.file(DAY, "video_100000.ts"), 2 ** 40);
    const hourAgo = new Date(Date.now() - 3_600_000);
    await utimes(folder.file(DAY, "video_100000.ts"), hourAgo, hourAgo);
  });
  await Bun.sleep(300);
  expect(names(server)).toEqual([]);
  const began = performance.now();
  await server[Symbol.asyncDispose]();
  expect(performance.now() - began).toBeLessThan(3000);
});
