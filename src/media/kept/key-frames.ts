import { buildInit, parseInit } from "../fmp4/init.ts";
import { parameterSetsIn, videoParameters } from "../nal.ts";
import { convertTicksNearest } from "../ticks.ts";
import type { KeyFrame } from "../ts/key-frames.ts";
import { fragmentsIn } from "./fragments.ts";

/**
 * The key frames of an fMP4 segment, in order.
 * @throws NightjarError `unprocessable` for what is none
 */
export function fmp4KeyFrames(init: Uint8Array, segment: Uint8Array): KeyFrame[] {
  const { video } = parseInit(init);
  if (!video) return [];
  const keys: { shownTicks: number; sample: Uint8Array }[] = [];
  let firstTicks = Number.POSITIVE_INFINITY;
  let nextTicks = 0;
  for (const { moof, fragment } of fragmentsIn(init, segment).fragments) {
    for (const track of fragment.tracks.filter(({ trackId }) => trackId === video.trackId)) {
      let ticks = track.decodeTicks ?? nextTicks;
      const [range] = track.ranges;
      let at = moof.start + (range?.offsetBytes ?? 0);
      let left = range?.sizeBytes ?? 0;
      let nextRange = 1;
      for (const { sizeBytes, durationTicks, compositionOffsetTicks, isKey } of track.samples) {
        if (left < sizeBytes) {
          const another = track.ranges[nextRange++];
          at = moof.start + (another?.offsetBytes ?? 0);
          left = another?.sizeBytes ?? 0;
        }
        const shownTicks = ticks + compositionOffsetTicks;
        firstTicks = Math.min(firstTicks, shownTicks);
        if (isKey) keys.push({ shownTicks, sample: segment.subarray(at, at + sizeBytes) });
        at += sizeBytes;
        left -= sizeBytes;
        ticks += durationTicks;
      }
      nextTicks = ticks;
    }
  }
  return keys.map(({ shownTicks, sample }) => ({
    shownTicks: convertTicksNearest(shownTicks - firstTicks, video.timescale, 90_000),
    sample,
  }));
}

/**
 * An init of our own for a picture out of somebody else's: with the parameter sets of their init, or with those that come
 * with the picture.
 * @throws NightjarError `unprocessable` when there are none
 */
export function pictureInit(init: Uint8Array, sample: Uint8Array): Uint8Array {
  const parameters = parseInit(init).video?.parameters;
  if (parameters && parameters.parameterSets.length > 0) return buildInit({ video: parameters });
  const codec = parameters?.codec ?? "h264";
  return buildInit({ video: videoParameters(codec, parameterSetsIn(codec, sample)) });
}
