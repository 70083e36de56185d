import { expect, test } from "bun:test";
import { reindexRoot } from "../../../src/archive/inspect/reindex.ts";
import { agedOf, BY, onlyDay, recordRun } from "./aged-rig.ts";
import { Rig } from "./rig.ts";

test("a day that is kept as it is stays so over a reindex, until footage is added", async () => {
  await using rig = await Rig.make();
  await recordRun(rig, 10);
  const aged = agedOf(rig);
  await aged.keepAsIs(onlyDay(aged), { why: "its sound can't be kept" });
  expect(aged.days("front", BY)).toEqual([]);
  await reindexRoot(rig, { id: "root1", path: rig.roots.path });
  expect(aged.days("front", BY)).toEqual([]);
  await recordRun(rig, 10);
  expect(aged.days("front", BY)).toHaveLength(1);
});

test("a day that is kept because of settings is offered again by others, also over a reindex", async () => {
  await using rig = await Rig.make();
  await recordRun(rig, 10);
  const aged = agedOf(rig);
  const day = onlyDay(aged);
  const offered = async (settings: string) =>
    [aged.days("front", settings).length, (await aged.source(day, settings)) === undefined] as const;
  await aged.keepAsIs(day, { why: "the film is larger", settings: BY });
  expect(await offered(BY)).toEqual([0, true]);
  expect(await offered("crf 30")).toEqual([1, false]);
  await reindexRoot(rig, { id: "root1", path: rig.roots.path });
  expect(await offered(BY)).toEqual([0, true]);
  expect(await offered("crf 30")).toEqual([1, false]);
  // It may be kept by these, too: the newest settings that led to it are those that count.
  await aged.keepAsIs(day, { why: "the film is larger", settings: "crf 30" });
  expect(await offered("crf 30")).toEqual([0, true]);
});
