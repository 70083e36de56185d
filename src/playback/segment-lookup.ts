import type { Footage } from "../archive/footage.ts";
import { hasOwnFiles, type Recording } from "../db/index/rows.ts";
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

/** The same in any recording: only of those whose segments are files, the numbers do not rise. */
const foundIn = (
  recording: Recording,
  field: (segment: Segment) => number,
  value: number,
): Segment | undefined =>
  hasOwnFiles(recording)
    ? recording.segments.find((segment) => field(segment) === value)
    : found(recording.segments, field, value);

/** A segment by its recording and ordinal. */
export function segmentByOrdinal(footage: Footage, id: string, ordinal: number): StoredSegment | undefined {
  const known = footage.recording(id);
  const listed = known && foundIn(known, (each) => each.ordinal, ordinal);
  const found = listed ? { recording: known, segment: listed } : footage.replaced?.(id, ordinal);
  const run = found && footage.run(found.recording.run);
  return run && { ...found, run };
}

/** Wall time is slewed by at most 500 ppm against media time, and rounded. */
const SLEW = 0.001;
const SLACK_MS = 60_000;
const REACHES_MS = [SLACK_MS, 3_600_000, 24 * 3_600_000, MAX_INTERVAL_MS];

/** Footage that is newer than this is looked through at last, however long the gap before it was. */
const NEWEST_MS = 1_200_000;

/** The segment of a recording that begins at a media time, in 90,000ths of a second; of a film, only if that is meant. */
function segmentAt(
  footage: Footage,
  recording: Recording,
  { film }: MediaPlace,
  ticks: number,
): StoredSegment | undefined {
  const run = footage.run(recording.run);
  if (!run || (run.timeline < 0 ? -run.timeline : undefined) !== film) return undefined;
  const ticksOf = (segment: Pick<Segment, "mediaTicks">) =>
    convertTicks(recording.baseTicks + segment.mediaTicks, run.videoTimescale, 90_000);
  const outline = hasOwnFiles(recording) ? undefined : recording.outline;
  if (outline && (ticks < ticksOf(outline.first) || ticks > ticksOf(outline.last))) return undefined;
  const segment = foundIn(recording, ticksOf, ticks);
  return segment && { recording, run, segment };
}

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
  const within = (recordings: readonly Recording[]): StoredSegment | undefined => {
    for (const recording of recordings) {
      const stored = segmentAt(footage, recording, place, ticks);
      if (stored) return stored;
    }
    return undefined;
  };
  for (const reachMs of REACHES_MS) {
    const stored = within(footage.recordings(channel, earliestMs, earliestMs + 2 * SLACK_MS + reachMs));
    if (stored) return stored;
  }
  return within(footage.newest(channel, NEWEST_MS)) ?? within(footage.agedAway?.(channel) ?? []);
}
