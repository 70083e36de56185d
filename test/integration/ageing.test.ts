import { beforeAll, describe, expect, test } from "bun:test";
import { readdir, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { AgedFile } from "../../src/archive/aged/aged-day.ts";
import type { ConvertConfig } from "../../src/config/convert.ts";
import { ageDay, type AgeOptions } from "../../src/conversion/age-day.ts";
import { EncoderChoice } from "../../src/conversion/encoders.ts";
import { parametersOf } from "../../src/conversion/encode-piece.ts";
import { segmentsOf } from "../../src/conversion/plan-pieces.ts";
import { SegmentReader } from "../../src/conversion/read-segment.ts";
import { parseInit, runParametersOf } from "../../src/media/fmp4/init.ts";
import { NightjarError } from "../../src/platform/errors.ts";
import { diskFiles } from "../../src/platform/files.ts";
import { type KeptClipSpec, keepClip, keptClip } from "../support/kept-clip.ts";
import { finished } from "../support/processes.ts";
import { encodeClip, recordClip, type Clip } from "../support/recorded-clip.ts";
import { DAY, fast, optionsOf, type Rig, rig } from "./ageing-support.ts";

async function aged(it: Rig, settings: Partial<ConvertConfig> = {}): Promise<AgedFile[]> {
  const result = await ageDay(it.source(), optionsOf(it, settings));
  if ("keep" in result) throw new Error(result.keep.why);
  await result.work.close();
  return result.files;
}

type Shown = { wallMs: number; endMs: number };

/** Wall times of the original's and of the film's segments. */
const wallOf = (entries: readonly { startMs: number; durationTicks: number }[]): Shown[] =>
  entries.map(({ startMs, durationTicks }) => ({ wallMs: startMs, endMs: startMs + durationTicks / 90 }));

/** Presentation times of a file's pictures by ffprobe, in 90,000ths, and whether all decodes. */
async function probe(path: string): Promise<{ shown: number[]; audioBytes: number }> {
  const decoded = await finished(
    ["ffmpeg", "-nostdin", "-v", "error", "-xerror", "-i", path, "-f", "null", "-"],
    {
      timeoutMs: 60_000,
    },
  );
  expect(decoded.stderr).toBe("");
  expect(decoded.code).toBe(0);
  const listed = await finished(
    ["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "packet=pts", "-of", "csv=p=0", path],
    { timeoutMs: 60_000 },
  );
  const sound = await finished(
    [
      "ffprobe",
      "-v",
      "error",
      "-select_streams",
      "a",
      "-show_entries",
      "packet=size",
      "-of",
      "csv=p=0",
      path,
    ],
    { timeoutMs: 60_000 },
  );
  const numbers = (text: string) =>
    text
      .split("\n")
      .filter(Boolean)
      .map((line) => Number.parseInt(line, 10));
  return {
    shown: numbers(listed.stdout).sort((a, b) => a - b),
    audioBytes: numbers(sound.stdout).reduce((sum, bytes) => sum + bytes, 0),
  };
}

/** What the original shows and sounds, by our own reader. */
async function originalOf(it: Rig): Promise<{ pictures: number; soundBytes: number }> {
  let [pictures, soundBytes] = [0, 0];
  const reader = new SegmentReader(it.footage, diskFiles(), "UTC");
  for (const [index, stored] of segmentsOf(it.source()).entries()) {
    const read = await reader.read(stored, parametersOf({ segments: [stored] }));
    pictures += read.pictures.length;
    // What is heard before the first picture of the day has no place in a film.
    const heard = read.frames.filter(({ heardTicks }) => index > 0 || heardTicks >= 0);
    soundBytes += heard.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }
  return { pictures, soundBytes };
}

async function agrees(it: Rig, files: readonly AgedFile[]): Promise<void> {
  const original = await originalOf(it);
  let [pictures, soundBytes] = [0, 0];
  for (const { path } of files) {
    const found = await probe(path);
    pictures += found.shown.length;
    soundBytes += found.audioBytes;
    expect(new Set(found.shown).size).toBe(found.shown.length);
  }
  expect(pictures).toBe(original.pictures);
  expect(soundBytes).toBeGreaterThanOrEqual(original.soundBytes);
  const before = wallOf(
    segmentsOf(it.source())
      .map(({ segment }) => segment)
      .toSorted((a, b) => a.startMs - b.startMs),
  );
  const after = wallOf(
    files
      .flatMap(({ parts }) => parts)
      .flatMap(({ entries }) => entries)
      .toSorted((a, b) => a.startMs - b.startMs),
  );
  expect(after.length).toBe(before.length);
  for (const [index, { wallMs, endMs }] of after.entries()) {
    expect(Math.abs(wallMs - (before[index]?.wallMs ?? 0))).toBeLessThan(50);
    expect(Math.abs(endMs - (before[index]?.endMs ?? 0))).toBeLessThan(50);
  }
  const named = files.flatMap(({ parts }) => parts).flatMap(({ replaces }) => replaces);
  expect(named.toSorted()).toEqual(it.footage.recordingList.map(({ id }) => id).toSorted());
}

let clip: Clip;
let hevc: Clip;
let silent: Clip;
beforeAll(() => {
  clip = encodeClip({ seconds: 6, size: "160x90" });
  hevc = encodeClip({ seconds: 4, size: "128x96", codec: "libx265" });
  silent = encodeClip({ seconds: 4, size: "160x90", hasSound: false });
}, 60_000);

const codecOf = (film: AgedFile | undefined): string =>
  runParametersOf(parseInit(film?.init ?? new Uint8Array())).video.codecString;

describe("a day becomes films", () => {
  test("of footage of our own, over a gap, with sound", async () => {
    await using it = await rig();
    await recordClip(it.footage, it.folder.path, clip, DAY, "a");
    await recordClip(it.footage, it.folder.path, clip, DAY + 60_000, "a");
    const files = await aged(it);
    expect(files).toHaveLength(1);
    await agrees(it, files);
    expect(codecOf(files[0])).toStartWith("hvc1");
    const sum = await finished(["sha512sum", files[0]?.path ?? ""], { timeoutMs: 10_000 });
    expect(sum.stdout.split(" ")[0]).toBe(files[0]?.sha512 ?? "none");
  }, 60_000);

  test("one for each kind of pictures and sound, hours apart in parts", async () => {
    await using it = await rig();
    await recordClip(it.footage, it.folder.path, clip, DAY, "a");
    await recordClip(it.footage, it.folder.path, hevc, DAY + 10_000, "b");
    await recordClip(it.footage, it.folder.path, silent, DAY + 20_000, "c");
    await recordClip(it.footage, it.folder.path, clip, DAY + 3_600_000, "a");
    const files = await aged(it, { codec: "h264" });
    expect(files.map(({ parts }) => parts.length)).toEqual([2, 1, 1]);
    await agrees(it, files);
    expect(files.map(codecOf).every((codec) => codec.startsWith("avc1"))).toBe(true);
    // The second part of a film goes on in its time, and where it was in the channel's.
    const [first, second] = files[0]?.parts ?? [];
    const end = first?.entries.at(-1);
    expect(second?.entries[0]?.mediaTicks).toBe((end?.mediaTicks ?? 0) + (end?.durationTicks ?? 0));
    const original = it.footage.recordingList.at(-1);
    expect((second?.baseTicks ?? 0) + (second?.entries[0]?.mediaTicks ?? 0)).toBe(original?.baseTicks ?? 0);
  }, 60_000);

  test("two where a clock that was set back laid footage over older footage, so that the newer stays on top", async () => {
    await using it = await rig();
    for (const startMs of [DAY, DAY + 3000, DAY + 12_000])
      await recordClip(it.footage, it.folder.path, clip, startMs, "a");
    const runs = new Set(it.footage.recordingList.map(({ run }) => run));
    expect(runs.size).toBe(3);
    const files = await aged(it);
    const [older, newer, after] = it.footage.recordingList.map(({ id }) => id);
    expect(files.map(({ parts }) => parts.flatMap(({ replaces }) => replaces))).toEqual([
      [older!],
      [newer!, after!],
    ]);
    expect(files[0]?.init).toEqual(files[1]!.init);
    await agrees(it, files);
  }, 60_000);

  test("in the middle of a run whose groups of pictures refer to the ones before them", async () => {
    await using it = await rig();
    const open = encodeClip({ seconds: 8, size: "128x96", codec: "libx265", isOpen: true });
    // The hour changes in the middle.
    await recordClip(it.footage, it.folder.path, open, DAY + 3_600_000 - 4000, "a");
    const files = await aged(it);
    expect(files[0]?.parts).toHaveLength(2);
    await agrees(it, files);
  }, 60_000);

  test("with fewer pictures and a smaller size", async () => {
    await using it = await rig();
    await recordClip(it.footage, it.folder.path, clip, DAY, "a");
    await recordClip(it.footage, it.folder.path, clip, DAY + 60_000, "a");
    const files = await aged(it, { fps: 5, height: 64 });
    const film = files[0];
    const found = await probe(film?.path ?? "");
    expect(found.shown).toHaveLength(60);
    const { video } = runParametersOf(parseInit(film?.init ?? new Uint8Array()));
    expect([video.width, video.height]).toEqual([114, 64]);
    const starts = film?.parts.flatMap(({ entries }) => entries.map(({ startMs }) => startMs - DAY));
    expect(starts).toEqual([0, 2000, 4000, 60_000, 62_000, 64_000]);
  }, 60_000);
});

describe.each(["ts", "fmp4", "mp4"] as const)("footage kept as it came: %s", (format) => {
  const specs: Partial<KeptClipSpec>[] = [{}, { bFrames: 2, hasSound: false }];
  test.each(specs)(
    "%p",
    async (spec) => {
      await using it = await rig();
      const kept = await keptClip({ format, seconds: 6, size: "160x90", ...spec });
      const names =
        format === "fmp4" ? undefined : kept.segments.map((_, n) => `video_10000${2 * n}.${format}`);
      await keepClip(it.footage, it.folder.path, { clip: kept, startMs: DAY, ...(names ? { names } : {}) });
      const files = await aged(it, { codec: "h264" });
      await agrees(it, files);
    },
    60_000,
  );
});

describe("an interrupted day", () => {
  test("goes on behind the pieces that are done, and begins anew with other settings", async () => {
    await using it = await rig();
    await recordClip(it.footage, it.folder.path, clip, DAY, "a");
    await recordClip(it.footage, it.folder.path, clip, DAY + 3_600_000, "a");
    const stop = new AbortController();
    const saved: number[] = [];
    const options = optionsOf(it);
    const stopped = ageDay(it.source(), {
      ...options,
      signal: stop.signal,
      saved: (done) => {
        saved.push(done);
        stop.abort(new Error("stopped"));
      },
    });
    expect(await stopped.then(() => "done", String)).toContain("stopped");
    const work = join(it.folder.path, ".ageing");
    // What lies behind the last piece that is written down is not trusted.
    const film = join(work, "film-0.mp4");
    await writeFile(film, Buffer.concat([await readFile(film), Buffer.alloc(1000, 7)]));
    const notes = new Set<string>();
    const result = await ageDay(it.source(), { ...options, progress: (_, note) => notes.add(note) });
    if ("keep" in result) throw new Error(result.keep.why);
    await result.work.close();
    expect(saved).toEqual([1]);
    expect([...notes].filter((note) => note.startsWith("part"))).toEqual(["part 2 of 2, by libx265"]);
    await agrees(it, result.files);
    const other = new Set<string>();
    const again = await ageDay(it.source(), {
      ...optionsOf(it, { crf: 35 }),
      progress: (_, note) => other.add(note),
    });
    await again.work.close();
    expect([...other].filter((note) => note.startsWith("part"))).toHaveLength(2);
    await again.work.remove();
    expect(await readdir(it.folder.path)).not.toContain(".ageing");
  }, 60_000);
});

describe("what goes wrong leaves the original as it is", () => {
  const failing = async (it: Rig, options: Partial<AgeOptions> = {}): Promise<NightjarError> => {
    const before = await hashesIn(it);
    try {
      const result = await ageDay(it.source(), { ...optionsOf(it), ...options });
      throw new Error("keep" in result ? result.keep.why : "it was converted");
    } catch (error) {
      if (!(error instanceof NightjarError)) throw error;
      expect(await hashesIn(it)).toEqual(before);
      return error;
    }
  };
  const hashesIn = async ({ footage, folder }: Rig) =>
    Promise.all(footage.recordingList.map(async ({ path }) => Bun.hash(await readFile(folder.file(path)))));
  const recorded = async (): Promise<Rig & AsyncDisposable> => {
    const it = await rig();
    await recordClip(it.footage, it.folder.path, clip, DAY, "a");
    return it;
  };
  /** A program that stands in for ffmpeg; it passes the try at the start. */
  const program = async (it: Rig, script: string): Promise<EncoderChoice> => {
    const path = it.folder.file("ffmpeg");
    await writeFile(path, `#!/bin/sh\ncase "$*" in *testsrc2*) exit 0;; esac\n${script}\n`, { mode: 0o755 });
    return new EncoderChoice(() => path);
  };

  test("a segment that is cut off", async () => {
    await using it = await recorded();
    const path = it.folder.file(it.footage.recordingList[0]?.path ?? "");
    await truncate(path, (await stat(path)).size - 100);
    const error = await failing(it);
    expect(error.kind).toBe("unprocessable");
    expect(error.message).toContain("2026-06-18T10:00:04");
    expect(error.message).toContain("its file ends too early");
  });

  test("an encoder that is not there", async () => {
    await using it = await recorded();
    const error = await failing(it, { encoders: new EncoderChoice(() => undefined) });
    expect(error.message).toContain("ffmpeg, which was not found");
    const settings = { ...fast, encoder: "nvenc" as const };
    expect((await failing(it, { settings })).message).toContain(
      "hevc_nvenc: this machine has no such device",
    );
    const lacking = new EncoderChoice(() => it.folder.file("old"));
    await writeFile(it.folder.file("old"), "#!/bin/sh\necho Unknown encoder >&2\nexit 1\n", { mode: 0o755 });
    expect((await failing(it, { encoders: lacking })).message).toContain("libx265: Unknown encoder");
  });

  test("an ffmpeg that crashes or hangs", async () => {
    await using it = await recorded();
    const crashing = await failing(it, { encoders: await program(it, "echo oh dear >&2; kill -SEGV $$") });
    expect(crashing.kind).toBe("unavailable");
    expect(crashing.message).toMatch(/SIGSEGV|oh dear/);
    const startMs = Date.now();
    const hanging = await failing(it, { encoders: await program(it, "exec sleep 600"), stallMs: 500 });
    expect(hanging.message).toContain("made no progress");
    expect(Date.now() - startMs).toBeLessThan(10_000);
  }, 20_000);

  test("a result that is not the original", async () => {
    await using it = await recorded();
    // Another picture, as many and as long.
    const other = `exec ffmpeg -v error -f lavfi -i color=red:s=160x90:r=25 -t 6 -c:v libx265 -preset ultrafast \\
      -x265-params log-level=error:keyint=50:min-keyint=50:scenecut=0 -video_track_timescale 90000 \\
      -movflags frag_keyframe+empty_moov+default_base_moof -f mp4 pipe:1`;
    const real = Bun.which("ffmpeg") ?? "ffmpeg";
    const script = `case "$*" in *libx265*) cat > /dev/null & head -c 13824 /dev/urandom > "$(eval echo \\"\\$\\{$#\\}\\")"; ${other.replace("exec ffmpeg", real)};; *) exec ${real} "$@";; esac`;
    const error = await failing(it, { encoders: await program(it, script) });
    expect(error.kind).toBe("unprocessable");
    expect(error.message).toMatch(/does not agree|can't be compared|not that of the original/);
  }, 20_000);

  test("a full disk", async () => {
    await using it = await recorded();
    const files = diskFiles();
    const full = {
      ...files,
      create: async (path: string) => {
        const file = await files.create(path);
        const write = () => Promise.reject(Object.assign(new Error("full"), { code: "ENOSPC" }));
        return Object.assign(Object.create(file), { write, close: () => file.close() });
      },
    };
    const error = await failing(it, { files: full });
    expect(error.kind).toBe("unavailable");
    expect(error.message).toContain("The disk is full");
  });

  test("a disk that others fill meanwhile", async () => {
    await using it = await rig();
    await recordClip(it.footage, it.folder.path, silent, DAY, "a");
    await recordClip(it.footage, it.folder.path, silent, DAY + 3_600_000, "a");
    let looked = 0;
    const room = (): Promise<void> =>
      ++looked < 2 ? Promise.resolve() : Promise.reject(new NightjarError("unavailable", "too full"));
    expect(ageDay(it.source(), { ...optionsOf(it), room })).rejects.toMatchObject({ message: "too full" });
    expect(looked).toBe(2);
    expect(await readdir(it.folder.file(".ageing"))).toContain("piece-0.json");
  }, 60_000);

  test("a result that is larger is thrown away, and the day kept", async () => {
    await using it = await recorded();
    const result = await ageDay(it.source(), optionsOf(it, { codec: "h264", crf: 0 }));
    expect("keep" in result ? result.keep.why : "").toContain("not smaller");
    await result.work.remove();
  }, 20_000);
});
