import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Recording } from "../../src/db/index/rows.ts";
import { parseInit, runParametersOf } from "../../src/media/fmp4/init-reader.ts";
import { buildInit } from "../../src/media/fmp4/init.ts";
import { FragmentReader } from "../../src/media/fmp4/reader.ts";
import { buildSegmentHeader } from "../../src/media/fmp4/segment.ts";
import type { RunParameters, Sample } from "../../src/media/parameters.ts";
import type { MemoryFootage } from "./memory-footage.ts";

type Taken = { sample: Sample; payload: Uint8Array; ticks: number };

/** A clip as samples: pictures of 90,000ths of a second, key frames each second, and sound. */
export type Clip = { parameters: RunParameters; video: Taken[]; audio: Taken[] };

export type ClipSpec = {
  seconds: number;
  size?: string;
  hasSound?: boolean;
  /** Bits of sound a second, in thousands; ffmpeg's own choice by default. */
  soundKbps?: number;
  codec?: "libx264" | "libx265";
  /** Of H.265: groups of two seconds that lean on the ones before them, with pictures reordered. */
  isOpen?: boolean;
  /** Pictures a second, with a key frame each second; 25 by default. */
  rate?: number;
  /** What its pictures show: ffmpeg's test picture, or grey that gets lighter by `SHADE_STEP` each second. */
  pictures?: "test" | "shades";
};

/** Luma of a clip of shades at its begin, and what each second adds. */
export const FIRST_SHADE = 20;
export const SHADE_STEP = 3;

/** A key frame ends a segment of two seconds when it comes this long after the one before, as it does in capture. */
const EARLY_ENOUGH_TICKS = 171_000;

const words = (text: string): string[] => text.split(" ");

/** Encodes a test picture and a tone with ffmpeg, and reads what comes out of its pipe. */
export function encodeClip({
  seconds,
  size = "320x180",
  hasSound = true,
  soundKbps,
  codec = "libx264",
  isOpen = false,
  rate = 25,
  pictures = "test",
}: ClipSpec): Clip {
  // One picture more than a multiple of four, so that the last ones before a key frame lean on it.
  const open = `keyint=${2 * rate}:min-keyint=${2 * rate}:bframes=3:b-adapt=0:scenecut=0`;
  const coding =
    codec === "libx264"
      ? ["-tune", "zerolatency", "-g", `${rate}`]
      : ["-x265-params", `${isOpen ? open : `keyint=${rate}:bframes=0`}:log-level=none`];
  const argv = [
    "ffmpeg",
    ...words("-nostdin -v error -f lavfi -i"),
    pictures === "test"
      ? `testsrc2=s=${size}:r=${rate}`
      : // An expression for each pixel is dear: for those of a small picture, which is made larger.
        `nullsrc=s=16x16:r=${rate},geq=lum=${FIRST_SHADE}+${SHADE_STEP}*T:cb=128:cr=128,scale=s=${size}:flags=neighbor,setsar=1`,
    ...(hasSound ? ["-f", "lavfi", "-i", "sine=f=440:r=48000"] : []),
    ...words(`-t ${seconds} -c:v ${codec} -preset ultrafast -pix_fmt yuv420p`),
    ...coding,
    ...(hasSound ? ["-c:a", "aac", "-ac", "2"] : []),
    ...(hasSound && soundKbps !== undefined ? ["-b:a", `${soundKbps}k`] : []),
    ...words("-video_track_timescale 90000 -movflags +delay_moov+frag_keyframe -f mp4 pipe:1"),
  ];
  const done = Bun.spawnSync(argv, { timeout: 60_000 });
  if (done.exitCode !== 0) throw new Error(done.stderr.toString());
  const clip: Partial<Clip> = { video: [], audio: [] };
  let ids: { video?: number | undefined; audio?: number | undefined; audioOffset: number } = {
    audioOffset: 0,
  };
  for (const event of new FragmentReader().push(new Uint8Array(done.stdout))) {
    if (event.kind === "init") {
      const init = parseInit(event.init);
      clip.parameters = runParametersOf(init);
      ids = {
        video: init.video?.trackId,
        audio: init.audio?.trackId,
        audioOffset: init.audio?.editOffsetTicks ?? 0,
      };
      continue;
    }
    for (const track of event.tracks) {
      const isVideo = track.trackId === ids.video;
      let ticks = track.decodeTicks + (isVideo ? 0 : ids.audioOffset);
      let at = 0;
      for (const sample of track.samples) {
        const payload = track.payload.subarray(at, at + sample.sizeBytes);
        (isVideo ? clip.video : clip.audio)?.push({ sample, payload, ticks });
        at += sample.sizeBytes;
        ticks += sample.durationTicks;
      }
    }
  }
  return clip as Clip;
}

const sizeOf = (samples: readonly Taken[]): number =>
  samples.reduce((sum, { sample }) => sum + sample.sizeBytes, 0);

/** Writes a clip as a run of segments of two seconds, and adds it to the footage. */
export async function recordClip(
  footage: MemoryFootage,
  folder: string,
  clip: Clip,
  startMs: number,
  init: string,
): Promise<Recording> {
  const { parameters, video, audio } = clip;
  const keys: number[] = [];
  for (const { sample, ticks } of video)
    if (sample.isKey && ticks - (keys.at(-1) ?? -180_000) >= EARLY_ENOUGH_TICKS) keys.push(ticks);
  const last = video.at(-1);
  const endTicks = (last?.ticks ?? 0) + (last?.sample.durationTicks ?? 0);
  const bounds = [...keys, endTicks];
  const durations = keys.map((ticks, index) => (bounds[index + 1] ?? endTicks) - ticks);
  const [recording] = footage.record({ startMs, durations, init, audio: parameters.audio !== undefined });
  const run = recording && footage.run(recording.run);
  if (!recording || !run) throw new Error("nothing recorded");
  run.init = buildInit(parameters);
  run.videoCodec = parameters.video.codecString;
  run.audioCodec = parameters.audio?.codecString ?? null;
  run.width = parameters.video.width;
  run.height = parameters.video.height;
  run.audioTimescale = parameters.audio?.timescale ?? null;
  const parts: Uint8Array[] = [run.init];
  let offsetBytes = 0;
  const audioScale = parameters.audio?.timescale ?? 1;
  const segments = recording.segments.map((segment, index) => {
    const from = bounds[index] ?? 0;
    const to = bounds[index + 1] ?? endTicks;
    const pictures = video.filter(({ ticks }) => ticks >= from && ticks < to);
    const sound = audio.filter(
      ({ ticks }) => (ticks * 90_000) / audioScale >= from && (ticks * 90_000) / audioScale < to,
    );
    const header = buildSegmentHeader({
      sequenceNumber: index + 1,
      video: { decodeTicks: from, samples: pictures.map(({ sample }) => sample) },
      ...(sound[0]
        ? { audio: { decodeTicks: sound[0].ticks, samples: sound.map(({ sample }) => sample) } }
        : {}),
    });
    parts.push(header, ...pictures.map(({ payload }) => payload), ...sound.map(({ payload }) => payload));
    const bytes = { headerBytes: header.length, videoBytes: sizeOf(pictures), audioBytes: sizeOf(sound) };
    const placed = { ...segment, offsetBytes, ...bytes };
    offsetBytes += header.length + bytes.videoBytes + bytes.audioBytes;
    return placed;
  });
  Object.assign(recording, { segments, baseOffsetBytes: run.init.length });
  await writeFile(join(folder, recording.path), Buffer.concat(parts));
  footage.folder = folder;
  return recording;
}
