import {
  hasOwnFiles,
  isAged,
  type CounterRow,
  type GapRow,
  type RecordingRow,
  type RunRow,
} from "../../db/index/rows.ts";
import { VIDEO_TIMESCALE } from "../../media/parameters.ts";
import { segmentBytes, type Segment } from "../../media/segment-list.ts";
import { ticksToMs } from "../../media/ticks.ts";
import { journalGaps, journalRun, journalSegments, type Journal, type JournalHead } from "./journal.ts";

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

/** The end of the last picture, ms UTC. Files may overlap: then it need not be the last segment's. */
function lastEndMs(place: { path: string }, segments: readonly Segment[], timescale: number): number {
  const counted = hasOwnFiles(place) ? segments : segments.slice(-1);
  return counted.reduce((most, segment) => Math.max(most, endMsOf(segment, timescale)), -Infinity);
}

/** Bytes of its media file, or of all its segments' own; of a film's, its share: the first one has the init as well. */
const sizeOf = (place: { path: string }, head: JournalHead, segments: readonly Segment[]): number => {
  const ownBytes = segments.reduce((sum, segment) => sum + segmentBytes(segment), 0);
  if (hasOwnFiles(place)) return ownBytes;
  const { baseOffsetBytes, run } = head;
  if (isAged(place)) return ownBytes + (baseOffsetBytes === run.init.length ? baseOffsetBytes : 0);
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
  // A journal of files is put in its place whole: one without its end is damaged, not unfinished.
  const isOpen = !journal.isComplete && !hasOwnFiles(place);
  const segments = isOpen ? [] : all;
  const [first, last] = [all[0], all.at(-1)];
  const startMs = first?.startMs ?? run.startMs;
  const endMs = last && !isOpen ? lastEndMs(place, segments, run.videoTimescale) : startMs;
  const gaps: GapRow[] = journalGaps(journal).map((gap) => ({
    ...gap,
    channel: head.channel,
    recording: head.recording,
  }));
  return {
    run: {
      ...run,
      channel: head.channel,
      // Nobody records where segments are files, so nobody ends such a run either; nor that of a film.
      endMs: journal.end || hasOwnFiles(place) || isAged(place) ? endMs : null,
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
      sizeBytes: last && !isOpen ? sizeOf(place, head, segments) : 0,
      segmentCount: segments.length,
      state: isOpen ? "open" : "closed",
      garbageMs: null,
      // Playlists that were made before it was re-dated must not pass for those of now.
      version: isOpen ? 0 : (journal.files?.version ?? (journal.redatedMs === undefined ? 1 : 2)),
    },
    segments,
    gaps,
  };
}

const ticksAt = (ticks: number, timescale: number): number =>
  Math.round((ticks * VIDEO_TIMESCALE) / timescale);

/** The media sequence number behind all segments of a recording whose segments are files: those are numbered as they came. */
export const sequenceAfterFiles = (
  firstMediaSequence: number,
  segments: readonly Pick<Segment, "ordinal">[],
): number =>
  segments.reduce(
    (most, { ordinal }) => Math.max(most, firstMediaSequence + ordinal + 1),
    firstMediaSequence,
  );

/** What a channel's counters are at least, after this recording. */
export function counterAfter({ run, recording, segments }: RecordingRows): CounterRow {
  const last = segments.at(-1);
  const { channel, firstMediaSequence, discontinuitySequence, baseTicks, endMs } = recording;
  const rest = { channel, discontinuitySequence, timeline: run.timeline, newestEndMs: endMs };
  // Files have their own place in media time, by the wall clock: what is captured goes on where it stood.
  if (hasOwnFiles(recording))
    return { ...rest, nextMediaSequence: sequenceAfterFiles(firstMediaSequence, segments), nextTicks: 0 };
  return {
    ...rest,
    nextMediaSequence: firstMediaSequence + (last ? last.ordinal + 1 : 0),
    nextTicks: ticksAt(baseTicks + (last ? last.mediaTicks + last.durationTicks : 0), run.videoTimescale),
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
