import { expect, test } from "bun:test";
import { boxesIn } from "../../../src/media/fmp4/boxes.ts";
import { raiseOffsetsInPlace } from "../../../src/media/fmp4/raise-offsets.ts";
import { shiftDecodeTimes } from "../../../src/media/kept/fmp4-times.ts";
import { finished } from "../../support/processes.ts";
import { tempFolder } from "../../support/temp.ts";

/** The times at which ffmpeg shows a file's pictures, in ms, in order. */
async function shownMs(file: string): Promise<number[]> {
  const entries = "-v error -select_streams v -show_entries packet=pts_time -of csv=p=0".split(" ");
  const { stdout } = await finished(["ffprobe", ...entries, file]);
  const times = stdout.split("\n").flatMap((line) => (line === "" ? [] : [Math.round(Number(line) * 1000)]));
  return times.toSorted((a, b) => a - b);
}

test("pictures that are shown out of the order of decoding are shown by ffmpeg when they are to be", async () => {
  await using folder = await tempFolder();
  const file = folder.file("film.mp4");
  const pictures = "-f lavfi -i testsrc2=s=64x48:r=10:d=2 -c:v libx264 -bf 2 -g 10";
  const form = "-movflags +frag_keyframe+empty_moov+default_base_moof+negative_cts_offsets";
  const argv = ["ffmpeg", "-v", "error", ...`${pictures} ${form}`.split(" ")];
  expect((await finished([...argv, file])).stderr).toBe("");
  const made = await Bun.file(file).bytes();
  const init = made.subarray(0, boxesIn(made).find(({ type }) => type === "moof")?.start);
  // A second later, so that decoding may begin earlier.
  const bytes = Buffer.concat([init, shiftDecodeTimes(init, made.subarray(init.length), 90_000)]);
  await Bun.write(file, bytes);
  const right = Array.from({ length: 20 }, (_, index) => 1000 + index * 100);
  // What ffmpeg takes negative offsets for.
  expect(await shownMs(file)).not.toEqual(right);
  raiseOffsetsInPlace(bytes);
  const raised = folder.file("raised.mp4");
  await Bun.write(raised, bytes);
  expect(await shownMs(raised)).toEqual(right);
  const again = new Uint8Array(bytes);
  raiseOffsetsInPlace(again);
  expect(Buffer.compare(again, bytes)).toBe(0);
});
