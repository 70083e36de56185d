import { expect, test } from "bun:test";
import { rm } from "node:fs/promises";
import { errorText } from "../../../src/platform/errors.ts";
import { diskFiles } from "../../../src/platform/files.ts";
import { DurableFolders } from "../../../src/uploads/folders.ts";
import { tempFolder } from "../../support/temp.ts";

/** Folders whose syncs end when they are told to. */
function heldFolders() {
  const ends: { path: string; end: (error?: Error) => void }[] = [];
  const syncFolder = (path: string): Promise<void> =>
    new Promise((resolve, reject) =>
      ends.push({ path, end: (error) => (error === undefined ? resolve() : reject(error)) }),
    );
  return { folders: new DurableFolders({ ...diskFiles(), syncFolder }), ends };
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));

test("who asks for a folder while it is synced waits for a sync of its own time, and shares it", async () => {
  const { folders, ends } = heldFolders();
  const done: string[] = [];
  const ask = (name: string) => folders.sync("/day").then(() => done.push(name));
  const all = [ask("first"), ask("second"), ask("third")];
  await settled();
  expect(ends).toHaveLength(1);
  ends[0]!.end();
  await settled();
  expect(done).toEqual(["first"]);
  expect(ends).toHaveLength(2);
  all.push(ask("fourth"));
  ends[1]!.end();
  await settled();
  expect(done).toEqual(["first", "second", "third"]);
  ends[2]!.end();
  await Promise.all(all);
  expect(done).toEqual(["first", "second", "third", "fourth"]);
  // Nothing is left of it: the next one begins at once.
  const last = folders.sync("/day");
  expect(ends).toHaveLength(4);
  ends[3]!.end();
  await last;
});

test("a sync that fails is told to those who waited for it, and the next one is tried anew", async () => {
  const { folders, ends } = heldFolders();
  const asked = [folders.sync("/day"), folders.sync("/day"), folders.sync("/day")];
  const results = Promise.allSettled(asked);
  ends[0]!.end();
  await settled();
  ends[1]!.end(new Error("EIO"));
  expect((await results).map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected"]);
  const other = folders.sync("/other");
  const again = folders.sync("/day");
  expect(ends.map(({ path }) => path)).toEqual(["/day", "/day", "/other", "/day"]);
  for (const { end } of ends.slice(2)) end();
  await Promise.all([other, again]);
});

test("a folder is made where there is none, also when it went away behind our back, and its name is durable", async () => {
  await using parent = await tempFolder();
  const files = diskFiles();
  const synced: string[] = [];
  const folders = new DurableFolders({
    ...files,
    async syncFolder(path) {
      synced.push(path);
      await files.syncFolder(path);
    },
  });
  const day = parent.file("day");
  const make = async (name: string) => (await files.create(parent.file("day", name))).close();
  await folders.in(day, () => make("a"));
  expect(synced).toEqual([parent.path]);
  await folders.in(day, () => make("b"));
  expect(synced).toEqual([parent.path]);
  await rm(day, { recursive: true });
  await folders.in(day, () => make("c"));
  expect(synced).toEqual([parent.path, parent.path]);
  expect((await files.list(day))?.map(({ name }) => name)).toEqual(["c"]);
  let tries = 0;
  const refused = folders.in(day, () => {
    tries += 1;
    return Promise.reject(Object.assign(new Error("full"), { code: "ENOSPC" }));
  });
  expect(await refused.catch(errorText)).toBe("full");
  expect(tries).toBe(1);
});
