import type { Footage } from "../archive/footage.ts";
import { fmp4KeyFrames, pictureInit } from "../media/kept/key-frames.ts";
import { isPartOfFile } from "../media/segment-list.ts";
import { convertTicksNearest } from "../media/ticks.ts";
import { tsKeyFrames } from "../media/ts/key-frames.ts";
import { notFound } from "../platform/errors.ts";
import { storedBytes } from "../playback/kept-body.ts";
import { withMediaFile } from "../playback/media-file.ts";
import { mp4FileOf } from "../playback/mp4-files.ts";
import { damagedHeader, type StoredSegment } from "../playback/stored-segment.ts";
import type { CodedPicture } from "./decode.ts";

/** A key frame of a segment, by when it is shown: 90,000ths of a second since the segment's first picture. */
type KeyFrameTime = { shownTicks: number };

/** Numbers, in its file, of the key frames of a segment that is an MP4 file or a part of one, and when they are shown. */
async function mp4Keys(
  footage: Footage,
  stored: StoredSegment,
): Promise<{ index: number; shownTicks: number }[]> {
  const { video } = await mp4FileOf(footage, stored);
  const { segment } = stored;
  const isPart = segment.file === undefined || isPartOfFile(segment);
  const startTicks = isPart ? segment.mediaTicks : 0;
  const first = isPart ? video.indexFrom(startTicks) : 0;
  const end = isPart ? video.indexFrom(startTicks + segment.durationTicks) : video.count;
  const keys: { index: number; shownTicks: number }[] = [];
  for (let index = first; index < end; index++) {
    if (!video.isKeyAt(index)) continue;
    const { decodeTicks, compositionOffsetTicks } = video.sampleAt(index);
    const ticks = convertTicksNearest(decodeTicks + compositionOffsetTicks, video.timescale, 90_000);
    keys.push({ index, shownTicks: ticks - startTicks });
  }
  return keys;
}

/** The key frames of a segment that is kept as it came, in order. Throws `not-found` or `unavailable`. */
export async function keptKeyFrames(footage: Footage, stored: StoredSegment): Promise<KeyFrameTime[]> {
  return stored.run.format === "mp4" ? mp4Keys(footage, stored) : readKeyFrames(footage, stored);
}

async function readKeyFrames(footage: Footage, stored: StoredSegment) {
  const bytes = await storedBytes(footage, stored);
  try {
    return stored.run.format === "ts" ? tsKeyFrames(bytes) : fmp4KeyFrames(stored.run.init, bytes);
  } catch (error) {
    throw damagedHeader(error);
  }
}

const gone = () => notFound("There is no key frame near that time");

/** One of them, by its number, with what a decoder needs. Throws `not-found` or `unavailable`. */
export async function keptPicture(
  footage: Footage,
  stored: StoredSegment,
  index: number,
): Promise<CodedPicture> {
  const { recording, run, segment } = stored;
  if (run.format === "mp4") {
    const key = (await mp4Keys(footage, stored))[index];
    if (!key) throw gone();
    const { offsetBytes, sizeBytes } = (await mp4FileOf(footage, stored)).video.sampleAt(key.index);
    const sample = new Uint8Array(sizeBytes);
    await withMediaFile(footage, recording, (reader) => reader.read(sample, offsetBytes), segment);
    return { init: run.init, sample };
  }
  const sample = (await readKeyFrames(footage, stored))[index]?.sample;
  if (!sample) throw gone();
  if (run.format === "ts") return { init: run.init, sample };
  try {
    return { init: pictureInit(run.init, sample), sample };
  } catch (error) {
    throw damagedHeader(error);
  }
}
