import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { JournalEntry } from "../archive/journal/journal-types.ts";
import type { ReaderTrack } from "../media/fmp4/reader.ts";
import { buildSegmentHeader } from "../media/fmp4/segment.ts";
import type { AudioParameters, Sample } from "../media/parameters.ts";
import { wholeKib } from "../media/segment-list.ts";
import { WALL_JOIN_MS } from "../media/segment-outline.ts";
import { ticksToMs } from "../media/ticks.ts";
import { VIDEO_TIMESCALE } from "../media/parameters.ts";
import { NightjarError } from "../platform/errors.ts";
import { keptTimes } from "./kept-times.ts";
import { SoundPlacer } from "./sound-placer.ts";
import type { FedSegment } from "./source-feed.ts";

/** A segment of the film, and how it came about. */
export type MadeSegment = {
  entry: JournalEntry;
  /** The original segments that it takes the place of, in order. */
  from: readonly FedSegment[];
  parts: readonly Uint8Array[];
  /** Its pictures for a decoder. */
  pictures: CheckedPictures;
  /** Numbers of the sound's frames that are silence which was put in. */
  silent: readonly number[];
};

/**
 * The pictures of a segment as ffmpeg takes them without moving them: it moves all by the largest negative composition
 * offset that it has met. So in what it is given to check none is negative.
 */
export type CheckedPictures = {
  header: Uint8Array;
  payload: readonly Uint8Array[];
  /** When they are shown, in order, by that header. */
  shownTicks: readonly number[];
};

const CHECK_OFFSET_TICKS = 10 * VIDEO_TIMESCALE;

const checkHeader = (ordinal: number, decodeTicks: number, samples: readonly Sample[]): Uint8Array =>
  buildSegmentHeader({
    sequenceNumber: ordinal + 1,
    video: {
      decodeTicks,
      samples: samples.map((sample) => ({
        ...sample,
        compositionOffsetTicks: sample.compositionOffsetTicks + CHECK_OFFSET_TICKS,
      })),
    },
  });

type CodedPicture = { ticks: number; isKey: boolean; bytes: Uint8Array };

export type MakerOptions = {
  /** Where the piece begins in the film: its place in bytes counts from the film's first segment. */
  place: { ticks: number; offsetBytes: number; ordinal: number };
  totalTicks: number;
  audio: AudioParameters | undefined;
  fps: number | undefined;
};

/**
 * Makes segments of a film out of encoded pictures as they come from ffmpeg, in the order of decoding, and the sound of what
 * it was given. A segment of the film begins where one of the original begins, so that wall times stay what they were.
 * Every picture is looked for in what was given: one too many or too few is an error.
 */
export class SegmentMaker {
  readonly #options: MakerOptions;
  readonly #sound: SoundPlacer | undefined;
  readonly #soundHash = createHash("sha256");
  #fed: FedSegment[] = [];
  /** Pictures that were given and are to be kept, in order of showing, not yet in a segment. */
  #expected: number[] = [];
  #lastKept: number | undefined;
  /** What is added to ffmpeg's times. */
  #shiftTicks: number | undefined;
  #pictures: CodedPicture[] = [];
  #ordinal: number;
  #offsetBytes: number;
  #pictureCount = 0;

  constructor(options: MakerOptions) {
    this.#options = options;
    this.#ordinal = options.place.ordinal;
    this.#offsetBytes = options.place.offsetBytes;
    this.#sound = options.audio && new SoundPlacer(options.audio, options.place.ticks);
  }

  get pictureCount(): number {
    return this.#pictureCount;
  }

  /** SHA-256 of the original's frames of sound, in order; once, at the end. */
  soundDigest(): string {
    return this.#soundHash.digest("hex");
  }

  /** What ffmpeg was given, in order, before any picture of it comes back. */
  fed(segment: FedSegment): void {
    this.#fed.push(segment);
    this.#expected.push(...segment.shownTicks);
    this.#expected.sort((a, b) => a - b);
  }

