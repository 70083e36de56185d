import type { Footage } from "../archive/footage.ts";
import { segmentBytes } from "../media/segment-list.ts";
import { NightjarError } from "../platform/errors.ts";
import type { ByteSpan } from "./byte-range.ts";
import { madeSegment, movedFragments, storedBytes } from "./kept-body.ts";
import { openMediaFile, type OpenMediaFile } from "./media-file.ts";
import type { StoredSegment } from "./segment-body.ts";
import type { Stretch } from "./stretch.ts";

/** Most bytes that are read at once. */
const CHUNK_BYTES = 256 * 1024;

/** A segment, and when its first picture is shown in the file, in 90,000ths of a second. */
export type PlacedSegment = { stored: StoredSegment; outTicks: number };

/** The segments of stretches, one right behind the other from `leadTicks` on, whatever lay between them. */
export function* placedSegments(stretches: readonly Stretch[], leadTicks: number): Generator<PlacedSegment> {
  let outTicks = leadTicks;
  for (const { recording, run, segments } of stretches) {
    for (const segment of segments) {
      yield { stored: { recording, run, segment }, outTicks };
      outTicks += segment.durationTicks;
    }
  }
}

/**
 * Footage that is kept as it came as one file whose length the index tells: MPEG-TS, the segments one after the other;
 * fMP4, its init and then they, with times that follow one another.
 */
export class KeptInterval {
  readonly sizeBytes: number;
  readonly #front: Uint8Array;
  readonly #segments: readonly PlacedSegment[];
  /** Where each segment begins in the file, in bytes. */
  readonly #starts: Float64Array;

  constructor(stretches: readonly Stretch[], leadTicks: number) {
    const run = stretches[0]?.run;
    this.#front = run?.format === "fmp4" ? run.init : new Uint8Array();
    this.#segments = [...placedSegments(stretches, leadTicks)];
    this.#starts = new Float64Array(this.#segments.length);
    let at = this.#front.length;
    for (const [index, { stored }] of this.#segments.entries()) {
      this.#starts[index] = at;
      at += segmentBytes(stored.segment);
    }
    this.sizeBytes = at;
  }

  /** The bytes of a span, as they are asked for. Throws `not-found` or `unavailable` at footage that is gone. */
  async *bytes(footage: Footage, { start, end }: ByteSpan): AsyncGenerator<Uint8Array, void> {
    const parts = this.#segments.flatMap((placed, index) => {
      const segmentStart = this.#starts[index] ?? 0;
      const segmentEnd = segmentStart + segmentBytes(placed.stored.segment);
      if (segmentEnd <= start || segmentStart >= end) return [];
      const span = { start: Math.max(start, segmentStart), end: Math.min(end, segmentEnd) };
      return [{ placed, span: { start: span.start - segmentStart, end: span.end - segmentStart } }];
    });
    const first = parts[0] ?? this.#segments[0] ?? undefined;
    if (start < this.#front.length && first) {
      // Footage that is not there is found before the first byte is sent.
      const { recording, segment } = "placed" in first ? first.placed.stored : first.stored;
      await (await openMediaFile(footage, recording, segment)).close();
      yield this.#front.subarray(start, end);
    }
    if (this.#front.length === 0) yield* asTheyCame(footage, parts);
    else
      for (const { placed, span } of parts)
        yield (await movedSegment(footage, placed)).subarray(span.start, span.end);
  }
}

type Part = { placed: PlacedSegment; span: ByteSpan };

/** Bytes of the disk; of segments in one file that is opened once. */
async function* asTheyCame(footage: Footage, parts: readonly Part[]): AsyncGenerator<Uint8Array, void> {
  const buffer = new Uint8Array(CHUNK_BYTES);
  let opened: { file: OpenMediaFile; name: string } | undefined;
  try {
    for (const { placed, span } of parts) {
      const { recording, segment } = placed.stored;
      const name = `${recording.id} ${segment.file ? segment.ordinal : ""}`;
      if (opened?.name !== name) {
        await opened?.file.close();
        opened = undefined;
        opened = { file: await openMediaFile(footage, recording, segment), name };
      }
      const position = segment.file ? segment.offsetBytes : recording.baseOffsetBytes + segment.offsetBytes;
      for (let at = span.start; at < span.end;) {
        const chunk = buffer.subarray(0, Math.min(span.end - at, buffer.length));
        await opened.file.read(chunk, position + at);
        yield chunk;
        at += chunk.length;
      }
    }
  } finally {
    await opened?.file.close();
  }
}

async function movedSegment(footage: Footage, { stored, outTicks }: PlacedSegment): Promise<Uint8Array> {
  const bytes = await storedBytes(footage, stored);
  const moved = movedFragments(stored, bytes, "both", outTicks);
  if (moved.length === bytes.length) return moved;
  throw new NightjarError(
    "unavailable",
    "This footage can't be put together: its times have no room in its bytes",
  );
}

/** The same as it comes, for footage whose length only its files tell. A chunk is a whole segment. */
export async function* segmentsInOrder(
  footage: Footage,
  stretches: readonly Stretch[],
  leadTicks: number,
): AsyncGenerator<Uint8Array, void> {
  let front: Uint8Array | undefined = stretches[0]?.run.init;
  for (const { stored, outTicks } of placedSegments(stretches, leadTicks)) {
    yield await madeSegment(footage, stored, "both", outTicks, front);
    front = undefined;
  }
}
