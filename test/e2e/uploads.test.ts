import { describe, expect, test } from "bun:test";
import { readdir, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { LoopDisk } from "../support/loop-disk.ts";
import { Nightjar, nightjarCommand } from "../support/nightjar.ts";
import { usageOf } from "../support/processes.ts";
import { tempFolder } from "../support/temp.ts";
import { waitFor } from "../support/wait.ts";
import { DATE, DeletingClient, listedTimes, recorderFiles } from "../torture/uploads.ts";

const SECONDS = 2;
const config = { timezone: "UTC", storage: { flush: "1s" }, channels: { garage: { source: "upload" } } };
/** Every file below a folder with the hash of its bytes and its times. */
async function imprint(folder: string): Promise<string[]> {
  const names = (await readdir(folder, { recursive: true })).sort();
  return Promise.all(
    names.map(async (name) => {
      const { size, mtimeMs, ctimeMs } = await stat(join(folder, name));
      const file = Bun.file(join(folder, name));
      const hash = name.includes(".") ? Bun.hash(await file.bytes()) : 0;
      return [name, size, mtimeMs, ctimeMs, hash].join(" ");
    }),
  );
}

const places = (count: number): number[] => Array.from({ length: count }, (_, index) => index * SECONDS);

test("kill -9 while a client sends that deletes after any answer: every file is listed once, in order", async () => {
  await using folder = await tempFolder();
  const out = folder.file("out");
  const count = 120;
  await recorderFiles(out, { count, seconds: SECONDS });
  let server = await Nightjar.start({ folder: folder.path, config });
  const { url } = server;
  const listen = new URL(url).host;
  const client = new DeletingClient(out, () => `${url}/garage/${DATE}/`);
  const sending = client.run(4, 60_000);
  for (const left of [90, 50, 20]) {
    await waitFor(`${left} left`, async () => (await readdir(out)).length <= left, {
      timeoutMs: 20_000,
      everyMs: 5,
    });
    await server.kill();
    server = await Nightjar.start({ folder: folder.path, config: { ...config, listen } });
  }
  await using last = server;
  await sending;
  expect(client.statuses.get("none") ?? 0).toBeGreaterThan(0);
  await waitFor("all listed", async () => (await listedTimes(last, "garage")).length >= count, {
    timeoutMs: 10_000,
  });
  expect(await listedTimes(last, "garage")).toEqual(places(count));
  const day = await readdir(join(folder.path, "data/archive/garage", DATE));
  expect(day.filter((name) => name.startsWith("."))).toEqual([]);
}, 90_000);

test("a full disk: nothing is answered, nothing is lost, and it goes on when there is room", async () => {
  await using folder = await tempFolder();
  await using disk = await LoopDisk.make(folder.file("disk.img"), folder.file("disk"), 64 * 1024 * 1024);
  const out = folder.file("out");
  await recorderFiles(out, { count: 20, seconds: SECONDS });
  await using server = await Nightjar.start({
    folder: folder.path,
    config: { ...config, storage: { path: disk.path, flush: "1s", min_free: "1%" } },
  });
  const filler = join(disk.path, "filler");
  await Bun.spawn(["dd", "if=/dev/zero", `of=${filler}`, "bs=1M", "count=100"], { stderr: "ignore" }).exited;
  const client = new DeletingClient(out, () => `${server.url}/garage/${DATE}/`);
  const sending = client.run(2, 60_000);
  await waitFor("some tries", () => (client.statuses.get("none") ?? 0) > 6, { timeoutMs: 20_000 });
  // What still found room is stored; the others are where they were.
  expect(await readdir(out)).not.toEqual([]);
  await rm(filler);
  await sending;
  expect([...client.statuses.keys()].sort()).toEqual(["201", "none"]);
  expect(await listedTimes(server, "garage")).toEqual(places(20));
}, 90_000);

test("a body of any size goes to the disk a piece at a time; one that is no media is kept aside", async () => {
  await using folder = await tempFolder();
  await using server = await Nightjar.start({ folder: folder.path, config });
  const piece = new Uint8Array(1 << 20);
  let left = 300;
  const body = new ReadableStream({
    pull(controller) {
      if (left-- > 0) controller.enqueue(piece);
      else controller.close();
    },
  });
  const before = usageOf(server.pid).memoryBytes;
  let most = 0;
  const watch = setInterval(() => (most = Math.max(most, usageOf(server.pid).memoryBytes)), 50);
  const answer = await server.fetch(`/garage/${DATE}/video_120000.mp4`, { method: "PUT", body });
  clearInterval(watch);
  expect(answer.status).toBe(202);
  // Pieces that are done with are collected when the runtime likes: some dozens of megabytes, never the body.
  expect(most - before).toBeLessThan(150e6);
}, 60_000);

describe("a watched foreign folder of a thousand files", () => {
  test("is played, aged and indexed anew, and not one byte of it is changed", async () => {
    await using folder = await tempFolder();
    const yard = folder.file("yard");
    const count = 1000;
    await recorderFiles(join(yard, DATE), { count, seconds: 10, clipSeconds: 1 });
    await Bun.write(join(yard, DATE, "notes.txt"), "not ours");
    const past = new Date(Date.parse(`${DATE}T12:00:00Z`));
    for (const name of await readdir(join(yard, DATE))) await utimes(join(yard, DATE, name), past, past);
    const before = await imprint(yard);
    const wanted = Array.from({ length: count }, (_, index) => index * 10);
    const start = (more: Record<string, unknown> = {}) => {
      const channels = { yard: { source: `file://${yard}`, ...more } };
      return Nightjar.start({ folder: folder.path, config: { ...config, channels } });
    };
    const listed = (server: Nightjar, isRight: (times: number[]) => boolean) =>
      waitFor("the list", async () => isRight(await listedTimes(server, "yard")), { timeoutMs: 20_000 });
    const isAll = (times: number[]) => times.length === count;
    {
      await using server = await start();
      await listed(server, isAll);
      expect(await listedTimes(server, "yard")).toEqual(wanted);
      await server.stop();
    }
    const reindexed = await nightjarCommand(["reindex"], { folder: folder.path });
    expect(reindexed.stdout + reindexed.stderr).toContain(`${count} segments`);
    {
      await using server = await start({ keep: { size: "10MB" } });
      await listed(server, (times) => times.length < count && times.length > 100);
      // What is gone from the archive does not come back, though it is in the folder.
      await Bun.sleep(2000);
      const times = await listedTimes(server, "yard");
      expect(times).toEqual(wanted.slice(-times.length));
      await server.stop();
    }
    expect(await imprint(yard)).toEqual(before);
  }, 90_000);
});
