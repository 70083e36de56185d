import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Recording, RunRow } from "../../src/db/index/rows.ts";
import { waitForRecording } from "./channels.ts";
import { fillIndex } from "./long-archive.ts";
import { MemoryFootage } from "./memory-footage.ts";
import { Nightjar } from "./nightjar.ts";
import { encodeClip, recordClip, type ClipSpec } from "./recorded-clip.ts";
import { tempFolder } from "./temp.ts";

export type LongRecording = {
  channel: string;
  /** The clip as it was recorded once; its bytes are those of every recording. */
  recording: Recording;
  run: RunRow;
  /** The file that all recordings name. */
  mediaPath: string;
  startMs: number;
  endMs: number;
};

/**
 * Makes an archive in a Nightjar's folder in which one channel was recorded for hours, one recording after the other
 * without gaps: all of them lie in one file of a few seconds. The last one ended an hour ago.
 */
export async function makeLongRecording(
  folder: string,
  clip: ClipSpec,
  copies: number,
): Promise<LongRecording> {
  const channel = "yard";
  {
    await using server = await Nightjar.start({
      folder,
      config: { channels: { [channel]: { source: "demo:" } } },
    });
    await waitForRecording(server, [channel], { withFootage: true });
    await server.stop();
  }
  await using made = await tempFolder();
  const footage = new MemoryFootage(channel);
  const recording = await recordClip(footage, made.path, encodeClip(clip), 0, "a");
  const run = footage.run(recording.run);
  if (!run) throw new Error("the clip has no run");
  const storage = join(folder, "data", "archive");
  const path = `${channel}/long.mp4`;
  await mkdir(join(storage, channel), { recursive: true });
  await copyFile(made.file(recording.path), join(storage, path));
  const { init, videoCodec, audioCodec, width, height, videoTimescale, audioTimescale } = run;
  const endMs = Math.floor(Date.now() / 1000) * 1000 - 3_600_000;
  fillIndex(join(folder, "data", "index.db"), {
    channels: [channel],
    recordings: copies,
    endMs,
    segmentsAt: (startMs) =>
      recording.segments.map((segment) => ({ ...segment, startMs: segment.startMs + startMs })),
    path,
    baseOffsetBytes: recording.baseOffsetBytes,
    run: { init, videoCodec, audioCodec, width, height, videoTimescale, audioTimescale },
  });
  const startMs = endMs - copies * clip.seconds * 1000;
  return { channel, recording, run, mediaPath: join(storage, path), startMs, endMs };
}

/** Configuration under which nothing is added to it. */
export const longRecordingConfig = (channel: string) => ({
  timezone: "UTC",
  channels: { [channel]: { source: "demo:", enabled: false } },
});
