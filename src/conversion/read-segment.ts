import { crc32 } from "node:zlib";
import type { Footage } from "../archive/footage.ts";
import { parseJournal } from "../archive/journal/journal.ts";
import { journalPathOf } from "../archive/write/recording-paths.ts";
import type { Recording } from "../db/index/rows.ts";
import { parseInit } from "../media/fmp4/init.ts";
import { FragmentReader } from "../media/fmp4/reader.ts";
import { parseSegmentHeader, type ParsedSegmentTrack } from "../media/fmp4/segment.ts";
import type { RunParameters, Sample } from "../media/parameters.ts";
import { VIDEO_TIMESCALE } from "../media/parameters.ts";
import { convertTicksNearest } from "../media/ticks.ts";
import { tsSamples } from "../media/ts/stream-samples.ts";
import { errorText, NightjarError } from "../platform/errors.ts";
import type { Files } from "../platform/files.ts";
import { isoOf } from "../platform/zone.ts";
import { KeepAsIs, soundWords } from "./keep-as-is.ts";
import { lostInFilm } from "./lost-in-film.ts";
import { madeSegment, storedBytes } from "../playback/kept-body.ts";
import type { StoredSegment } from "../playback/stored-segment.ts";

/** A coded picture of a stored segment, in the order of decoding. */
export type SourcePicture = {
  /** When it is shown, in 90,000ths of a second since the segment's first moment; hardly ever negative. */
  shownTicks: number;
  isKey: boolean;
  /** NAL units with four bytes of length in front of each. */
  bytes: Uint8Array;
};

/** A raw AAC frame; when it is heard, in ticks of the sound since the segment's first moment. */
export type SourceFrame = { heardTicks: number; durationTicks: number; bytes: Uint8Array };

export type SourceSegment = { pictures: SourcePicture[]; frames: SourceFrame[] };

/** Frames of whole files may be heard this long before the first picture, in 90,000ths of a second. */
const EARLY_TICKS = 900_000;

/** Reads stored segments, of whatever format, as samples; what is not as it was stored is an error. */
export class SegmentReader {
  readonly #footage: Footage;
  readonly #files: Files;
  readonly #zone: string;
  readonly #checksums = new Map<string, Promise<ReadonlyMap<number, number>>>();

  constructor(footage: Footage, files: Files, zone: string) {
    this.#footage = footage;
    this.#files = files;
    this.#zone = zone;
  }

  /**
   * @throws NightjarError `unprocessable` when the segment is damaged or gone, `unavailable` when it can't be read now;
   * either names the time of the footage
   * @throws KeepAsIs when it holds what no film of ours can
   */
  async read(stored: StoredSegment, parameters: RunParameters): Promise<SourceSegment> {
    try {
      const bytes = await storedBytes(this.#footage, stored);
      await this.#check(stored, bytes);
      return await this.#samples(stored, bytes, parameters);
    } catch (error) {
      throw this.#named(stored, error);
    }
  }

  #named({ recording, segment }: StoredSegment, error: unknown): unknown {
    if (!(error instanceof NightjarError)) return error;
    const at = isoOf(segment.startMs, this.#zone);
    const cause = error.cause instanceof Error ? `: ${errorText(error.cause)}` : "";
    // A storage that is away may come back; what is damaged stays so.
    const mayPass = error.kind === "unavailable" && !error.message.includes("damaged");
    return new NightjarError(
      mayPass ? "unavailable" : "unprocessable",
      `The footage of ${at} (segment ${recording.id}-${segment.ordinal}) can't be converted: ${error.message}${cause}`,
      { cause: error },
    );
  }

  async #check({ recording, segment }: StoredSegment, bytes: Uint8Array): Promise<void> {
    let known = this.#checksums.get(recording.id);
    if (known === undefined) {
      known = this.#readChecksums(recording);
      this.#checksums.set(recording.id, known);
    }
    const wanted = (await known).get(segment.ordinal);
    if (wanted === undefined || wanted === crc32(bytes)) return;
    throw new NightjarError("unprocessable", "its bytes have changed since they were stored");
  }

  async #readChecksums(recording: Recording): Promise<ReadonlyMap<number, number>> {
    const path = this.#footage.mediaPath(recording);
    if (path === undefined) return new Map();
    const bytes = await this.#files.read(journalPathOf(path)).catch(() => undefined);
    if (bytes === undefined) return new Map();
    try {
      return new Map(parseJournal(bytes).entries.map((entry) => [entry.ordinal, entry.crc32]));
    } catch (error) {
      throw new NightjarError("unprocessable", "its journal is damaged", { cause: error });
    }
  }

  async #samples(
    stored: StoredSegment,
    bytes: Uint8Array,
    parameters: RunParameters,
  ): Promise<SourceSegment> {
    switch (stored.run.format) {
      case "nightjar":
        return ownSamples(bytes, stored.segment.mediaTicks, parameters);
      case "mp4": {
        keepWhatIsLost(bytes);
        const made = await madeSegment(this.#footage, stored, "both", EARLY_TICKS);
        return ownSamples(made, EARLY_TICKS, parameters);
      }
      case "fmp4":
        keepWhatIsLost(stored.run.init);
        return fragmentSamples(stored.run.init, bytes, parameters);
      case "ts":
        return streamSamples(bytes, parameters);
    }
  }
}

