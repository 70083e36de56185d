import {
  hasOwnFiles,
  type CounterRow,
  type GapRow,
  type RecordingRow,
  type RunRow,
} from "../../db/index/rows.ts";
import { VIDEO_TIMESCALE } from "../../media/parameters.ts";
import { segmentBytes, type Segment } from "../../media/segment-list.ts";
import { ticksToMs } from "../../media/ticks.ts";
import { journalGaps, journalRun, journalSegments, type Journal } from "./journal.ts";

/** Everything that the index knows of a recording, as its journal tells it. */
export type RecordingRows = {
  run: RunRow;
  recording: RecordingRow;
  segments: Segment[];
  gaps: GapRow[];
};

/** The end of a segment's pictures, ms UTC. */
const endMsOf = (segment: Segment, timescale: number): number =>
  segment.startMs + ticksToMs(segment.durationTicks, timescale);

/** Bytes of its media file, or of all its segments' own. */
const sizeOf = (place: { path: string }, baseOffsetBytes: number, segments: readonly Segment[]): number => {
  if (hasOwnFiles(place)) return segments.reduce((sum, segment) => sum + segmentBytes(segment), 0);
  const last = segments.at(-1);
  return last ? baseOffsetBytes + last.offsetBytes + segmentBytes(last) : 0;
};

/**
 * The rows of a recording that lies at `path` below a root. A journal without its end gives an open recording,
 * which recovery closes. Segments that don't lie in the `mediaBytes` of the file are left out.
 */
export function rowsOfJournal(
  journal: Journal,
  place: { root: string; path: string; mediaBytes: number },
): RecordingRows {
  const { head } = journal;
  const run = journalRun(journal);
  const all = journalSegments(journal).filter(
    (segment) =>
      hasOwnFiles(place) ||
      head.baseOffsetBytes + segment.offsetBytes + segmentBytes(segment) <= place.mediaBytes,
  );
  const isOpen = !journal.isComplete;
  const segments = isOpen ? [] : all;
  const [first, last] = [all[0], all.at(-1)];
  const startMs = first?.startMs ?? run.startMs;
  const endMs = last && !isOpen ? endMsOf(last, run.videoTimescale) : startMs;
  const gaps: GapRow[] = journalGaps(journal).map((gap) => ({
    ...gap,
    channel: head.channel,
    recording: head.recording,
  }));
  return {
    run: {
      ...run,
      channel: head.channel,
      endMs: journal.end ? endMs : null,
      endReason: journal.end?.reason ?? null,
      endDetail: journal.end?.detail ?? null,
    },
    recording: {
      id: head.recording,
      channel: head.channel,
      root: place.root,
      path: place.path,
      run: run.id,
      baseOffsetBytes: head.baseOffsetBytes,
      startMs,
      endMs,
      firstMediaSequence: head.firstMediaSequence,
      discontinuitySequence: head.discontinuitySequence,
      baseTicks: head.baseTicks.video,
      zone: head.zone,
      sizeBytes: last && !isOpen ? sizeOf(place, head.baseOffsetBytes, segments) : 0,
      segmentCount: segments.length,
      state: isOpen ? "open" : "closed",
      garbageMs: null,
      // Playlists that were made before it was re-dated must not pass for those of now.
      version: isOpen ? 0 : journal.redatedMs === undefined ? 1 : 2,
    },
    segments,
    gaps,
  };
}

const ticksAt = (ticks: number, timescale: number): number =>
  Math.round((ticks * VIDEO_TIMESCALE) / timescale);

/** What a channel's counters are at least, after this recording. */
export function counterAfter({ run, recording, segments }: RecordingRows): CounterRow {
  const last = segments.at(-1);
  return {
    channel: recording.channel,
    nextMediaSequence: recording.firstMediaSequence + (last ? last.ordinal + 1 : 0),
    discontinuitySequence: recording.discontinuitySequence,
    timeline: run.timeline,
    nextTicks: ticksAt(
      recording.baseTicks + (last ? last.mediaTicks + last.durationTicks : 0),
      run.videoTimescale,
    ),
    newestEndMs: recording.endMs,
  };
}

/**
 * The higher of both: counters only rise. The newest footage is what was stored last, not what is dated last: a
 * clock that was ahead and has been set right leaves footage in the future.
 */
export function higherCounter(a: CounterRow | undefined, b: CounterRow): CounterRow {
  if (a === undefined) return b;
  const isSame = a.nextMediaSequence === b.nextMediaSequence;
  const later = a.nextMediaSequence > b.nextMediaSequence ? a : b;
  return {
    channel: b.channel,
    nextMediaSequence: later.nextMediaSequence,
    discontinuitySequence: Math.max(a.discontinuitySequence, b.discontinuitySequence),
    timeline: Math.max(a.timeline, b.timeline),
    nextTicks: Math.max(a.nextTicks, b.nextTicks),
    newestEndMs: isSame ? Math.max(a.newestEndMs, b.newestEndMs) : later.newestEndMs,
  };
}
