import type { Segment } from "../../media/segment-list.ts";
import { SizedCache } from "../../platform/sized-cache.ts";
import type { Extent, RecordingRow } from "./rows.ts";

/** Names of files tell whole seconds, so two that follow each other may seem as far apart. */
export const FILE_JOIN_MS = 1000;
/** Ticks of the video in a millisecond, at the one timescale of footage that is kept as it came. */
const TICKS_PER_MS = 90;
/** Spans that are kept, about 100 bytes each: two years of a channel without holes. */
const MAX_SPANS = 20_000;

/** A recording whose segments are files, as far as its spans need it. */
type FilesRow = Extent & Pick<RecordingRow, "id" | "version">;

/** The spans of such a recording in which nothing is missing, in order, each with the bytes of its files. */
export function fileSpans(run: string, segments: readonly Segment[]): Extent[] {
  const spans: Extent[] = [];
  for (const { startMs, durationTicks, videoBytes, audioBytes } of segments) {
    const endMs = startMs + Math.round(durationTicks / TICKS_PER_MS);
    const sizeBytes = videoBytes + audioBytes;
    const last = spans.at(-1);
    if (last && startMs - last.endMs <= FILE_JOIN_MS) {
      last.endMs = Math.max(last.endMs, endMs);
      last.sizeBytes += sizeBytes;
    } else spans.push({ run, startMs, endMs, sizeBytes, hasFiles: true });
  }
  return spans;
}

/** Spans of recordings whose segments are files, each until its row's version changes. */
export class FileSpanCache {
  readonly #load: (id: string) => readonly Segment[];
  readonly #spans = new SizedCache<readonly Extent[]>(MAX_SPANS);

  /** `load` unpacks the segments of a recording. */
  constructor(load: (id: string) => readonly Segment[]) {
    this.#load = load;
  }

  of({ id, version, run }: FilesRow): readonly Extent[] {
    const known = this.#spans.get(id, version);
    if (known) return known;
    const spans = fileSpans(run, this.#load(id));
    return this.#spans.set(id, version, spans, Math.max(1, spans.length));
  }
}
