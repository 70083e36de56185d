import { buildInit } from "../media/fmp4/init.ts";
import { buildSegmentHeader } from "../media/fmp4/segment.ts";
import { parameterSetsIn, videoParameters } from "../media/nal.ts";
import { type RunParameters, type Sample, VIDEO_TIMESCALE } from "../media/parameters.ts";
import { NightjarError } from "../platform/errors.ts";
import type { StoredSegment } from "../playback/stored-segment.ts";
import type { Piece } from "./plan-pieces.ts";
import type { SegmentReader, SourceFrame, SourcePicture, SourceSegment } from "./read-segment.ts";

/** All times that ffmpeg gets are later by this, so that none is negative: 10 minutes. */
export const INPUT_OFFSET_TICKS = 600 * VIDEO_TIMESCALE;
/** How long before it is shown a picture is decoded, by what ffmpeg is told; only the order matters. */
const DECODE_AHEAD_TICKS = 10 * VIDEO_TIMESCALE;

/** A segment that ffmpeg was given. Times in 90,000ths of a second since the piece's first picture. */
export type FedSegment = {
  stored: StoredSegment;
  startTicks: number;
  endTicks: number;
  /** When its pictures are shown, in no order. */
  shownTicks: number[];
  frames: SourceFrame[];
};

type ReadSegment = { stored: StoredSegment; read: SourceSegment };

/** A source whose parameter sets come with its pictures says what it is by its first key frame. */
export function withParameterSets(
  parameters: RunParameters,
  pictures: readonly SourcePicture[],
): RunParameters {
  const { video } = parameters;
  if (video.parameterSets.length > 0) return parameters;
  const sets = pictures.flatMap(({ bytes }) => parameterSetsIn(video.codec, bytes));
  return { ...parameters, video: videoParameters(video.codec, sets) };
}

/** Whether what is shown first can't be decoded without the pictures before it. */
const needsLeadIn = ({ pictures }: SourceSegment): boolean => {
  const [first] = pictures;
  return (
    first === undefined || !first.isKey || pictures.some(({ shownTicks }) => shownTicks < first.shownTicks)
  );
};

/** Gives the pictures of a piece to ffmpeg as an MP4 of pictures alone, with times exactly as they were. */
export class SourceFeed {
  readonly #piece: Piece;
  readonly #reader: SegmentReader;
  readonly #first: SourceSegment;
  readonly #leadIn: readonly ReadSegment[];
  readonly #leadTicks: number;
  readonly #fed: (segment: FedSegment) => void;
  /** Times that pictures have already, of this segment and the one before it. */
  #used = [new Set<number>(), new Set<number>()];
  #decodeTicks = 0;
  #sequenceNumber = 0;
  readonly parameters: RunParameters;
  readonly totalTicks: number;

