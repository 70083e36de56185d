import { expect, test } from "bun:test";
import type { ArchiveChannel } from "../../../src/archive/settings.ts";
import { Rig, rigParameters } from "./rig.ts";

const STOPPED = { reason: "stopped" as const, detail: "" };

const channel = (id: string, was: string[] = []): ArchiveChannel => ({
  id,
  was,
  name: id,
  zone: "Europe/Berlin",
  keep: {},
  isRetired: false,
  hasSound: true,
});

/** An archive whose channels a test renames while it runs. */
async function renamable(): Promise<{ rig: Rig; rename: (channels: ArchiveChannel[]) => void }> {
  let channels = [channel("old")];
  const rig = await Rig.make({ settings: { channels: () => channels } });
  return { rig, rename: (next) => (channels = next) };
}

/** Records six seconds, three segments, under an id; nothing is synced. */
async function recordSixSeconds(rig: Rig, id: string, before: number, isWide = false): Promise<void> {
  const camera = rig.camera(id, rigParameters(true, isWide));
  camera.send(6);
  await camera.recorder.close(STOPPED);
  await rig.stored(before + 3, id);
}

const numbers = (rig: Rig, id: string) =>
  rig.all(id).map(({ channel: storedAs, firstMediaSequence, baseTicks, discontinuitySequence }) => ({
    storedAs,
    firstMediaSequence,
    baseTicks,
    discontinuitySequence,
  }));

test("a channel that is renamed while it is recorded goes on where it stood, there and back", async () => {
  const { rig, rename } = await renamable();
  await using _ = rig;
  await recordSixSeconds(rig, "old", 0);
  rename([channel("new", ["old"])]);
  // A page may ask before the first picture under the new id.
  expect(rig.archive.outage("new")?.reason).toBe("stopped");
  rig.clock.pass(3000);
  await recordSixSeconds(rig, "new", 3);
  rename([channel("old", ["new"])]);
  await recordSixSeconds(rig, "old", 6);
  const expected = [
    { storedAs: "old", firstMediaSequence: 0, baseTicks: 0, discontinuitySequence: 0 },
    { storedAs: "new", firstMediaSequence: 3, baseTicks: 540_000, discontinuitySequence: 0 },
    { storedAs: "old", firstMediaSequence: 6, baseTicks: 1_080_000, discontinuitySequence: 0 },
  ];
  expect(numbers(rig, "old")).toEqual(expected);
  expect(numbers(rig, "new")).toEqual(expected);
  expect(rig.archive.gaps("new", 0, Number.MAX_SAFE_INTEGER)[0]).toMatchObject({ reason: "stopped" });
});

test("a channel that takes over another one's footage uses no number of either again", async () => {
  const { rig, rename } = await renamable();
  await using _ = rig;
  rename([channel("old"), channel("own")]);
  await recordSixSeconds(rig, "old", 0);
  await recordSixSeconds(rig, "old", 3, true);
  await recordSixSeconds(rig, "own", 0);
  rename([channel("own", ["old"])]);
  await rig.archive.flushNow();
  await rig.killAndStart();
  await recordSixSeconds(rig, "own", 9);
  expect(numbers(rig, "own").at(-1)).toEqual({
    storedAs: "own",
    firstMediaSequence: 6,
    baseTicks: 1_080_000,
    discontinuitySequence: 2,
  });
});
