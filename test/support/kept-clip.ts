import { mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { FILES_EXTENSION, type Recording } from "../../src/db/index/rows.ts";
import { fmp4Facts } from "../../src/media/kept/fmp4-facts.ts";
import { readMp4File } from "../../src/media/kept/mp4-file.ts";
import type { MediaFacts } from "../../src/media/media-facts.ts";
import type { Segment } from "../../src/media/segment-list.ts";
import { tsFacts } from "../../src/media/ts/ts-facts.ts";
import type { MemoryFootage } from "./memory-footage.ts";
import { finished } from "./processes.ts";
import { tempFolder } from "./temp.ts";

export type KeptClipSpec = {
  format: "ts" | "fmp4" | "mp4";
  seconds: number;
  segmentSeconds?: number;
  /** Pictures between two key frames, at 25 a second. */
  gop?: number;
  size?: string;
  hasSound?: boolean;
  /** Where its clock begins, in seconds. */
  clockSeconds?: number;
  /** Pictures of one grey each second, of which a still tells its second: `FIRST_SHADE` and `SHADE_STEP` of each. */
  pictures?: "test" | "shades";
  bFrames?: number;
};

/** Segments as ffmpeg cuts them, and the init of fMP4. */
export type KeptClip = {
  format: KeptClipSpec["format"];
  init: Uint8Array | undefined;
  segments: Uint8Array[];
};

/** Luma of a clip of shades at its begin, and what each second adds. */
export const FIRST_SHADE = 20;
export const SHADE_STEP = 30;

/** Encodes pictures and a tone with ffmpeg, cut into segments. */
export async function keptClip({
  format,
  seconds,
  segmentSeconds = 2,
  gop = 25,
  size = "320x180",
  hasSound = true,
  clockSeconds = 0,
  pictures = "test",
  bFrames = 0,
}: KeptClipSpec): Promise<KeptClip> {
  await using folder = await tempFolder();
  const shown =
    pictures === "test"
      ? `testsrc2=s=${size}:r=25`
      : `nullsrc=s=${size}:r=25,geq=lum=${FIRST_SHADE}+${SHADE_STEP}*floor(T):cb=128:cr=128`;
  const sound = hasSound ? ["-f", "lavfi", "-i", "sine=f=440:r=48000"] : [];
  const coding = `-c:v libx264 -preset ultrafast -pix_fmt yuv420p -g ${gop} -keyint_min ${gop} -sc_threshold 0 -bf ${bFrames}`;
  const cut =
    format === "mp4"
      ? `-f segment -segment_time ${segmentSeconds} -reset_timestamps 1 -segment_format mp4`
      : `-f hls -hls_time ${segmentSeconds} -hls_list_size 0 -hls_segment_type ${format === "ts" ? "mpegts" : "fmp4"}`;
  const name = { ts: "%04d.ts", fmp4: "%04d.m4s", mp4: "%04d.mp4" }[format];
  const target =
    format === "mp4"
      ? [folder.file(name)]
      : ["-hls_segment_filename", folder.file(name), folder.file("list.m3u8")];
  const argv = ["ffmpeg", ..."-nostdin -v error -f lavfi -i".split(" "), shown, ...sound];
  const offset = clockSeconds === 0 ? [] : ["-output_ts_offset", String(clockSeconds)];
  const aac = hasSound ? ["-c:a", "aac", "-ac", "2"] : [];
  const all = [
    ...argv,
    "-t",
    String(seconds),
    ...coding.split(" "),
    ...aac,
    ...offset,
    ...cut.split(" "),
    ...target,
  ];
  const done = await finished(all, { timeoutMs: 60_000 });
  if (done.code !== 0) throw new Error(`ffmpeg made no clip: ${done.stderr}`);
  const names = (await readdir(folder.path)).filter((each) => /^\d{4}\./.test(each)).sort();
  const read = (file: string) => Bun.file(folder.file(file)).bytes();
  return {
    format,
    init: format === "fmp4" ? await read("init.mp4") : undefined,
    segments: await Promise.all(names.map(read)),
  };
}

/** What a segment says of itself. */
export async function factsOf({ format, init }: KeptClip, bytes: Uint8Array): Promise<MediaFacts> {
  if (format === "ts") return tsFacts(bytes);
  if (format === "fmp4") return fmp4Facts(init ?? new Uint8Array(), bytes);
  const read = (at: number, length: number) => Promise.resolve(bytes.subarray(at, at + length));
  return (await readMp4File(read, bytes.length)).facts;
}

export type KeptRun = {
  clip: KeptClip;
  startMs: number;
  /** Each segment is a file of its own: their names, in the folder of the date. */
  names?: readonly string[];
  /** The times at which the files begin; one after the other by default. */
  startsMs?: readonly number[];
  /** Runs with equal inits share a name. */
  init?: string;
  /** Files that came late. */
  late?: readonly number[];
};

/** Writes a clip as the archive keeps it, and adds it to the footage. */
export async function keepClip(
  footage: MemoryFootage,
  folder: string,
  { clip, startMs, names, startsMs, init = clip.format, late = [] }: KeptRun,
): Promise<Recording> {
  const facts = await Promise.all(clip.segments.map((bytes) => factsOf(clip, bytes)));
  const [first] = facts;
  if (!first) throw new Error("a clip needs at least one segment");
  const [recording] = footage.record({
    startMs,
    durations: facts.map(({ durationTicks }) => durationTicks),
    init,
    audio: first.parameters.audioCodec !== null,
  });
  const run = recording && footage.run(recording.run);
  if (!recording || !run) throw new Error("nothing recorded");
  Object.assign(run, first.parameters);
  const date = new Date(startMs).toISOString().slice(0, 10);
  const stem = `${recording.channel}/${date}/${recording.id}`;
  const path = `${stem}${names ? FILES_EXTENSION : clip.format === "ts" ? ".ts" : ".mp4"}`;
  await mkdir(dirname(join(folder, path)), { recursive: true });
  const front = !names && clip.format === "fmp4" ? first.parameters.init : new Uint8Array();
  const segments: Segment[] = [];
  let offsetBytes = 0;
  for (const [index, segment] of recording.segments.entries()) {
    const bytes = clip.segments[index] ?? new Uint8Array();
    const at = startsMs?.[index] ?? segment.startMs;
    const kept = {
      ...segment,
      startMs: at,
      offsetBytes: names ? 0 : offsetBytes,
      headerBytes: 0,
      audioBytes: 0,
    };
    const name = names?.[index];
    if (name !== undefined) await writeFile(join(folder, dirname(path), name), bytes);
    const file =
      name === undefined
        ? undefined
        : { name, mtimeMs: await mtimeOf(join(folder, dirname(path), name)), isLate: late.includes(index) };
    // What does not follow has a media time of its own.
    const mediaTicks = startsMs ? (at - startMs) * 90 : segment.mediaTicks;
    segments.push({ ...kept, mediaTicks, videoBytes: bytes.length, ...(file ? { file } : {}) });
    offsetBytes += bytes.length;
  }
  if (!names) await writeFile(join(folder, path), Buffer.concat([front, ...clip.segments]));
  segments.sort((a, b) => a.startMs - b.startMs);
  const last = segments.at(-1);
  Object.assign(recording, {
    path,
    segments,
    startMs: segments[0]?.startMs ?? startMs,
    endMs: (last?.startMs ?? startMs) + Math.round((last?.durationTicks ?? 0) / 90),
    baseOffsetBytes: front.length,
    sizeBytes: front.length + offsetBytes,
  });
  footage.folder = folder;
  return recording;
}

const mtimeOf = async (path: string): Promise<number> => Math.floor((await stat(path)).mtimeMs);
