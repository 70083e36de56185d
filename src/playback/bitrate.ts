import type { RunRow } from "../db/index/rows.ts";
import type { TrackKind } from "../media/parameters.ts";
import type { Segment } from "../media/segment-list.ts";
import type { Stretch } from "./stretch.ts";

/** Bit rates of what is served, in bits a second; never 0. */
export type Bitrate = { peakBps: number; averageBps: number };

/** A segment shorter than this says nothing about the rate: the single key frame that ended a run. */
const SHORTEST_MS = 500;

/** What sound is taken for at most, in bits a second, where footage that is kept as it came does not tell its part. */
const KEPT_AUDIO_BPS = 256_000;

/** Bits of the named tracks in a segment. */
function bitsOf(segment: Segment, run: RunRow, tracks: readonly TrackKind[], ms: number): number {
  const { headerBytes, videoBytes, audioBytes } = segment;
  if (run.format !== "nightjar") {
    const bits = videoBytes * 8;
    return tracks.includes("video") ? bits : Math.min(bits, (KEPT_AUDIO_BPS * ms) / 1000);
  }
  const video = tracks.includes("video") ? videoBytes : 0;
  const audio = tracks.includes("audio") ? audioBytes : 0;
  return (headerBytes + video + audio) * 8;
}

/** Peak over the segments and average of the named tracks (RFC 8216 4.3.4.2), boxes included. */
export function bitrateOf(stretches: readonly Stretch[], tracks: readonly TrackKind[]): Bitrate {
  let peakBps = 1;
  let totalBits = 0;
  let totalMs = 0;
  for (const { segments, run } of stretches) {
    for (const segment of segments) {
      const ms = Math.max(1, (segment.durationTicks * 1000) / run.videoTimescale);
      const bits = bitsOf(segment, run, tracks, ms);
      totalBits += bits;
      totalMs += ms;
      if (ms >= SHORTEST_MS) peakBps = Math.max(peakBps, Math.ceil((bits * 1000) / ms));
    }
  }
  const averageBps = totalMs > 0 ? Math.max(1, Math.ceil((totalBits * 1000) / totalMs)) : 1;
  return { peakBps: Math.max(peakBps, averageBps), averageBps };
}
