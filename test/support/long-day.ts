import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { RunRow } from "../../src/db/index/rows.ts";
import { rebaseHeaderInPlace } from "../../src/media/fmp4/segment.ts";
import { segmentBytes, type Segment } from "../../src/media/segment-list.ts";
import { fillIndex } from "./long-archive.ts";
import { MemoryFootage } from "./memory-footage.ts";
import { encodeClip, recordClip } from "./recorded-clip.ts";
import { tempFolder } from "./temp.ts";

const CLIP_SECONDS = 20;
const CLIPS_AN_HOUR = 3600 / CLIP_SECONDS;
const TICKS_PER_SECOND = 90_000;

/** Writes a media file of an hour, a small clip again and again; returns its segments as of time 0, and its run. */
async function writeHour(
  path: string,
): Promise<{ segments: Segment[]; baseOffsetBytes: number; run: RunRow }> {
  await using made = await tempFolder();
  const footage = new MemoryFootage("clip");
  const recording = await recordClip(
    footage,
    made.path,
    encodeClip({ seconds: CLIP_SECONDS, size: "160x90" }),
    0,
    "a",
  );
  const run = footage.run(recording.run)!;
  const clip = await Bun.file(made.file(recording.path)).bytes();
  const { baseOffsetBytes } = recording;
  const parts = [clip.subarray(0, baseOffsetBytes)];
  const segments: Segment[] = [];
  let offsetBytes = 0;
  for (let round = 0; round < CLIPS_AN_HOUR; round++) {
    const seconds = round * CLIP_SECONDS;
    const bases = { videoTicks: seconds * TICKS_PER_SECOND, audioTicks: seconds * (run.audioTimescale ?? 0) };
    for (const segment of recording.segments) {
      const from = baseOffsetBytes + segment.offsetBytes;
      const header = clip.slice(from, from + segment.headerBytes);
      rebaseHeaderInPlace(header, bases);
      parts.push(header, clip.subarray(from + segment.headerBytes, from + segmentBytes(segment)));
      segments.push({
        ...segment,
        ordinal: segments.length,
        startMs: segment.startMs + seconds * 1000,
        mediaTicks: segment.mediaTicks + bases.videoTicks,
        offsetBytes,
      });
      offsetBytes += segmentBytes(segment);
    }
  }
  await mkdir(dirname(path), { recursive: true });
  await Bun.write(path, new Blob(parts.map((part) => new Uint8Array(part))));
  return { segments, baseOffsetBytes, run };
}

/**
 * Gives channels of a Nightjar's folder, of which the first was recorded once, 25 hours of footage that can be played,
 * segments of 2 s up to `endMs` (ms UTC): hours of one file.
 */
export async function fillDay(folder: string, channels: readonly string[], endMs: number): Promise<void> {
  const path = "long/hour.mp4";
  const { segments, baseOffsetBytes, run } = await writeHour(join(folder, "data/archive", path));
  const { init, videoCodec, audioCodec, width, height, frameRate, videoTimescale, audioTimescale } = run;
  fillIndex(join(folder, "data/index.db"), {
    channels,
    recordings: 25,
    endMs,
    segmentsAt: (startMs) => segments.map((segment) => ({ ...segment, startMs: segment.startMs + startMs })),
    path,
    baseOffsetBytes,
    run: { init, videoCodec, audioCodec, width, height, frameRate, videoTimescale, audioTimescale },
  });
}

/** A zone in whose day so many full hours have gone by, with the minutes of now; from 0 to 23. */
export function zoneInHour(hour: number): string {
  const ahead = hour - new Date().getUTCHours();
  const offset = ahead > 12 ? ahead - 24 : ahead < -12 ? ahead + 24 : ahead;
  if (offset === 0) return "UTC";
  // Names of this kind say how far UTC is ahead, not the zone.
  return offset > 0 ? `Etc/GMT-${offset}` : `Etc/GMT+${-offset}`;
}
