import type { TrackKind } from "../media/parameters.ts";
import type { Stretch } from "./sequence.ts";

/** Bit rates of what is served, in bits a second; never 0. */
export type Bitrate = { peakBps: number; averageBps: number };

/** A segment shorter than this says nothing about the rate: the single key frame that ended a run. */
const SHORTEST_MS = 500;

/** Peak over the segments and average of the named tracks (RFC 8216 4.3.4.2), boxes included. */
export function bitrateOf(stretches: readonly Stretch[], tracks: readonly TrackKind[]): Bitrate {
  let peakBps = 1;
  let totalBits = 0;
  let totalMs = 0;
  for (const { segments, run } of stretches) {
    for (const segment of segments) {
      const videoBytes = tracks.includes("video") ? segment.videoBytes : 0;
      const audioBytes = tracks.includes("audio") ? segment.audioBytes : 0;
      const bits = (segment.headerBytes + videoBytes + audioBytes) * 8;
      const ms = Math.max(1, (segment.durationTicks * 1000) / run.videoTimescale);
      totalBits += bits;
      totalMs += ms;
      if (ms >= SHORTEST_MS) peakBps = Math.max(peakBps, Math.ceil((bits * 1000) / ms));
    }
  }
  const averageBps = totalMs > 0 ? Math.max(1, Math.ceil((totalBits * 1000) / totalMs)) : 1;
  return { peakBps: Math.max(peakBps, averageBps), averageBps };
}