  private constructor(
    piece: Piece,
    reader: SegmentReader,
    begun: { first: SourceSegment; leadIn: readonly ReadSegment[]; parameters: RunParameters },
    fed: (segment: FedSegment) => void,
  ) {
    this.#piece = piece;
    this.#reader = reader;
    this.#first = begun.first;
    this.#leadIn = begun.leadIn;
    this.parameters = begun.parameters;
    this.#fed = fed;
    this.#leadTicks = begun.first.pictures.reduce(
      (least, { shownTicks }) => Math.min(least, shownTicks),
      Number.POSITIVE_INFINITY,
    );
    this.totalTicks = piece.segments.reduce((sum, { segment }) => sum + segment.durationTicks, 0);
  }

  /** Reads what is needed to begin. Throws as `SegmentReader.read`. */
  static async begin(
    piece: Piece,
    reader: SegmentReader,
    known: RunParameters,
    fed: (segment: FedSegment) => void,
  ): Promise<SourceFeed> {
    const [stored] = piece.segments;
    if (!stored) throw new NightjarError("internal", "a piece without segments");
    const first = await reader.read(stored, known);
    if (first.pictures.length === 0)
      throw new NightjarError(
        "unprocessable",
        `Segment ${stored.recording.id}-${stored.segment.ordinal} has no pictures`,
      );
    const leadIn: ReadSegment[] = [];
    if (needsLeadIn(first)) {
      for (const before of piece.leadIn.toReversed()) {
        const read = await reader.read(before, known);
        leadIn.unshift({ stored: before, read });
        if (read.pictures[0]?.isKey) break;
      }
    }
    const parameters = withParameterSets(known, [
      ...leadIn.flatMap(({ read }) => read.pictures),
      ...first.pictures,
    ]);
    return new SourceFeed(piece, reader, { first, leadIn, parameters }, fed);
  }

  /** The MP4, as it is asked for. `pause` is waited for before each segment. */
  async *chunks(pause: () => Promise<void>): AsyncGenerator<Uint8Array, void> {
    yield buildInit({ video: this.parameters.video });
    let startTicks = -this.#leadIn.reduce((sum, { stored }) => sum + stored.segment.durationTicks, 0);
    for (const { stored, read } of this.#leadIn) {
      yield this.#fragment(read.pictures, this.#timesOf(read, startTicks));
      startTicks += stored.segment.durationTicks;
    }
    for (const [index, stored] of this.#piece.segments.entries()) {
      await pause();
      const read = index === 0 ? this.#first : await this.#reader.read(stored, this.parameters);
      const endTicks = startTicks + stored.segment.durationTicks;
      if (read.pictures.length > 0) {
        const shownTicks = this.#timesOf(read, startTicks);
        this.#fed({ stored, startTicks, endTicks, shownTicks, frames: read.frames });
        yield this.#fragment(read.pictures, shownTicks);
      } else this.#fed({ stored, startTicks, endTicks, shownTicks: [], frames: read.frames });
      startTicks = endTicks;
    }
  }

  /**
   * When the pictures of a segment are shown. No two are at the same time, and none before the piece or after its end:
   * they are moved by as many ticks as that takes.
   */
  #timesOf({ pictures }: SourceSegment, startTicks: number): number[] {
    const [before = new Set<number>(), older] = this.#used;
    older?.clear();
    const used = older ?? new Set<number>();
    this.#used = [used, before];
    const isTaken = (ticks: number) => used.has(ticks) || before.has(ticks);
    return pictures.map(({ shownTicks }) => {
      let ticks = startTicks + shownTicks - this.#leadTicks;
      if (startTicks >= 0) ticks = Math.max(0, Math.min(ticks, this.totalTicks - 1));
      else ticks = Math.min(ticks, -1);
      const step = startTicks < 0 || ticks === this.totalTicks - 1 ? -1 : 1;
      while (isTaken(ticks)) ticks += step;
      used.add(ticks);
      return ticks;
    });
  }

  #fragment(pictures: readonly SourcePicture[], shownTicks: readonly number[]): Uint8Array {
    const order = shownTicks.toSorted((a, b) => a - b);
    const decodeTicks = order.map((ticks) => {
      const wished = ticks + INPUT_OFFSET_TICKS - DECODE_AHEAD_TICKS;
      this.#decodeTicks = Math.max(this.#decodeTicks + 1, wished);
      return this.#decodeTicks;
    });
    const samples = pictures.map(({ bytes, isKey }, index): Sample => {
      const at = decodeTicks[index] ?? 0;
      return {
        sizeBytes: bytes.length,
        durationTicks: (decodeTicks[index + 1] ?? at + 1) - at,
        compositionOffsetTicks: (shownTicks[index] ?? 0) + INPUT_OFFSET_TICKS - at,
        isKey,
      };
    });
    this.#sequenceNumber += 1;
    const header = buildSegmentHeader({
      sequenceNumber: this.#sequenceNumber,
      video: { decodeTicks: decodeTicks[0] ?? 0, samples },
    });
    return Buffer.concat([header, ...pictures.map(({ bytes }) => bytes)]);
  }
}
