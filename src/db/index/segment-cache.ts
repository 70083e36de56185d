import type { Segment } from "../../media/segment-list.ts";
import { outlineOfSteps, type SegmentOutline } from "../../media/segment-outline.ts";
import { stepsOf, type SegmentStep } from "../../media/segment-steps.ts";
import { SizedCache } from "../../platform/sized-cache.ts";
import type { Recording, RecordingRow } from "./rows.ts";

/** Segments that are kept unpacked, about 100 bytes each: some hours of what is being watched. */
const MAX_SEGMENTS = 20_000;
/** Outlines that are kept, about 400 bytes each: a month of sixteen channels, an hour each. */
const MAX_OUTLINES = 12_000;
/** More steps, of about 60 bytes each, are not kept with an outline: they are read again when they are asked for. */
const MAX_KEPT_STEPS = 16;

/** An outline, with its steps where they are few. */
type KeptOutline = Omit<SegmentOutline, "steps"> & Partial<Pick<SegmentOutline, "steps">>;

/** Unpacks the segments of a row. */
export type SegmentReader = {
  all(row: RecordingRow): readonly Segment[];
  /** When they are shown. */
  steps(row: RecordingRow): readonly SegmentStep[];
};

/** Lists of segments that were unpacked lately, and outlines of many more, each until its row's version changes. */
export class SegmentCache {
  readonly #reader: SegmentReader;
  readonly #lists = new SizedCache<readonly Segment[]>(MAX_SEGMENTS);
  readonly #outlines = new SizedCache<KeptOutline>(MAX_OUTLINES);

  constructor(reader: SegmentReader) {
    this.#reader = reader;
  }

  /** A row with its segments, which stay whatever becomes of the row. */
  whole(row: RecordingRow): Recording {
    return { ...row, segments: this.#segments(row) };
  }

  /** A row whose segments, and whose outline, are read when they are first asked for. */
  lazy(row: RecordingRow): Recording {
    let known: readonly Segment[] | undefined;
    const segments = () => (known ??= this.#segments(row));
    let knownOutline: SegmentOutline | undefined;
    const outline = () => (knownOutline ??= this.#outline(row));
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
    const list = this.#reader.all(row);
    return this.#lists.set(row.id, row.version, list, list.length);
  }

  #outline(row: RecordingRow): SegmentOutline | undefined {
    const known = this.#outlines.get(row.id, row.version);
    if (known) return hasSteps(known) ? known : withSteps(known, () => this.#steps(row));
    const outline = outlineOfSteps(this.#steps(row));
    if (!outline) return undefined;
    const { steps, ...facts } = outline;
    this.#outlines.set(row.id, row.version, steps.length > MAX_KEPT_STEPS ? facts : outline, 1);
    return outline;
  }

  #steps(row: RecordingRow): readonly SegmentStep[] {
    const segments = this.#lists.get(row.id, row.version);
    return segments ? stepsOf(segments) : this.#reader.steps(row);
  }
}

const hasSteps = (outline: KeptOutline): outline is SegmentOutline => outline.steps !== undefined;

/** An outline whose steps are read when they are first asked for. */
function withSteps(facts: Omit<SegmentOutline, "steps">, read: () => readonly SegmentStep[]): SegmentOutline {
  let steps: readonly SegmentStep[] | undefined;
  return {
    ...facts,
    get steps() {
      return (steps ??= read());
    },
  };
}
