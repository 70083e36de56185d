import type { Segment, SomeSegments } from "../../media/segment-list.ts";
import { outlineOf, type SegmentOutline } from "../../media/segment-outline.ts";
import { SizedCache } from "../../platform/sized-cache.ts";
import type { Recording, RecordingRow } from "./rows.ts";

/** Segments that are kept unpacked, about 100 bytes each: some hours of what is being watched. */
const MAX_SEGMENTS = 20_000;
/** Outlines that are kept, about 400 bytes each: a month of seven channels, an hour each. */
const MAX_OUTLINES = 5000;

/** Unpacks the segments of a row. */
export type SegmentReader = {
  all(row: RecordingRow): readonly Segment[];
  /** Those that overlap `[fromMs, toMs)`, give or take a millisecond. */
  within(row: RecordingRow, fromMs: number, toMs: number): SomeSegments;
};

/** Lists of segments that were unpacked lately, and outlines of many more, each until its row's version changes. */
export class SegmentCache {
  readonly #reader: SegmentReader;
  readonly #lists = new SizedCache<readonly Segment[]>(MAX_SEGMENTS);
  readonly #outlines = new SizedCache<SegmentOutline | undefined>(MAX_OUTLINES);

  constructor(reader: SegmentReader) {
    this.#reader = reader;
  }

  /** A row with its segments, which stay whatever becomes of the row. */
  whole(row: RecordingRow): Recording {
    return { ...row, segments: this.#segments(row) };
  }

  /** A row whose segments are read when they are first asked for. */
  lazy(row: RecordingRow): Recording {
    let known: readonly Segment[] | undefined;
    const segments = () => (known ??= this.#segments(row));
    const outline = () => this.#outline(row, segments);
    // Own properties, so that a copy of the recording has them too.
    const recording = {
      ...row,
      get segments() {
        return segments();
      },
      get outline() {
        return outline();
      },
    };
    const segmentsWithin = (fromMs: number, toMs: number): SomeSegments => {
      known ??= this.#lists.get(row.id, row.version);
      return known ? { segments: known, isAll: true } : this.#reader.within(row, fromMs, toMs);
    };
    // Not so this: a copy with other segments must not answer with these.
    return Object.defineProperty(recording, "segmentsWithin", { value: segmentsWithin });
  }

  /** The row is another now. */
  forget(id: string): void {
    this.#lists.delete(id);
    this.#outlines.delete(id);
  }

  clear(): void {
    this.#lists.clear();
    this.#outlines.clear();
  }

  #segments(row: RecordingRow): readonly Segment[] {
    const known = this.#lists.get(row.id, row.version);
    if (known) return known;
    const list = this.#reader.all(row);
    return this.#lists.set(row.id, row.version, list, list.length);
  }

  #outline(row: RecordingRow, segments: () => readonly Segment[]): SegmentOutline | undefined {
    const known = this.#outlines.get(row.id, row.version);
    return known ?? this.#outlines.set(row.id, row.version, outlineOf(segments()), 1);
  }
}
