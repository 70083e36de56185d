import type { Recording } from "../db/index/rows.ts";
import { TRACK_ID } from "../media/fmp4/init.ts";
import type { TrackBases } from "../media/fmp4/segment.ts";
import { movieHeader } from "../media/fmp4/movie-header.ts";
import {
  MAX_INDEX_ENTRIES,
  segmentIndex,
  segmentIndexBytes,
  type IndexEntry,
} from "../media/fmp4/segment-index.ts";
import { segmentBytes, type Segment } from "../media/segment-list.ts";
import { convertTicks } from "../media/ticks.ts";
import type { StoredSegment } from "./segment-body.ts";
import type { Stretch } from "./stretch.ts";

/** A part of a layout: bytes that are there, or a span of a segment as it is served. */
export type LayoutPart =
  | { kind: "bytes"; bytes: Uint8Array }
  | {
      kind: "segment";
      stored: StoredSegment;
      bases: TrackBases;
      /** `[start, end)` in bytes of the segment. */
      start: number;
      end: number;
    };

/** Segments in a row of which all times move by the same. */
type Group = { stretch: Stretch; bases: TrackBases; firstIndex: number };

/**
 * What the bases have to be so that a stretch begins at `outTicks`. The sound moves by as many whole ticks in all
 * recordings of a run, so that none of its frames moves against another.
 */
function basesAt({ recording, run, first }: Stretch, outTicks: number): TrackBases {
  const shiftTicks = recording.baseTicks + first.mediaTicks - outTicks;
  const audioTimescale = run.audioTimescale ?? run.videoTimescale;
  const inAudio = (ticks: number) => convertTicks(ticks, run.videoTimescale, audioTimescale);
  return {
    videoTicks: recording.baseTicks - shiftTicks,
    audioTicks: inAudio(recording.baseTicks) - inAudio(shiftTicks),
  };
}

/**
 * The MP4 of stretches with one init, as a plan: where each byte comes from. Their times follow one another from 0 on,
 * whatever lies between them, because players stand still in holes. Nothing of it is read before it is asked for.
 */
export class IntervalLayout {
  readonly sizeBytes: number;
  readonly durationMs: number;
  readonly firstRecording: Recording;
  /** `ftyp`, `moov` and a `sidx` for each track. */
  readonly front: Uint8Array;
  readonly #groups: Group[] = [];
  readonly #segments: Segment[] = [];
  /** Where each segment begins, and at last where the file ends, in bytes. */
  readonly #starts: Float64Array;

  /**
   * @param leadTicks when the first picture is shown, in ticks of the video: see `leadTicksOf`
   * @throws NightjarError `unprocessable` when the init is damaged
   */
  constructor(stretches: readonly Stretch[], title: string, leadTicks = 0) {
    const [leading] = stretches;
    if (!leading) throw new RangeError("an MP4 needs at least one segment");
    const { run } = leading;
    this.firstRecording = leading.recording;
    let ticks = leadTicks;
    for (const stretch of stretches) {
      this.#groups.push({ stretch, bases: basesAt(stretch, ticks), firstIndex: this.#segments.length });
      for (const segment of stretch.segments) {
        this.#segments.push(segment);
        ticks += segment.durationTicks;
      }
    }
    this.durationMs = Math.round((ticks * 1000) / run.videoTimescale);
    const movie = { durationMs: this.durationMs, startMs: leading.first.startMs, title };
    this.front = Buffer.concat([movieHeader(run.init, movie), ...this.#indexes(leading, leadTicks)]);
    this.#starts = new Float64Array(this.#segments.length + 1);
    let at = this.front.length;
    for (const [index, segment] of this.#segments.entries()) {
      this.#starts[index] = at;
      at += segmentBytes(segment);
    }
    this.#starts[this.#segments.length] = at;
    this.sizeBytes = at;
  }

  /**
   * An index of the pictures and one of the sound: with the first alone, Chromium reads on from where it was until it
   * has found the sound of where it seeks to, and with none at all, players read the whole file for its length.
   */
  #indexes({ run }: Stretch, leadTicks: number): Uint8Array[] {
    const perEntry = Math.ceil(this.#segments.length / MAX_INDEX_ENTRIES);
    const video: IndexEntry[] = [];
    const audio: IndexEntry[] = [];
    const audioTimescale = run.audioTimescale ?? run.videoTimescale;
    let ticks = 0;
    for (let from = 0; from < this.#segments.length; from += perEntry) {
      const part = this.#segments.slice(from, from + perEntry);
      const sizeBytes = part.reduce((sum, segment) => sum + segmentBytes(segment), 0);
      const durationTicks = part.reduce((sum, segment) => sum + segment.durationTicks, 0);
      const inAudio = (each: number) => convertTicks(each, run.videoTimescale, audioTimescale);
      video.push({ sizeBytes, durationTicks });
      audio.push({ sizeBytes, durationTicks: inAudio(ticks + durationTicks) - inAudio(ticks) });
      ticks += durationTicks;
    }
    const hasSound = run.audioTimescale !== null;
    const behind = hasSound ? segmentIndexBytes(audio.length) : 0;
    const ofVideo = segmentIndex(TRACK_ID.video, run.videoTimescale, video, behind, leadTicks);
    return hasSound ? [ofVideo, segmentIndex(TRACK_ID.audio, audioTimescale, audio, 0)] : [ofVideo];
  }

  get segmentCount(): number {
    return this.#segments.length;
  }

  /** The parts of `[start, end)`, in bytes of the file, in order. */
  *parts(start: number, end: number): Generator<LayoutPart> {
    if (start < this.front.length && start < end) {
      yield { kind: "bytes", bytes: this.front.subarray(start, Math.min(end, this.front.length)) };
    }
    const starts = this.#starts;
    let index = Math.max(0, lastAtOrBefore(starts, start));
    let group = lastAtOrBefore(
      this.#groups.map((each) => each.firstIndex),
      index,
    );
    for (; index < this.#segments.length; index++) {
      const segmentStart = starts[index] ?? 0;
      if (segmentStart >= end) return;
      if (index >= (this.#groups[group + 1]?.firstIndex ?? Infinity)) group++;
      const segment = this.#segments[index];
      const found = this.#groups[group];
      if (!segment || !found) return;
      const { recording, run } = found.stretch;
      yield {
        kind: "segment",
        stored: { recording, run, segment },
        bases: found.bases,
        start: Math.max(0, start - segmentStart),
        end: Math.min(end, starts[index + 1] ?? end) - segmentStart,
      };
    }
  }
}

/** Index of the last value that is at most `wanted`; -1 when there is none. The values rise. */
function lastAtOrBefore(values: ArrayLike<number>, wanted: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] ?? 0) <= wanted) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
