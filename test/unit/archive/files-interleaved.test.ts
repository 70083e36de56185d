import { expect, test } from "bun:test";
import { listFootage } from "../../../src/archive/inspect/listing.ts";
import type { ArchiveChannel } from "../../../src/archive/settings.ts";
import { AFTERNOON_MS, listed, send, ZONE } from "./files-rig.ts";
import { Rig } from "./rig.ts";

const at = (seconds: number): number => AFTERNOON_MS + seconds * 1000;
const shown = (rig: Rig, channel = "front"): string[] =>
  listed(rig.archive, channel).map(
    ({ startMs, isDiscontinuity }) => `${isDiscontinuity ? "!" : ""}${(startMs - AFTERNOON_MS) / 1000}`,
  );

test("files of two inits in one hour are listed in turn, so that what comes last stands last", async () => {
  await using rig = await Rig.make();
  for (const seconds of [0, 10, 20]) await send(rig, { startMs: at(seconds) });
  await send(rig, { startMs: at(15), init: "another init" });
  expect(shown(rig)).toEqual(["0", "10", "!15", "!20"]);
  await send(rig, { startMs: at(30) });
  expect(shown(rig)).toEqual(["0", "10", "!15", "!20", "30"]);
  // One at the same time as another, and over the hour.
  await send(rig, { startMs: at(3590) });
  await send(rig, { startMs: at(3600) });
  await send(rig, { startMs: at(3600), init: "another init", folder: rig.roots.path });
  await send(rig, { startMs: at(3610) });
  expect(shown(rig).map((text) => text.replace("!", ""))).toEqual(
    ["0", "10", "15", "20", "30", "3590", "3600", "3600", "3610"], //
  );
  await rig.archive.flushNow();
  expect(shown(rig)).toHaveLength(9);
});

test("what is covered is told right of an hour whose files have two inits", async () => {
  await using rig = await Rig.make();
  for (const seconds of [0, 10, 100, 110]) await send(rig, { startMs: at(seconds) });
  for (const seconds of [20, 50]) await send(rig, { startMs: at(seconds), init: "another init" });
  await rig.archive.flushNow();
  const [channel] = [...listFootage(rig.index, [], () => ZONE)];
  const spans = channel?.days[0]?.spans.map(({ startMs, endMs }) => [startMs, endMs]);
  expect(spans).toEqual([
    [at(0), at(30)],
    [at(50), at(60)],
    [at(100), at(120)],
  ]);
  expect(channel?.days[0]?.coveredMs).toBe(60_000);
});

test("files from before a channel was renamed don't seem to go on in those that came since", async () => {
  const channel = (id: string, was: string[]): ArchiveChannel => ({
    id,
    was,
    name: id,
    zone: ZONE,
    keep: {},
    isRetired: false,
    hasSound: true,
  });
  let channels = [channel("old", [])];
  await using rig = await Rig.make({ settings: { channels: () => channels } });
  // Each begins with the same time of its own, and exactly when the one before it ended.
  for (const seconds of [0, 10]) await send(rig, { startMs: at(seconds), sourceMs: 1400 }, "old");
  channels = [channel("new", ["old"])];
  for (const seconds of [20, 30]) await send(rig, { startMs: at(seconds), sourceMs: 1400 }, "new");
  expect(shown(rig, "new")).toEqual(["0", "!10", "!20", "!30"]);
});
