import type { GapRow } from "../../db/index/rows.ts";
import { FILE_JOIN_MS } from "../../db/index/file-spans.ts";
import type { KnownFile } from "./file-footage.ts";
import type { FileRecording } from "./file-recording.ts";
import { byTime, endMs, type FileSegment } from "./file-segment.ts";

/** All files of one date's folder that are segments, in the order of time, and the recordings that they make. */
export class FileDay {
  readonly date: string;
  readonly segments: FileSegment[] = [];
  readonly recordings = new Map<string, FileRecording>();
  /** When it was asked for last, monotonic ms. */
  usedMs = 0;
  readonly #byName = new Map<string, FileSegment>();

  constructor(date: string) {
    this.date = date;
  }

  /** Its files by their names. */
  get known(): ReadonlyMap<string, KnownFile> {
    return this.#byName;
  }

  get isChanged(): boolean {
    return [...this.recordings.values()].some((recording) => recording.isChanged);
  }

  named(name: string): FileSegment | undefined {
    return this.#byName.get(name);
  }

  /** Where a segment stands, or would stand. */
  indexOf(segment: FileSegment): number {
    let low = 0;
    let high = this.segments.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (byTime(this.segments[middle]!, segment) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  insert(segment: FileSegment): void {
    this.segments.splice(this.indexOf(segment), 0, segment);
    this.#byName.set(segment.file.name, segment);
    this.recordings.set(segment.recording.facts.id, segment.recording);
  }

  remove(segment: FileSegment): void {
    this.segments.splice(this.segments.indexOf(segment, this.indexOf(segment)), 1);
    if (this.#byName.get(segment.file.name) === segment) this.#byName.delete(segment.file.name);
  }

  /** A recording and its segments are gone. */
  forget(recording: FileRecording): void {
    const left = this.segments.filter((segment) => segment.recording !== recording);
    this.segments.splice(0, this.segments.length, ...left);
    for (const [name, segment] of this.#byName)
      if (segment.recording === recording) this.#byName.delete(name);
    this.recordings.delete(recording.facts.id);
  }

  segmentsOf(recording: FileRecording): FileSegment[] {
    return this.segments.filter((segment) => segment.recording === recording);
  }

  /** End of the last picture of all; `undefined` when it has no file. */
  get endMs(): number | undefined {
    if (this.segments.length === 0) return undefined;
    return this.segments.reduce((most, segment) => Math.max(most, endMs(segment)), -Infinity);
  }

  /**
   * The spans in which nothing was uploaded and that a recording's files ended; `beforeMs` is the end of the footage
   * before, `films` is what aged days show between the files, by its start.
   */
  gapsOf(
    { facts: { id, channel } }: FileRecording,
    beforeMs: number | undefined,
    films: readonly { startMs: number; endMs: number }[] = [],
  ): GapRow[] {
    const gaps: GapRow[] = [];
    let coveredMs = beforeMs ?? Infinity;
    for (const segment of this.segments) {
      const { startMs, recording } = segment;
      for (const film of films) if (film.startMs < startMs) coveredMs = Math.max(coveredMs, film.endMs);
      if (recording.facts.id === id && startMs - coveredMs > FILE_JOIN_MS)
        gaps.push({
          channel,
          startMs: coveredMs,
          endMs: startMs,
          reason: "not-uploaded",
          detail: "",
          recording: id,
        });
      coveredMs = Math.max(coveredMs === Infinity ? -Infinity : coveredMs, endMs(segment));
    }
    return gaps;
  }
}