function keepWhatIsLost(bytes: Uint8Array): void {
  const lost = lostInFilm(bytes);
  if (lost !== undefined) throw new KeepAsIs(lost);
}

type Placed = { sample: Sample; decodeTicks: number; bytes: Uint8Array };

/** The samples of a track one after the other, with their bytes. */
function* placed(
  { decodeTicks, samples }: Pick<ParsedSegmentTrack, "decodeTicks" | "samples">,
  payload: Uint8Array,
): Generator<Placed> {
  let ticks = decodeTicks;
  let at = 0;
  for (const sample of samples) {
    const bytes = payload.subarray(at, at + sample.sizeBytes);
    if (bytes.length < sample.sizeBytes)
      throw new NightjarError("unprocessable", "a sample reaches over its end");
    yield { sample, decodeTicks: ticks, bytes };
    ticks += sample.durationTicks;
    at += sample.sizeBytes;
  }
}

/** A segment as our own writer makes them, whose first moment has `startTicks`. */
function ownSamples(bytes: Uint8Array, startTicks: number, { audio }: RunParameters): SourceSegment {
  const header = parseSegmentHeader(bytes);
  const videoEnd = header.headerBytes + header.video.sizeBytes;
  const video = bytes.subarray(header.headerBytes, videoEnd);
  const pictures = [...placed(header.video, video)].map((one) => ({
    shownTicks: one.decodeTicks + one.sample.compositionOffsetTicks - startTicks,
    isKey: one.sample.isKey,
    bytes: one.bytes,
  }));
  if (!header.audio || !audio) return { pictures, frames: [] };
  const audioStart = convertTicksNearest(startTicks, VIDEO_TIMESCALE, audio.timescale);
  const frames = [...placed(header.audio, bytes.subarray(videoEnd))].map((one) => ({
    heardTicks: one.decodeTicks - audioStart,
    durationTicks: one.sample.durationTicks,
    bytes: one.bytes,
  }));
  return { pictures, frames };
}

/** Fragments as they came, whose times are their source's. */
function fragmentSamples(init: Uint8Array, bytes: Uint8Array, { audio }: RunParameters): SourceSegment {
  const tracks = parseInit(init);
  const { video } = tracks;
  if (!video) throw new NightjarError("unprocessable", "its init has no pictures");
  const reader = new FragmentReader();
  const events = [...reader.push(init), ...reader.push(bytes)];
  const of = (trackId: number | undefined): Placed[] =>
    events.flatMap((event) =>
      event.kind === "init"
        ? []
        : event.tracks
            .filter((track) => track.trackId === trackId)
            .flatMap((track) => [...placed(track, track.payload)]),
    );
  const shown = of(video.trackId).map(({ sample, decodeTicks, bytes: picture }) => ({
    ticks: decodeTicks + sample.compositionOffsetTicks + video.editOffsetTicks,
    isKey: sample.isKey,
    bytes: picture,
  }));
  const firstTicks = shown.reduce((least, { ticks }) => Math.min(least, ticks), Number.POSITIVE_INFINITY);
  const pictures = shown.map(({ ticks, isKey, bytes: picture }) => ({
    shownTicks: convertTicksNearest(ticks - firstTicks, video.timescale, VIDEO_TIMESCALE),
    isKey,
    bytes: picture,
  }));
  if (!audio || !tracks.audio || pictures.length === 0) return { pictures, frames: [] };
  const { trackId, timescale, editOffsetTicks } = tracks.audio;
  const startTicks = convertTicksNearest(firstTicks, video.timescale, audio.timescale);
  const frames = of(trackId).map(({ sample, decodeTicks, bytes: frame }) => ({
    heardTicks: convertTicksNearest(decodeTicks + editOffsetTicks, timescale, audio.timescale) - startTicks,
    durationTicks: convertTicksNearest(sample.durationTicks, timescale, audio.timescale),
    bytes: frame,
  }));
  return { pictures, frames };
}

function streamSamples(bytes: Uint8Array, { audio }: RunParameters): SourceSegment {
  const { pictures, frames, soundKind, soundCount } = tsSamples(bytes);
  if (soundCount > 1) throw new KeepAsIs(`it has ${soundCount} tracks of sound; a smaller film holds one`);
  if (!audio) return { pictures, frames: [] };
  if (soundKind !== undefined && soundKind !== "adts") throw new KeepAsIs(soundWords(soundKind));
  return {
    pictures,
    frames: frames.map((frame) => ({
      heardTicks: Math.round((frame.heardTicks * audio.timescale) / VIDEO_TIMESCALE),
      durationTicks: audio.frameTicks,
      bytes: frame.bytes,
    })),
  };
}