  /** Takes a fragment of what ffmpeg made. Throws `unprocessable` when a picture is not what is expected. */
  *take({ decodeTicks, samples, payload }: ReaderTrack): Generator<MadeSegment> {
    let ticks = decodeTicks;
    let at = 0;
    for (const { sizeBytes, durationTicks, compositionOffsetTicks, isKey } of samples) {
      const bytes = payload.subarray(at, at + sizeBytes);
      this.#shiftTicks ??= -(ticks + compositionOffsetTicks);
      const shownTicks = ticks + compositionOffsetTicks + this.#shiftTicks;
      if (isKey && this.#pictures.length > 0) yield* this.#cutBefore(shownTicks);
      this.#pictures.push({ ticks: shownTicks, isKey, bytes });
      ticks += durationTicks;
      at += sizeBytes;
    }
  }

  /** ffmpeg has ended. Throws as `take`. */
  *end(): Generator<MadeSegment> {
    const { totalTicks } = this.#options;
    if (this.#pictures.length > 0) yield this.#make(this.#fed.length, totalTicks);
    if (this.#expected.length > 0 || this.#fed.length > 0)
      throw disagree(`${this.#expected.length} pictures at the end are missing`);
  }

  /** Ends the segment when the key frame is the first picture of another of the original's. */
  *#cutBefore(shownTicks: number): Generator<MadeSegment> {
    const next = this.#fed.findIndex(({ endTicks }) => shownTicks < endTicks);
    if (next <= 0) return;
    yield this.#make(next, shownTicks);
  }

  #make(count: number, endTicks: number): MadeSegment {
    const from = this.#fed.splice(0, count);
    const [first] = from;
    if (!first) throw disagree("there are more pictures than were given");
    const coded = this.#pictures;
    this.#pictures = [];
    const shown = coded.map(({ ticks }) => ticks).sort((a, b) => a - b);
    this.#compare(shown, endTicks);
    const startTicks = shown[0] ?? 0;
    this.#checkWallTimes(from, shown.at(-1) ?? 0);
    const samples = coded.map((picture, index): Sample => {
      const decodeTicks = shown[index] ?? 0;
      return {
        sizeBytes: picture.bytes.length,
        durationTicks: (shown[index + 1] ?? endTicks) - decodeTicks,
        compositionOffsetTicks: picture.ticks - decodeTicks,
        isKey: picture.isKey,
      };
    });
    if (coded[0]?.ticks !== startTicks || !coded[0].isKey)
      throw disagree("a segment does not begin with a key frame");
    const { place } = this.#options;
    const sound = this.#sound?.place(from);
    const silent = new Set(sound?.silent);
    for (const [index, bytes] of (sound?.payload ?? []).entries())
      if (!silent.has(index)) this.#soundHash.update(bytes);
    const mediaTicks = place.ticks + startTicks;
    const header = buildSegmentHeader({
      sequenceNumber: this.#ordinal + 1,
      video: { decodeTicks: mediaTicks, samples },
      ...(sound ? { audio: { decodeTicks: sound.decodeTicks, samples: sound.samples } } : {}),
    });
    const parts = [header, ...coded.map(({ bytes }) => bytes), ...(sound?.payload ?? [])];
    const sum = (bytes: readonly Uint8Array[]): number =>
      bytes.reduce((total, { length }) => total + length, 0);
    const entry: JournalEntry = {
      ordinal: this.#ordinal,
      startMs: first.stored.segment.startMs + ticksToMs(startTicks - first.startTicks, VIDEO_TIMESCALE),
      mediaTicks,
      durationTicks: endTicks - startTicks,
      offsetBytes: this.#offsetBytes,
      headerBytes: header.length,
      videoBytes: sum(coded.map(({ bytes }) => bytes)),
      audioBytes: sum(sound?.payload ?? []),
      activityBytes: wholeKib(sum(coded.filter(({ isKey }) => !isKey).map(({ bytes }) => bytes))),
      crc32: parts.reduce((crc, part) => crc32(part, crc), 0),
    };
    this.#ordinal += 1;
    this.#offsetBytes += sum(parts);
    this.#pictureCount += coded.length;
    return {
      entry,
      from,
      parts,
      pictures: {
        header: checkHeader(this.#ordinal, mediaTicks, samples),
        payload: coded.map(({ bytes }) => bytes),
        shownTicks: shown.map((ticks) => place.ticks + ticks + CHECK_OFFSET_TICKS),
      },
      silent: sound?.silent ?? [],
    };
  }

  /** Within a segment wall time goes on with the pictures: where it jumps, another one has to begin. */
  #checkWallTimes(from: readonly FedSegment[], lastTicks: number): void {
    const all = [...from, ...this.#fed.slice(0, 1)];
    for (const [index, { startTicks, stored }] of all.entries()) {
      const before = all[index - 1];
      if (!before || startTicks > lastTicks) continue;
      const expectedMs =
        before.stored.segment.startMs + ticksToMs(startTicks - before.startTicks, VIDEO_TIMESCALE);
      if (Math.abs(stored.segment.startMs - expectedMs) > WALL_JOIN_MS)
        throw disagree("there is no key frame where the footage goes on after a gap");
    }
  }

  /** Compares the pictures up to a time with those that were given. */
  #compare(shown: number[], endTicks: number): void {
    const end = this.#expected.findIndex((ticks) => ticks >= endTicks);
    const given = this.#expected.splice(0, end < 0 ? this.#expected.length : end);
    const wanted = keptTimes(given, this.#options.fps, this.#lastKept);
    this.#lastKept = wanted.at(-1) ?? this.#lastKept;
    const wrong = wanted.findIndex((ticks, index) => ticks !== shown[index]);
    if (wrong < 0 && wanted.length === shown.length) return;
    const found = `${shown.length} pictures came back, ${wanted.length} were expected`;
    const where = wrong < 0 ? "" : `; the first that differs is number ${wrong + 1}`;
    throw disagree(`${found}${where}`);
  }
}

const disagree = (found: string): NightjarError =>
  new NightjarError(
    "unprocessable",
    `The result does not agree with the original: ${found}. Pictures that can't be decoded are missing in it`,
  );
