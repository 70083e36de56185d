import { expect, test } from "bun:test";
import { readdirSync, readlinkSync } from "node:fs";
import { diskFiles } from "../../../src/platform/files.ts";
import { openFiles } from "../../../src/platform/open-files.ts";
import { tempFolder } from "../../support/temp.ts";

/** How many descriptors of this process lead to files that were deleted below a folder. */
const heldBelow = (folder: string): number =>
  readdirSync("/proc/self/fd").filter((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      return target.startsWith(folder) && target.endsWith("(deleted)");
    } catch {
      return false;
    }
  }).length;

test("a file that was read is not kept open when it is deleted: its space is free at once", async () => {
  await using folder = await tempFolder();
  const path = folder.file("media.mp4");
  await Bun.write(path, "footage");
  const read = () =>
    openFiles.with(path, async (file) => (await file.read(Buffer.alloc(7), 0, 7, 0)).bytesRead);
  expect(await read()).toBe(7);
  await diskFiles().unlink(path);
  expect(heldBelow(folder.path)).toBe(0);
  expect(read()).rejects.toThrow("ENOENT");
});

test("who reads a file while it is deleted reads on, and it is closed after that", async () => {
  await using folder = await tempFolder();
  const path = folder.file("media.mp4");
  await Bun.write(path, "footage");
  const bytesRead = await openFiles.with(path, async (file) => {
    await diskFiles().unlink(path);
    expect(heldBelow(folder.path)).toBe(1);
    return (await file.read(Buffer.alloc(7), 0, 7, 0)).bytesRead;
  });
  expect(bytesRead).toBe(7);
  expect(heldBelow(folder.path)).toBe(0);
});
