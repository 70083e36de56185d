import { describe, expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { ageDay } from "../../src/conversion/age-day.ts";
import { keepClip, keptClip } from "../support/kept-clip.ts";
import { DAY, optionsOf, rig } from "./ageing-support.ts";

/** A file whose pictures are turned by a quarter, as cameras that are held upright write them. */
function turned(bytes: Uint8Array): Uint8Array {
  const copy = Buffer.from(bytes);
  // Behind type, version and flags, times and numbers of the first `tkhd`, which is that of the pictures.
  const matrix = copy.indexOf("tkhd") + 4 + 4 + 20 + 16;
  for (const [index, value] of [0, 0x10000, 0, 0xffff0000, 0].entries())
    copy.writeUInt32BE(value, matrix + 4 * index);
  return new Uint8Array(copy);
}

/** A file with sound of another kind. */
function withOtherSound(bytes: Uint8Array): Uint8Array {
  const copy = Buffer.from(bytes);
  copy.write("ulaw", copy.indexOf("mp4a"), "latin1");
  return new Uint8Array(copy);
}

describe("what a film can't hold keeps a day as it is", () => {
  test("sound in two languages", async () => {
    await using it = await rig();
    const kept = await keptClip({ format: "ts", seconds: 4, size: "160x90" });
    const path = it.folder.file("two.ts");
    const segments: Uint8Array[] = [];
    for (const bytes of kept.segments) {
      await writeFile(path, bytes);
      const argv = ["ffmpeg", "-nostdin", "-v", "error", "-copyts", "-i", path, "-map", "0:v", "-map", "0:a"];
      const done = Bun.spawnSync([...argv, ..."-map 0:a -c copy -f mpegts pipe:1".split(" ")]);
      segments.push(new Uint8Array(done.stdout));
    }
    const names = segments.map((_, n) => `video_10000${2 * n}.ts`);
    await keepClip(it.footage, it.folder.path, { clip: { ...kept, segments }, startMs: DAY, names });
    const result = await ageDay(it.source(), optionsOf(it, { codec: "h264", crf: 40 }));
    await result.work.close();
    expect("keep" in result && result.keep.why).toBe("it has 2 tracks of sound; a smaller film holds one");
  }, 60_000);

  test.each([
    ["turned pictures of files", "mp4", turned, "shown turned"],
    ["turned pictures of a stream", "fmp4", turned, "shown turned"],
    ["sound of files that is not AAC", "mp4", withOtherSound, "has sound of kind ulaw"],
  ] as const)(
    "%s",
    async (_, format, change, why) => {
      await using it = await rig();
      const kept = await keptClip({ format, seconds: 4, size: "160x90" });
      const changed = {
        ...kept,
        init: kept.init && change(kept.init),
        segments: kept.init ? kept.segments : kept.segments.map((bytes) => change(bytes)),
      };
      const names = format === "mp4" ? kept.segments.map((__, n) => `video_10000${2 * n}.mp4`) : undefined;
      await keepClip(it.footage, it.folder.path, {
        clip: changed,
        startMs: DAY,
        ...(names ? { names } : {}),
      });
      const result = await ageDay(it.source(), optionsOf(it, { codec: "h264", crf: 40 }));
      await result.work.close();
      expect("keep" in result && result.keep.why).toContain(why);
    },
    60_000,
  );
});
