import type { Segment } from "../../media/segment-list.ts";
import { outlineOf, type SegmentOutline } from "../../media/segment-outline.ts";
import { SizedCache } from "../../platform/sized-cache.ts";
import type { Recording, RecordingRow } from "./rows.ts";

/** Segments that are kept unpacked, about 100 bytes each: some hours of what is being watched. */
const MAX_SEGMENTS = 20_000;
/** Outlines that are kept, about 400 bytes each: a month of seven channels, an hour each. */
const MAX_OUTLINES = 5000;

/** Lists of segments that were unpacked lately, and outlines of many more, each until its row's version changes. */
export class SegmentCache {
  readonly #load: (row: RecordingRow) => readonly Segment[];
  readonly #lists = new SizedCache<readonly Segment[]>(MAX_SEGMENTS);
  readonly #outlines = new SizedCache<SegmentOutline | undefined>(MAX_OUTLINES);

  /** `load` unpacks the list of a row. */
  constructor(load: (row: RecordingRow) => readonly Segment[]) {
    this.#load = load;
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
    return {
      ...row,
      get segments() {
        return segments();
      },
      get outline() {
        return outline();
      },
    };
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
    const list = this.#load(row);
    return this.#lists.set(row.id, row.version, list, list.length);
  }

  #outline(row: RecordingRow, segments: () => readonly Segment[]): SegmentOutline | undefined {
    const known = this.#outlines.get(row.id, row.version);
    return known ?? this.#outlines.set(row.id, row.version, outlineOf(segments()), 1);
  }
}
