import { ageDay } from "../../src/conversion/age-day.ts";
import { EncoderChoice } from "../../src/conversion/encoders.ts";
import type { ConvertConfig } from "../../src/config/convert.ts";
import { segmentBytes } from "../../src/media/segment-list.ts";
import { diskFiles } from "../../src/platform/files.ts";
import { MemoryFootage } from "../support/memory-footage.ts";
import { finished } from "../support/processes.ts";
import { encodeClip, recordClip } from "../support/recorded-clip.ts";
import { tempFolder } from "../support/temp.ts";
import { median, type Row } from "./table.ts";

const SECONDS = Number(process.env["BENCH_AGEING_SECONDS"] ?? 20);
const ROUNDS = 3;
const LIMIT_MS = 600_000;

const settings: ConvertConfig = {
  afterMs: 0,
  codec: "h265",
  crf: 28,
  preset: "medium",
  encoder: "software",
};

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** At the priority that the job has, so that whatever else runs slows both alike. */
async function run(argv: readonly string[]): Promise<void> {
  const { code, stderr } = await finished(["nice", "-n", "19", ...argv], { timeoutMs: LIMIT_MS });
  if (code !== 0) throw new Error(stderr);
}

/** Making footage smaller, verified, against the same encoder by ffmpeg alone, which verifies nothing. */
export async function benchAgeing(): Promise<Row[]> {
  await using folder = await tempFolder();
  const footage = new MemoryFootage("cam");
  const clip = encodeClip({ seconds: SECONDS, size: "1280x720" });
  await recordClip(footage, folder.path, clip, Date.UTC(2026, 5, 18, 10), "a");
  footage.folder = folder.path;
  const [recording] = footage.recordingList;
  if (!recording) throw new Error("nothing was recorded");
  const sizeBytes = recording.segments.reduce((sum, segment) => sum + segmentBytes(segment), 0);
  const input = folder.file(recording.path);
  const source = {
    channel: "cam",
    root: "root",
    date: "2026-06-18",
    folder: folder.path,
    zone: "UTC",
    recordings: [
      {
        ...recording,
        segments: recording.segments,
        sizeBytes: 10 * sizeBytes,
      },
    ],
    runs: footage.runs,
    leftOutIds: [],
  };
  const bare = [
    "ffmpeg",
    "-nostdin",
    "-v",
    "error",
    "-y",
    "-i",
    input,
    "-map",
    "0",
    "-c:a",
    "copy",
    "-c:v",
    "libx265",
    "-preset",
    settings.preset,
    "-crf",
    `${settings.crf}`,
    "-g",
    "63",
    "-forced-idr",
    "1",
    "-force_key_frames",
    "expr:gte(t,n_forced*2)",
    "-x265-params",
    "log-level=error:open-gop=0:min-keyint=1:info=0",
    "-tag:v",
    "hvc1",
    folder.file("bare.mp4"),
  ];
  const encoders = new EncoderChoice();
  const ours: number[] = [];
  const theirs: number[] = [];
  const decoding: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    theirs.push(await timed(() => run(bare)));
    const started = performance.now();
    const result = await ageDay(source, {
      footage,
      files: diskFiles(),
      encoders,
      settings,
      signal: new AbortController().signal,
      pause: () => Promise.resolve(),
      progress: () => undefined,
    });
    ours.push(performance.now() - started);
    if ("keep" in result) throw new Error(result.keep.why);
    await result.work.close();
    const path = result.files[0]?.path ?? "";
    const decode = ["ffmpeg", "-nostdin", "-v", "error", "-threads", "1", "-i", path, "-f", "null", "-"];
    decoding.push(await timed(() => run(decode)));
    await result.work.remove();
  }
  const seconds = (values: readonly number[]): string => `${(median(values) / 1000).toFixed(1)} s`;
  return [
    {
      what: `${SECONDS} s of 720p to H.265, each picture decoded again and compared`,
      ours: seconds(ours),
      against: "ffmpeg with the same encoder settings and priority, unverified",
      peer: seconds(theirs),
      ratio: median(ours) / median(theirs),
    },
    {
      what: "of it, decoding the result alone, on one thread",
      ours: seconds(decoding),
      against: "the same encoding",
      peer: seconds(theirs),
      ratio: median(decoding) / median(theirs),
    },
  ];
}
