import { expect, test } from "bun:test";
import { join } from "node:path";
import { ForeignUse } from "../../../src/archive/files/foreign-use.ts";
import { AFTERNOON_MS, send } from "./files-rig.ts";
import { Rig } from "./rig.ts";

test("files of a watched folder are told from those in the storage", async () => {
  await using rig = await Rig.make();
  const foreign = new ForeignUse(rig.index);
  await send(rig, { startMs: AFTERNOON_MS });
  const theirs = await send(rig, { startMs: AFTERNOON_MS + 10_000, folder: join(rig.folder, "theirs") });
  await rig.archive.flushNow();
  expect(rig.all()).toHaveLength(2);
  for (let time = 0; time < 2; time++) {
    const { bytes, ids } = foreign.measure();
    expect([...bytes]).toEqual([["root1", theirs.sizeBytes]]);
    expect(ids.size).toBe(1);
  }
});
