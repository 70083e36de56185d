import type { Sample } from "../../media/parameters.ts";

/** Samples of one track that follow each other, and their bytes in as few pieces as they came in. */
export type TrackPart = {
  /** Decode time of the first sample in ticks of the track's timescale, since the run's first picture. */
  startTicks: number;
  samples: Sample[];
  payload: Uint8Array[];
  sizeBytes: number;
};

/** A segment as the segmenter makes it: times since the run's first picture, not yet in any file. */
export type RunSegment = {
  video: TrackPart;
  /** Absent when no frame begins in it. */
  audio?: TrackPart;
  /** Length of its pictures in ticks of the video's timescale. */
  durationTicks: number;
  /** Bytes of pictures that are not key frames. */
  activityBytes: number;
};

export type TimedSample = {
  /** Decode time in ticks since the run's first picture. */
  startTicks: number;
  /** As the source says; what is stored is computed from decode times. */
  ownDurationTicks: number;
  compositionOffsetTicks: number;
  isKey: boolean;
  bytes: Uint8Array;
};

/**
 * Joins samples to a part. Each lasts until the next one begins; the last one until `endTicks`.
 * Neighbours in one buffer become one piece of payload.
 */
export function trackPart(samples: readonly TimedSample[], endTicks: number): TrackPart {
  const payload: Uint8Array[] = [];
  let sizeBytes = 0;
  for (const { bytes } of samples) {
    sizeBytes += bytes.length;
    const last = payload.at(-1);
    if (last && last.buffer === bytes.buffer && last.byteOffset + last.length === bytes.byteOffset)
      payload[payload.length - 1] = new Uint8Array(last.buffer, last.byteOffset, last.length + bytes.length);
    else if (bytes.length > 0) payload.push(bytes);
  }
  return {
    startTicks: samples[0]!.startTicks,
    samples: samples.map((sample, i) => ({
      sizeBytes: sample.bytes.length,
      durationTicks: (samples[i + 1]?.startTicks ?? endTicks) - sample.startTicks,
      compositionOffsetTicks: sample.compositionOffsetTicks,
      isKey: sample.isKey,
    })),
    payload,
    sizeBytes,
  };
}
