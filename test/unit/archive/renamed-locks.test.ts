import { expect, test } from "bun:test";
import { Locks } from "../../../src/archive/keep/locks.ts";
import { diskFiles } from "../../../src/platform/files.ts";
import { FootageMaker, HOUR_MS, NOON_MS, testArchive } from "./kept-archive.ts";
import { RigRoots } from "./rig.ts";

test("a channel's footage of before it was renamed is locked, listed and released as its own", async () => {
  await using archive = await testArchive();
  const { index } = archive.open();
  const recorded = async (id: string, startMs: number) => {
    const maker = new FootageMaker(archive.storage, "root", index, id);
    return maker.recording(maker.run(startMs), startMs);
  };
  const before = await recorded("old", NOON_MS - 2 * HOUR_MS);
  const after = await recorded("new", NOON_MS - HOUR_MS);
  await recorded("other", NOON_MS - HOUR_MS);
  const locks = new Locks({
    files: diskFiles(),
    index,
    roots: new RigRoots("root", archive.storage),
    bound: () => Promise.resolve(1e9),
    idsOf: (id) => (id === "new" ? ["new", "old"] : [id]),
  });
  const span = { startMs: 0, endMs: NOON_MS, who: "me", why: "theft", sinceMs: 1 };
  expect((await locks.lock("new", span)).toSorted()).toEqual([before.id, after.id].toSorted());
  expect(
    locks
      .list("new")
      .map(({ recording }) => recording)
      .toSorted(),
  ).toEqual([before.id, after.id].toSorted());
  expect(locks.list("other")).toEqual([]);
  expect(await locks.release("new", 0, before.endMs)).toEqual([before.id]);
  expect(locks.list("new").map(({ recording }) => recording)).toEqual([after.id]);
});
