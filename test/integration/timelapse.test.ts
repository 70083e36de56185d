import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdir } from "node:fs/promises";
import type { Footage } from "../../src/archive/footage.ts";
import { parseInit, runParametersOf } from "../../src/media/fmp4/init-reader.ts";
import { buildInit } from "../../src/media/fmp4/init.ts";
import { FragmentReader } from "../../src/media/fmp4/reader.ts";
import type { CodedPicture } from "../../src/still/decode.ts";
import type { Recording } from "../../src/db/index/rows.ts";
import { makeFilm } from "../../src/timelapse/film.ts";
import { keyPictures, type FilmPicture } from "../../src/timelapse/key-pictures.ts";
import { pictureTimes, shownMs, shownOf } from "../../src/timelapse/picture-times.ts";
import { keepClip, keptClip, SHADE_STEP as KEPT_STEP } from "../support/kept-clip.ts";
import { MemoryFootage } from "../support/memory-footage.ts";
import { encodeClip, FIRST_SHADE, recordClip, SHADE_STEP, type ClipSpec } from "../support/recorded-clip.ts";
import { tempFolder, type TempFolder } from "../support/temp.ts";

/** Noon of a day in UTC. */
const NOON_MS = Date.UTC(2026, 10, 20, 12);

type Picture = { luma: number; ptsMs: number };
type Film = { codec: string; width: number; height: number; pixels: string; pictures: Picture[] };

const words = (text: string): string[] => text.split(" ");

function run(argv: readonly string[]): Buffer {
  const done = Bun.spawnSync([...argv], { timeout: 60_000 });
  if (done.exitCode !== 0) throw new Error(done.stderr.toString());
  return done.stdout;
}

/** A film as ffmpeg reads it: its form, and the mean brightness of each picture. */
function look(path: string): Film {
  const fields = "stream=codec_name,width,height,pix_fmt";
  const probe = run([...words(`ffprobe -v error -select_streams v -show_entries ${fields} -of json`), path]);
  const [stream] = (JSON.parse(probe.toString()) as { streams: Record<string, string | number>[] }).streams;
  const measured = words("-vf signalstats,metadata=print:key=lavfi.signalstats.YAVG:file=- -f null -");
  const lines = run([...words("ffmpeg -v error -i"), path, ...measured])
    .toString()
    .split("\n");
  const pictures: Picture[] = [];
  for (const line of lines) {
    const time = /pts_time:([\d.]+)/.exec(line)?.[1];
    const luma = /YAVG=([\d.]+)/.exec(line)?.[1];
    if (time !== undefined) pictures.push({ ptsMs: Number(time) * 1000, luma: Number.NaN });
    if (luma !== undefined) pictures.at(-1)!.luma = Number(luma);
  }
  return {
    codec: String(stream?.["codec_name"]),
    width: Number(stream?.["width"]),
    height: Number(stream?.["height"]),
    pixels: String(stream?.["pix_fmt"]),
    pictures,
  };
}

/** Key frames of shades of grey, one each second, of groups of pictures that refer to those before them. */
function openGroups(codec: "libx264" | "libx265"): CodedPicture[] {
  const groups = "open-gop=1:keyint=25:min-keyint=25:scenecut=0:bframes=3";
  const coding = codec === "libx264" ? `-x264-params ${groups}` : `-x265-params ${groups}:log-level=none`;
  const clip = run([
    ...words("ffmpeg -v error -f lavfi -i"),
    `nullsrc=s=160x90:r=25,geq=lum=${FIRST_SHADE}+${SHADE_STEP}*floor(T):cb=128:cr=128`,
    ...words(`-t 10 -c:v ${codec} -preset ultrafast -pix_fmt yuv420p ${coding}`),
    ...words("-video_track_timescale 90000 -movflags +delay_moov+frag_keyframe -f mp4 pipe:1"),
  ]);
  let init: Uint8Array = new Uint8Array();
  const keys: CodedPicture[] = [];
  for (const event of new FragmentReader().push(new Uint8Array(clip))) {
    if (event.kind === "init") {
      init = buildInit(runParametersOf(parseInit(event.init)));
      continue;
    }
    for (const { samples, payload } of event.tracks) {
      let at = 0;
      for (const { sizeBytes, isKey } of samples) {
        if (isKey) keys.push({ init, sample: payload.slice(at, at + sizeBytes) });
        at += sizeBytes;
      }
    }
  }
  return keys;
}

