import { followsOnClock } from "../../media/media-facts.ts";
import { type Segment, type SegmentFile, wholeKib } from "../../media/segment-list.ts";
import type { FoundFile, KnownFile } from "./file-footage.ts";
import type { FileRecording } from "./file-recording.ts";

/** Ticks of the video in a millisecond, at the one timescale of footage that is kept as it came. */
const TICKS_PER_MS = 90;
/** What follows on the source's clock, but not by the times of the files, is something else; in ms. */
const MOST_APART_MS = 10_000;

/** A file as a segment of a recording. */
export type FileSegment = KnownFile & {
  recording: FileRecording;
  ordinal: number;
  file: SegmentFile;
  /** First picture on the source's clock, in 90,000ths of a second. */
  sourceTicks: number;
  /** Where it begins in media time counted through the whole channel, in 90,000ths of a second. */
  ticks: number;
  activityBytes: number;
};

/** A file that is to be a segment; its place in media time is yet to be found. */
export const fileSegment = (
  { name, mtimeMs, sizeBytes, crc32, startMs, facts }: FoundFile,
  recording: FileRecording,
  { ordinal, isLate }: { ordinal: number; isLate: boolean },
): FileSegment => ({
  recording,
  ordinal,
  file: { name, mtimeMs, isLate },
  sizeBytes,
  mtimeMs,
  crc32,
  startMs,
  durationTicks: facts.durationTicks,
  sourceTicks: facts.sourceTicks,
  ticks: wallTicks(startMs),
  activityBytes: wholeKib(facts.activityBytes),
});

/** A segment as lists and journals have it; `baseTicks` is the zero of its recording. */
export const plainSegment = (segment: FileSegment, baseTicks: number): Segment => ({
  ordinal: segment.ordinal,
  startMs: segment.startMs,
  mediaTicks: segment.ticks - baseTicks,
  durationTicks: segment.durationTicks,
  offsetBytes: 0,
  headerBytes: 0,
  videoBytes: segment.sizeBytes,
  audioBytes: 0,
  activityBytes: segment.activityBytes,
  file: segment.file,
});

/** Media time of what follows nothing. */
export const wallTicks = (startMs: number): number => startMs * TICKS_PER_MS;

export const endTicks = (segment: FileSegment): number => segment.ticks + segment.durationTicks;

/** The end of its last picture, ms UTC. */
export const endMs = (segment: FileSegment): number =>
  segment.startMs + Math.round(segment.durationTicks / TICKS_PER_MS);

/** The order of lists: by time, and of two files with one time by name, in whatever order they came. */
export const byTime = (a: FileSegment, b: FileSegment): number =>
  a.startMs - b.startMs || (a.file.name < b.file.name ? -1 : a.file.name > b.file.name ? 1 : 0);

/** Whether a source went on from one file to the next: its clock says so, and no decoder has to be set up anew. */
export function follows(before: FileSegment, after: FileSegment): boolean {
  const { run } = before.recording;
  return (
    run.timeline === after.recording.run.timeline &&
    Math.abs(after.startMs - endMs(before)) <= MOST_APART_MS &&
    followsOnClock(run.format, before.sourceTicks + before.durationTicks, after.sourceTicks)
  );
}
