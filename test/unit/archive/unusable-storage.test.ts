import { expect, test } from "bun:test";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeRootId } from "../../../src/archive/roots/root-file.ts";
import { errorText } from "../../../src/platform/errors.ts";
import { diskFiles, type Files } from "../../../src/platform/files.ts";

const told = (files: Files, path: string): Promise<string> =>
  writeRootId(files, path, "root").then(() => "written", errorText);

const folder = await mkdtemp(join(tmpdir(), "nightjar-unusable-"));

test("a storage path that is a file, or lies below one, is told as such", async () => {
  const file = join(folder, "file");
  await writeFile(file, "");
  expect(await told(diskFiles(), file)).toBe(`${file} can't take footage: it is a file; wanted: a folder`);
  const below = join(file, "below");
  expect(await told(diskFiles(), below)).toBe(
    `${below} can't take footage: a part of it is a file; wanted: folders`,
  );
});

test("a storage that can't be written to is told in the same words at each look, so that it is logged once", async () => {
  const path = join(folder, "read-only");
  await mkdir(path);
  const files: Files = {
    ...diskFiles(),
    writeWhole: (file) =>
      Promise.reject(Object.assign(new Error(`${file}.${crypto.randomUUID()}.tmp`), { code: "EROFS" })),
  };
  const first = await told(files, path);
  expect(first).toBe(`${path} can't take footage: it is read-only`);
  expect(await told(files, path)).toBe(first);
  await rm(folder, { recursive: true });
});