async function* once(pictures: readonly CodedPicture[]): AsyncGenerator<FilmPicture> {
  for (const picture of pictures) yield { ...picture, count: 1 };
}

let folder: TempFolder;
beforeAll(async () => void (folder = await tempFolder()));
afterAll(() => folder[Symbol.asyncDispose]());

let films = 0;
async function film(
  footage: Footage,
  {
    from,
    to,
    count,
    fps = 10,
    height = 720,
  }: { from: number; to: number; count: number; fps?: number; height?: number },
): Promise<Film & { path: string; told: number }> {
  const shown = shownOf(footage, "front-door", { startMs: from, endMs: to, zone: "UTC" });
  const path = folder.file(`.making-${++films}.mp4`);
  let told = 0;
  await makeFilm(keyPictures(footage, pictureTimes(shown, count)), {
    path,
    fps,
    maxHeightPixels: height,
    signal: new AbortController().signal,
    onPicture: (pictures) => (told += pictures),
  });
  return { ...look(path), path, told };
}

/** One run of shades of grey: the brightness of a picture says when it was taken. */
async function shades(
  footage: MemoryFootage,
  startMs: number,
  spec: Partial<ClipSpec> = {},
): Promise<Recording> {
  const clip = encodeClip({ seconds: 10, size: "160x90", pictures: "shades", hasSound: false, ...spec });
  const place = folder.file("footage");
  await mkdir(place, { recursive: true });
  return recordClip(footage, place, clip, startMs, `${spec.codec ?? "h264"}${spec.size ?? ""}`);
}

/** The second of its clip that a brightness belongs to. */
const secondOf = (luma: number): number => Math.round((luma - FIRST_SHADE) / SHADE_STEP);

