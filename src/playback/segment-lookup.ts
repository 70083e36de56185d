import type { Footage } from "../archive/footage.ts";
import type { Segment } from "../media/segment-list.ts";
import { convertTicks } from "../media/ticks.ts";
import type { MediaPlace } from "./addresses.ts";
import type { StoredSegment } from "./segment-body.ts";
import { MAX_INTERVAL_MS } from "./time-parameters.ts";

/** The segment whose field has exactly the value; segments are in order of it. */
function found(
  segments: readonly Segment[],
  field: (segment: Segment) => number,
  value: number,
): Segment | undefined {
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const segment = segments[middle];
    if (segment && field(segment) < value) low = middle + 1;
    else high = middle;
  }
  const segment = segments[low];
  return segment && field(segment) === value ? segment : undefined;
}

/** A segment by its recording and ordinal. */
export function segmentByOrdinal(footage: Footage, id: string, ordinal: number): StoredSegment | undefined {
  const recording = footage.recording(id);
  const run = recording && footage.run(recording.run);
  const segment = recording && found(recording.segments, (each) => each.ordinal, ordinal);
  return run && segment && { recording, run, segment };
}

/** Wall time is slewed by at most 500 ppm against media time, and rounded. */
const SLEW = 0.001;
const SLACK_MS = 60_000;
const REACHES_MS = [SLACK_MS, 3_600_000, 24 * 3_600_000, MAX_INTERVAL_MS];

/**
 * A segment of a channel by its media time in 90,000ths of a second, which is looked for from a place at or
 * before it. Gaps add to wall time, never to media time, so it lies where media time alone would put it, or later.
 */
export function segmentByTicks(
  footage: Footage,
  channel: string,
  place: MediaPlace,
  ticks: number,
): StoredSegment | undefined {
  const elapsedMs = (ticks - place.startTicks) / 90;
  if (elapsedMs < 0 || elapsedMs > MAX_INTERVAL_MS) return undefined;
  const earliestMs = place.startMs + elapsedMs * (1 - SLEW) - SLACK_MS;
  for (const reachMs of REACHES_MS) {
    for (const recording of footage.recordings(channel, earliestMs, earliestMs + 2 * SLACK_MS + reachMs)) {
      const run = footage.run(recording.run);
      if (!run) continue;
      const ticksOf = (segment: Segment) =>
        convertTicks(recording.baseTicks + segment.mediaTicks, run.videoTimescale, 90_000);
      const segment = found(recording.segments, ticksOf, ticks);
      if (segment) return { recording, run, segment };
    }
  }
  return undefined;
}
