import { expect, test } from "bun:test";
import { adtsFrames } from "../../../src/media/ts/adts.ts";
import { tsSamples } from "../../../src/media/ts/stream-samples.ts";
import { finished } from "../../support/processes.ts";
import { tempFolder } from "../../support/temp.ts";

const words = (text: string): string[] => text.split(" ");

test("pictures and sound of MPEG-TS, as many, as large and at the times that ffprobe says", async () => {
  await using folder = await tempFolder();
  const file = folder.file("clip.ts");
  const made = await finished([
    ...words(
      "ffmpeg -nostdin -v error -f lavfi -i testsrc2=s=160x90:r=25 -f lavfi -i sine=f=440:r=48000 -t 3",
    ),
    ...words("-c:v libx264 -preset ultrafast -bf 2 -g 25 -c:a aac -ac 2 -muxdelay 0.2 -f mpegts"),
    file,
  ]);
  expect(made.stderr).toBe("");
  const { pictures, frames, soundKind } = tsSamples(await Bun.file(file).bytes());
  const probed = async (track: string): Promise<{ pts: number; size: number }[]> => {
    const { stdout } = await finished([
      ...words(`ffprobe -v error -select_streams ${track} -show_entries packet=pts,size -of csv=p=0`),
      file,
    ]);
    return stdout
      .split("\n")
      .filter(Boolean)
      .map((line) => {
        const [pts = 0, size = 0] = line.split(",").map(Number);
        return { pts, size };
      });
  };
  const video = await probed("v");
  const first = Math.min(...video.map(({ pts }) => pts));
  expect(soundKind).toBe("adts");
  expect(pictures.map(({ shownTicks }) => shownTicks)).toEqual(video.map(({ pts }) => pts - first));
  expect(pictures.filter(({ isKey }) => isKey)).toHaveLength(3);
  const audio = await probed("a");
  expect(frames).toHaveLength(audio.length);
  // ffprobe counts the header of seven bytes.
  expect(frames.map(({ bytes }) => bytes.length + 7)).toEqual(audio.map(({ size }) => size));
  for (const [index, { heardTicks }] of frames.entries())
    expect(Math.abs(heardTicks - ((audio[index]?.pts ?? 0) - first))).toBeLessThan(2);
});

test("what is no MPEG-TS has nothing", () => {
  expect(tsSamples(new Uint8Array(5000))).toEqual({
    pictures: [],
    frames: [],
    soundKind: undefined,
    soundCount: 0,
  });
});

test("ADTS that is cut anywhere, and junk between", () => {
  const frame = (payload: readonly number[]): number[] => {
    const length = payload.length + 7;
    return [
      0xff,
      0xf1,
      0x4c,
      0x80 | (length >> 11),
      (length >> 3) & 0xff,
      ((length & 7) << 5) | 0x1f,
      0xfc,
      ...payload,
    ];
  };
  const bytes = Uint8Array.from([
    1,
    2,
    ...frame([9, 8, 7]),
    0xff,
    3,
    ...frame([6]),
    ...frame([5, 4]).slice(0, 8),
  ]);
  const { frames, rest } = adtsFrames(bytes);
  expect(frames.map(({ payload }) => [...payload])).toEqual([[9, 8, 7], [6]]);
  expect(frames.map(({ durationTicks }) => durationTicks)).toEqual([1920, 1920]);
  expect([...rest]).toEqual(frame([5, 4]).slice(0, 8));
});
