import { expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { giveMemory } from "../../../src/platform/given-memory.ts";
import { Rig, rigParameters } from "./rig.ts";

const PICTURE_BYTES = 400;

test("the memory of pictures is freed when they are in the file, and not before", async () => {
  await using rig = await Rig.make();
  const recorder = rig.archive.openRun("front", rigParameters(false), () => undefined);
  const sent: Uint8Array[] = [];
  const copies: Uint8Array[] = [];
  /** Half a second of pictures; the key frame of each two seconds is the middle one of its fragment. */
  const send = (half: number) => {
    rig.clock.pass(500);
    const payload = crypto.getRandomValues(new Uint8Array(12 * PICTURE_BYTES));
    giveMemory(payload);
    sent.push(payload);
    copies.push(payload.slice());
    recorder.fragment({
      track: "video",
      decodeTicks: half * 12 * 3600,
      samples: Array.from({ length: 12 }, (_, i) => ({
        sizeBytes: PICTURE_BYTES,
        durationTicks: 3600,
        compositionOffsetTicks: 0,
        isKey: i === 6 && half % 4 === 0,
      })),
      payload,
      arrivalMs: rig.clock.monotonicMs(),
    });
  };
  for (let half = 0; half < 6; half += 1) send(half);
  await rig.stored(1);
  await Bun.sleep(5);
  // What lies before the first key frame is in no segment, and the second one is not stored yet.
  expect(sent.map(({ length }) => length > 0)).toEqual([true, false, false, false, true, true]);

  await recorder.close({ reason: "stopped", detail: "" });
  await rig.stored(2);
  const [recording] = rig.all();
  const file = await readFile(rig.archive.mediaPath(recording!)!);
  const stored = recording!.segments.map(({ offsetBytes, headerBytes, videoBytes }) => {
    const at = recording!.baseOffsetBytes + offsetBytes + headerBytes;
    return file.subarray(at, at + videoBytes);
  });
  const wanted = Buffer.concat(copies).subarray(6 * PICTURE_BYTES);
  expect(Buffer.concat(stored).equals(wanted)).toBe(true);
});
