import { expect, setDefaultTimeout, test } from "bun:test";
import { unlink } from "node:fs/promises";
import { join } from "node:path";
import { dropMissing } from "../../../src/archive/inspect/missing-files.ts";
import {
  limitsFrom,
  measuredSizes,
  oldestCandidates,
} from "../../../src/archive/keep/retention-candidates.ts";
import { planRetention } from "../../../src/archive/keep/retention-plan.ts";
import { writeRootId } from "../../../src/archive/roots/root-file.ts";
import type { ArchiveChannel } from "../../../src/archive/settings.ts";
import { age, agedOf, deleterOf, recordRun } from "./aged-rig.ts";
import { Rig } from "./rig.ts";

setDefaultTimeout(30_000);

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A plan over all that is there, with a limit of age. */
function planOf(rig: Rig, maxAgeMs: number) {
  const keep: ArchiveChannel["keep"] = { maxAgeMs };
  const zone = "Europe/Berlin";
  const settings = { id: "front", name: "front", zone, keep, was: [], isRetired: false, hasSound: true };
  const limitsOf = limitsFrom([settings], zone);
  const { list, films, untilMs } = oldestCandidates(rig.index, new Set(), ["root1"], limitsOf);
  const nowMs = rig.clock.nowMs();
  const { channelBytes, graceBytes } = measuredSizes(rig.index, ["root1"], limitsOf, films);
  const plan = planRetention({
    candidates: list,
    limitsOf,
    ageAtMs: nowMs,
    isClockTrusted: true,
    nowMs,
    areLimitsHeld: false,
    channelBytes,
  });
  return { list, plan, untilMs, graceBytes };
}

test("retention takes an aged day as one: it goes when all of it is too old, whole", async () => {
  await using rig = await Rig.make();
  await recordRun(rig, 10);
  rig.clock.pass(HOUR_MS);
  await recordRun(rig, 10);
  rig.clock.pass(2 * HOUR_MS);
  await recordRun(rig, 10);
  await age(rig, agedOf(rig));
  rig.clock.pass(DAY_MS);
  await recordRun(rig, 10);
  const [first, , last, newest] = rig.all();
  const filmBytes = rig
    .all()
    .slice(0, 3)
    .reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  // Two hours of it are too old, but not the last one.
  const early = planOf(rig, DAY_MS + HOUR_MS);
  expect(early.list).toMatchObject([
    { id: first!.id, startMs: first!.startMs, endMs: last!.endMs, sizeBytes: filmBytes },
    { id: newest!.id },
  ]);
  expect(early.plan.delete).toEqual([]);
  expect(early.graceBytes("root1")).toBe(filmBytes);
  const late = planOf(rig, DAY_MS);
  expect(late.plan.delete).toEqual([{ id: first!.id, sizeBytes: filmBytes, why: "age" }]);
  const deleted = await deleterOf(rig).delete(late.plan.delete.map(({ id }) => id));
  expect(deleted).toMatchObject({ sizeBytes: filmBytes, problems: [] });
  expect(deleted.ids).toHaveLength(3);
  expect(rig.all()).toMatchObject([{ id: newest!.id }]);
});

test("a film that is gone counts as one file, and all of it is dropped from the index", async () => {
  await using rig = await Rig.make();
  await recordRun(rig, 10);
  await recordRun(rig, 10);
  await recordRun(rig, 10);
  await age(rig, agedOf(rig));
  await recordRun(rig, 4);
  await writeRootId(rig.files, rig.roots.path, "root1");
  await unlink(join(rig.roots.path, rig.all()[0]!.path));
  const report = await dropMissing(rig, { id: "root1", path: rig.roots.path });
  expect(report.kept).toEqual([]);
  expect(report.dropped).toHaveLength(3);
  expect(rig.all()).toHaveLength(1);
});
