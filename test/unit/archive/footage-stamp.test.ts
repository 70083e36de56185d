import { expect, test } from "bun:test";
import { Rig } from "./rig.ts";

const STOPPED = { reason: "stopped" as const, detail: "" };

test("the stamp of a channel's footage stays while nothing happens, and changes with all that lists show", async () => {
  await using rig = await Rig.make();
  const seen = new Set<string>();
  /** Notes the stamp, which must be one that was never seen. */
  const isNew = (): boolean => {
    const stamp = rig.archive.stamp("front");
    expect(rig.archive.stamp("front")).toBe(stamp);
    const isUnseen = !seen.has(stamp);
    seen.add(stamp);
    return isUnseen;
  };
  expect(isNew()).toBe(true);
  const camera = rig.camera();
  camera.send(3);
  await rig.stored(1);
  expect(isNew()).toBe(true);
  camera.send(2);
  await rig.stored(2);
  expect(isNew()).toBe(true);
  await rig.archive.flushNow();
  await camera.recorder.close(STOPPED);
  await rig.archive.flushNow();
  expect(isNew()).toBe(true);
  const [closed] = rig.all();
  rig.index.updateRecording(closed!.id, { state: "garbage", garbageMs: 5 });
  expect(isNew()).toBe(true);
  rig.index.deleteRecording(closed!.id);
  expect(isNew()).toBe(true);
  expect(isNew()).toBe(false);
});
