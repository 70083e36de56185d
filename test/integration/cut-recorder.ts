import { makeClip } from "../rtsp/clip.ts";
import { OddServer } from "../rtsp/odd-server.ts";
import { camera, clipIndices, pictures, runSource } from "./capture-support.ts";

/** What was recorded of a camera whose connection was cut in the middle of a picture. */
export type CutRecording = {
  reason: string;
  /** Of each picture recorded, its index in the clip; -1 for one that the clip does not have. */
  indices: number[];
  /** Indices of the pictures that were sent whole. */
  sent: number[];
};

/** Records such a camera and prints a `CutRecording`: a program of its own, so that its ffmpeg can be another one. */
async function main(): Promise<void> {
  const clip = await makeClip();
  await using server = await OddServer.start(clip, { cutInPictureAfterMs: 1500 });
  const { sink, end } = await runSource(camera(server.url()), pictures(500));
  const told: CutRecording = {
    reason: end.reason,
    indices: clipIndices(clip, sink.video),
    sent: server.counts.sent,
  };
  process.stdout.write(JSON.stringify(told));
}

if (import.meta.main) await main();