describe("a film of key frames", () => {
  test("shows the key frame at or before each of its times, and has the length asked for", async () => {
    const footage = new MemoryFootage();
    await shades(footage, NOON_MS);
    const made = await film(footage, { from: NOON_MS, to: NOON_MS + 10_000, count: 10 });
    expect(made).toMatchObject({ codec: "h264", pixels: "yuv420p", width: 160, height: 90, told: 10 });
    expect(made.pictures.map(({ luma }) => secondOf(luma))).toEqual([...Array(10).keys()]);
    expect(made.pictures.map(({ ptsMs }) => Math.round(ptsMs))).toEqual(
      [...Array(10).keys()].map((n) => n * 100),
    );
  }, 30_000);

  test("repeats pictures where more are wanted than there are, also the last one", async () => {
    const footage = new MemoryFootage();
    await shades(footage, NOON_MS);
    const made = await film(footage, { from: NOON_MS, to: NOON_MS + 4000, count: 16 });
    expect(made.pictures.map(({ luma }) => secondOf(luma))).toEqual(
      [0, 1, 2, 3].flatMap((second) => [second, second, second, second]),
    );
  }, 30_000);

  test("goes over a hole and changes of size and codec, and has one size", async () => {
    const footage = new MemoryFootage();
    await shades(footage, NOON_MS);
    await shades(footage, NOON_MS + 60_000, { size: "320x180" });
    await shades(footage, NOON_MS + 70_000, { codec: "libx265" });
    const shown = shownOf(footage, "front-door", {
      startMs: NOON_MS,
      endMs: NOON_MS + 3_600_000,
      zone: "UTC",
    });
    expect(shownMs(shown)).toBe(30_000);
    const made = await film(footage, { from: NOON_MS, to: NOON_MS + 3_600_000, count: 15, height: 64 });
    expect(made).toMatchObject({ codec: "h264", width: 114, height: 64, told: 15 });
    const seconds = made.pictures.map(({ luma }) => secondOf(luma));
    const each = [1, 3, 5, 7, 9];
    expect(seconds).toEqual([...each, ...each, ...each]);
    expect(made.pictures.at(-1)?.ptsMs).toBeCloseTo(1400, 0);
    expect([...new Bun.Glob(".making-*part*").scanSync({ cwd: folder.path, dot: true })]).toEqual([]);
  }, 30_000);

  test.each(["libx264", "libx265"] as const)(
    "shows pictures that are no fresh start of their stream, in any order: %s",
    async (codec) => {
      const keys = openGroups(codec);
      expect(keys).toHaveLength(10);
      const seconds = [0, 7, 3, 9, 1, 2, 8, 4, 6, 5];
      const path = folder.file(`${codec}.mp4`);
      await makeFilm(once(seconds.map((second) => keys[second]!)), {
        path,
        fps: 10,
        maxHeightPixels: 720,
        signal: new AbortController().signal,
        onPicture: () => {},
      });
      expect(look(path).pictures.map(({ luma }) => secondOf(luma))).toEqual(seconds);
    },
    30_000,
  );

  test.each(["ts", "fmp4", "mp4"] as const)(
    "reads footage that is kept as it came: %s",
    async (format) => {
      const footage = new MemoryFootage();
      const clip = await keptClip({
        format,
        seconds: 6,
        size: "160x90",
        pictures: "shades",
        hasSound: false,
      });
      const names = [0, 1, 2].map((file) => `video_12000${file * 2}.mp4`);
      const place = folder.file(`kept-${format}`);
      await mkdir(place, { recursive: true });
      await keepClip(footage, place, { clip, startMs: NOON_MS, ...(format === "mp4" ? { names } : {}) });
      const made = await film(footage, { from: NOON_MS, to: NOON_MS + 6000, count: 6 });
      const seconds = made.pictures.map(({ luma }) => Math.round((luma - FIRST_SHADE) / KEPT_STEP));
      expect(seconds).toEqual([0, 1, 2, 3, 4, 5]);
    },
    30_000,
  );

  test("leaves out what was deleted meanwhile, and says when nothing is left", async () => {
    const footage = new MemoryFootage();
    await shades(footage, NOON_MS);
    const gone = await shades(footage, NOON_MS + 10_000);
    gone.path = "deleted.mp4";
    const made = await film(footage, { from: NOON_MS, to: NOON_MS + 20_000, count: 20 });
    expect(made.pictures.map(({ luma }) => secondOf(luma))).toEqual(
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].concat(Array<number>(10).fill(9)),
    );
    const left = film(footage, { from: NOON_MS + 10_000, to: NOON_MS + 20_000, count: 5 });
    expect(left).rejects.toMatchObject({ kind: "not-found" });
    await left.catch(() => {});
    footage.folder = undefined;
    const away = film(footage, { from: NOON_MS, to: NOON_MS + 10_000, count: 5 });
    expect(away).rejects.toMatchObject({ kind: "unavailable" });
    await away.catch(() => {});
  }, 30_000);

  test("ends with its job, and leaves nothing behind", async () => {
    const footage = new MemoryFootage();
    await shades(footage, NOON_MS);
    const shown = shownOf(footage, "front-door", { startMs: NOON_MS, endMs: NOON_MS + 10_000, zone: "UTC" });
    const stop = new AbortController();
    const path = folder.file(".making-stopped.mp4");
    const made = makeFilm(keyPictures(footage, pictureTimes(shown, 5000)), {
      path,
      fps: 25,
      maxHeightPixels: 720,
      signal: stop.signal,
      onPicture: () => stop.abort(),
    });
    expect(made).rejects.toThrow();
    await made.catch(() => {});
    expect([...new Bun.Glob(".making-stopped*").scanSync({ cwd: folder.path, dot: true })]).toEqual([]);
  }, 30_000);
});
