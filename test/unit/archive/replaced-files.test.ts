import { expect, test } from "bun:test";
import { mkdir, readFile, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { replacedName } from "../../../src/archive/files/replaced-files.ts";
import { segmentByOrdinal } from "../../../src/playback/segment-lookup.ts";
import { AFTERNOON_MS, dateOf, nameOf, send } from "./files-rig.ts";
import { Rig } from "./rig.ts";

const HOUR_MS = 3_600_000;

test("a replaced file is read at its old address for an hour, whatever became of its recording", async () => {
  await using rig = await Rig.make();
  const first = await send(rig, { startMs: AFTERNOON_MS, content: "short", durationMs: 5000 });
  await rig.archive.flushNow();
  const [recording] = rig.all();
  const address = [recording!.id, recording!.segments[0]!.ordinal] as const;
  const folder = join(rig.roots.path, "front", dateOf(AFTERNOON_MS));
  const aside = join(folder, replacedName(first));
  await mkdir(dirname(aside));
  await rename(join(folder, nameOf(AFTERNOON_MS)), aside);
  // Another init: the recording that it was in has no segment any more.
  await send(rig, { startMs: AFTERNOON_MS, content: "a longer one", init: "another" });
  const read = async () => {
    const found = segmentByOrdinal(rig.archive, ...address);
    const path = found && rig.archive.mediaPath(found.recording, found.segment);
    return path === undefined ? undefined : await readFile(path, "utf8");
  };
  for (let time = 0; time < 2; time++) {
    expect(await read()).toBe(`short of ${AFTERNOON_MS}`);
    await rig.archive.flushNow();
  }
  expect(rig.all().map(({ segments }) => segments.length)).toEqual([1]);
  rig.clock.pass(HOUR_MS);
  expect(await read()).toBeUndefined();
});
