import type { AgeingSource } from "../../src/archive/aged/aged-day.ts";
import type { ConvertConfig } from "../../src/config/convert.ts";
import type { AgeOptions } from "../../src/conversion/age-day.ts";
import { EncoderChoice } from "../../src/conversion/encoders.ts";
import { segmentBytes } from "../../src/media/segment-list.ts";
import { diskFiles } from "../../src/platform/files.ts";
import { MemoryFootage } from "../support/memory-footage.ts";
import { type TempFolder, tempFolder } from "../support/temp.ts";

export const DAY = Date.UTC(2026, 5, 18, 10, 0, 0);
export const fast: ConvertConfig = {
  afterMs: 0,
  codec: "h265",
  crf: 30,
  preset: "ultrafast",
  encoder: "software",
};

export type Rig = { footage: MemoryFootage; folder: TempFolder; source: () => AgeingSource };

/** A day's folder and footage in memory whose files lie in it. */
export async function rig(): Promise<Rig & AsyncDisposable> {
  const folder = await tempFolder();
  const footage = new MemoryFootage("front-door", "UTC");
  footage.folder = folder.path;
  return {
    footage,
    folder,
    source: () => ({
      channel: "front-door",
      root: "root",
      date: "2026-06-18",
      folder: folder.path,
      zone: "UTC",
      recordings: footage.recordingList.map((recording) => ({
        ...recording,
        segments: recording.segments,
        sizeBytes: recording.segments.reduce((sum, segment) => sum + segmentBytes(segment), 0),
      })),
      runs: footage.runs,
      leftOutIds: [],
    }),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

const encoders = new EncoderChoice();

export const optionsOf = ({ footage }: Rig, settings: Partial<ConvertConfig> = {}): AgeOptions => ({
  footage,
  files: diskFiles(),
  encoders,
  settings: { ...fast, ...settings },
  signal: new AbortController().signal,
  pause: () => Promise.resolve(),
  progress: () => undefined,
});
