import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { reindexRoot } from "../../../src/archive/inspect/reindex.ts";
import { isAged } from "../../../src/db/index/rows.ts";
import { buildInit } from "../../../src/media/fmp4/init.ts";
import { tempFolder } from "../../support/temp.ts";
import { BY, age, agedOf, deleterOf, isAllAged, seen } from "./aged-rig.ts";
import { AFTERNOON_MS, isThere, send } from "./files-rig.ts";
import { Rig, rigParameters } from "./rig.ts";

setDefaultTimeout(30_000);

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const init = () => buildInit(rigParameters(false));

/** Files of ten seconds, from one minute after the beginning to another one. */
async function upload(rig: Rig, from: number, to: number, folder?: string) {
  const files = [];
  for (let ms = from * MINUTE_MS; ms < to * MINUTE_MS; ms += 10_000)
    files.push(await send(rig, { startMs: AFTERNOON_MS + ms, ...(folder === undefined ? {} : { folder }) }));
  await rig.archive.flushNow();
  return files;
}

test("uploads become a film with the same times; what comes again is not needed, what comes late is", async () => {
  await using rig = await Rig.make({ wallMs: AFTERNOON_MS + 3 * HOUR_MS });
  const files = await upload(rig, 55, 58);
  await upload(rig, 63, 65);
  const before = seen(rig);
  expect(before.gaps).toMatchObject([{ reason: "not-uploaded" }]);
  const aged = agedOf(rig);
  expect(aged.days("front", BY)).toMatchObject([{ date: "2025-06-01", arrivedMs: rig.clock.nowMs() }]);
  const [original] = rig.all();
  await age(rig, aged, "front", init);
  expect(isAllAged(rig)).toBe(true);
  expect(seen(rig)).toEqual(before);
  const { fileFootage } = rig.archive;
  expect(fileFootage.fileDates("front")).toEqual([]);
  expect(fileFootage.isAged("front", files[0]!.startMs)).toBe(true);
  expect(fileFootage.isAged("front", AFTERNOON_MS + 60 * MINUTE_MS)).toBe(false);

  // Those that hold an old list still get what it named.
  const path = join(rig.roots.path, "front", files[0]!.date, files[0]!.name);
  expect(rig.archive.recording(original!.id)?.segments).toHaveLength(18);
  expect(await isThere(path)).toBe(true);

  await upload(rig, 59, 61);
  const { spans, gaps } = seen(rig);
  const at = (minute: number) => AFTERNOON_MS + minute * MINUTE_MS;
  expect(spans).toEqual([
    { startMs: at(55), endMs: at(58) },
    { startMs: at(59), endMs: at(61) },
    { startMs: at(63), endMs: at(65) },
  ]);
  expect(gaps.map(({ startMs, endMs }) => [startMs, endMs])).toEqual([
    [at(58), at(59)],
    [at(61), at(63)],
  ]);
  rig.clock.pass(HOUR_MS);
  await deleterOf(rig).collectGarbage(false);
  expect(await isThere(path)).toBe(false);
  const wanted = seen(rig);
  expect(wanted).toEqual({ spans, gaps });

  await reindexRoot(rig, { id: "root1", path: rig.roots.path });
  await rig.killAndStart();
  expect(seen(rig)).toEqual(wanted);
  expect(rig.archive.fileFootage.fileDates("front")).toEqual(["2025-06-01"]);

  // The late ones are aged into a film of their own.
  await age(rig, agedOf(rig), "front", init);
  expect(seen(rig)).toEqual(wanted);
  expect(new Set(rig.all().map((recording) => recording.path.split("/").at(-1)))).toEqual(
    new Set(["video.mp4", "video-2.mp4"]),
  );
});

test("a channel whose newest footage is aged says since when nothing was uploaded", async () => {
  await using rig = await Rig.make({ wallMs: AFTERNOON_MS + 3 * HOUR_MS });
  await upload(rig, 0, 1);
  const outage = rig.archive.outage("front");
  expect(outage).toMatchObject({ reason: "not-uploaded" });
  await age(rig, agedOf(rig), "front", init);
  expect(rig.archive.outage("front")).toEqual(outage!);
});

test("a watched folder is aged only where it is managed; then its files go, and nothing is written into it", async () => {
  await using folder = await tempFolder();
  await using rig = await Rig.make({ wallMs: AFTERNOON_MS + 3 * HOUR_MS });
  const files = await upload(rig, 0, 2, folder.path);
  expect(agedOf(rig).days("front", BY)).toEqual([]);
  expect(
    await agedOf(rig).source({ channel: "front", root: "root1", date: "2025-06-01" }, BY),
  ).toBeUndefined();
  // Not what lies elsewhere.
  expect(agedOf(rig, join(folder.path, "other")).days("front", BY)).toEqual([]);
  const before = seen(rig);
  const aged = agedOf(rig, folder.path);
  await age(rig, aged, "front", init);
  expect(seen(rig)).toEqual(before);
  expect(rig.all().every(isAged)).toBe(true);
  expect(await isThere(join(rig.roots.path, "front/2025-06-01/video.mp4"))).toBe(true);
  expect(await isThere(files[0]!.name)).toBe(true);
  expect(rig.archive.fileFootage.isAged("front", files[0]!.startMs)).toBe(true);
  rig.clock.pass(HOUR_MS);
  await deleterOf(rig, folder.path).collectGarbage(false);
  for (const { name } of files) expect(await isThere(name)).toBe(false);
  expect(await isThere(join(folder.path, "2025-06-01", "video.mp4"))).toBe(false);
  expect(seen(rig)).toEqual(before);
});

test("a file that is dated in the future says nothing of when it came", async () => {
  await using folder = await tempFolder();
  await using rig = await Rig.make({ wallMs: AFTERNOON_MS + 3 * HOUR_MS });
  const far = (AFTERNOON_MS + 20 * 365 * 24 * HOUR_MS) / 1000;
  const found = await send(rig, { startMs: AFTERNOON_MS, folder: folder.path, mtimeMs: far * 1000 });
  await rig.archive.flushNow();
  expect(found.mtimeMs).toBe(far * 1000);
  const [day] = agedOf(rig, folder.path).days("front", BY);
  expect(day).toMatchObject({ endMs: AFTERNOON_MS + 10_000, arrivedMs: AFTERNOON_MS + 10_000 });
});
