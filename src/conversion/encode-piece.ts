import type { JournalEntry } from "../archive/journal/journal-types.ts";
import type { ConvertConfig } from "../config/convert.ts";
import { buildInit, parseInit } from "../media/fmp4/init.ts";
import { FragmentReader, type ReaderTrack } from "../media/fmp4/reader.ts";
import { parameterSetsIn, videoParameters } from "../media/nal.ts";
import type { RunParameters, VideoParameters } from "../media/parameters.ts";
import { NightjarError, systemErrorCode } from "../platform/errors.ts";
import type { Files } from "../platform/files.ts";
import { spawnStream, type StreamProcess } from "../platform/process.ts";
import { PictureCheck } from "./check-pictures.ts";
import { encodeCommand } from "./commands.ts";
import { comparePictures } from "./compare-pictures.ts";
import type { Encoder } from "./encoders.ts";
import type { FilmWriter } from "./film-writer.ts";
import { chunkStream } from "./chunk-stream.ts";
import type { Piece } from "./plan-pieces.ts";
import { rateOf } from "./picture-rate.ts";
import type { SegmentReader } from "./read-segment.ts";
import { type MadeSegment, SegmentMaker } from "./segment-maker.ts";
import { SourceFeed } from "./source-feed.ts";
import { STALL_MS, Watchdog } from "./watchdog.ts";

/** A piece that was made and found good. */
export type MadePiece = {
  film: FilmWriter;
  entries: JournalEntry[];
  /** Numbers of segments and of frames in them that are silence which was put in. */
  silent: { ordinal: number; frames: readonly number[] }[];
  /** SHA-256 of the original's sound. */
  soundDigest: string;
  pictureCount: number;
  durationTicks: number;
};

export type FilmPlace = { film: FilmWriter; ticks: number; ordinal: number };

export type PieceOrder = {
  piece: Piece;
  reader: SegmentReader;
  files: Files;
  program: string;
  encoder: Encoder;
  settings: ConvertConfig;
  /** Folder for small files that are gone afterwards. */
  folder: string;
  /** The film for an init, and where the piece begins in it. */
  placeFor: (init: Uint8Array) => Promise<FilmPlace>;
  signal: AbortSignal;
  /** Resolves when work may go on. */
  pause: () => Promise<void>;
  /** How much of the piece was written, from 0 to 1. */
  progress: (share: number) => void;
  /** Told of the bytes that were written; throws when they are too many. */
  wrote: (sizeBytes: number) => void;
  stallMs?: number | undefined;
};

/** What a run's init says, in the timescales of our own inits, with sound that they can hold. */
export function parametersOf({ segments: [stored] }: Pick<Piece, "segments">): RunParameters {
  if (!stored) throw new NightjarError("internal", "a piece without segments");
  const { init } = stored.run;
  const parsed = parseInit(init);
  if (!parsed.video) throw new NightjarError("unprocessable", "The init of this footage has no pictures");
  return {
    video: parsed.video.parameters,
    ...(parsed.audio ? { audio: parsed.audio.parameters } : {}),
  };
}

/**
 * Encodes a piece and checks it while it is encoded: every picture of the result is decoded, their number and times and a
 * sample of them are compared with the original's. The film is synced when it resolves; when it rejects, the film may end
 * with anything.
 * @throws NightjarError `unprocessable` when the original can't be read or decoded, or the result does not agree with it;
 *   `unavailable` when it may be better later
 */
export async function encodePiece(order: PieceOrder): Promise<MadePiece> {
  const { files, folder } = order;
  const paths = { original: `${folder}/original.gray`, result: `${folder}/result.gray` };
  try {
    const made = await new PieceRun(order, paths).run();
    comparePictures(await files.read(paths.original), await files.read(paths.result));
    return made;
  } finally {
    for (const path of Object.values(paths)) await files.unlink(path).catch(() => undefined);
  }
}

class PieceRun {
  readonly #order: PieceOrder;
  readonly #paths: { original: string; result: string };
  readonly #stop = new AbortController();
  #feedError: unknown;
  #maker: SegmentMaker | undefined;
  #place: FilmPlace | undefined;
  #startBytes = 0;
  #check: PictureCheck | undefined;
  readonly #early: Parameters<SegmentMaker["fed"]>[0][] = [];
  readonly #entries: JournalEntry[] = [];
  readonly #silent: MadePiece["silent"] = [];
  #watchdog: Watchdog | undefined;

  constructor(order: PieceOrder, paths: { original: string; result: string }) {
    this.#order = order;
    this.#paths = paths;
  }

  async run(): Promise<MadePiece> {
    const { piece, reader, program, encoder, settings, signal, stallMs = STALL_MS } = this.#order;
    signal.throwIfAborted();
    const feed = await SourceFeed.begin(piece, reader, parametersOf(piece), (segment) =>
      this.#maker ? this.#maker.fed(segment) : void this.#early.push(segment),
    );
    const argv = encodeCommand({
      program,
      encoder,
      settings,
      picture: rateOf(feed.parameters.video, piece),
      cutTicks: cutsOf(piece),
      samplePath: this.#paths.original,
    });
    const input = chunkStream(
      feed.chunks(() => (this.#watchdog ? this.#watchdog.without(this.#order.pause) : this.#order.pause())),
      () => this.#watchdog?.touch(),
      (error) => {
        this.#feedError = error;
        this.#stop.abort();
      },
    );
    const both = AbortSignal.any([signal, this.#stop.signal]);
    const child = spawnStream(argv, { stdin: input, signal: both, isBackground: true });
    this.#check = new PictureCheck(program, this.#paths.result, both);
    this.#watchdog = new Watchdog([child, this.#check.process], stallMs);
    try {
      await this.#read(child, feed);
      return await this.#finish(child, feed);
    } catch (error) {
      throw this.#reasonOf(error, child);
    } finally {
      this.#watchdog.stop();
      this.#stop.abort();
      await Promise.all([child.stop(), this.#check.stop()]);
    }
  }

  /** Of several things that went wrong, the one that the others come from. */
  #reasonOf(error: unknown, child: StreamProcess): unknown {
    const { signal } = this.#order;
    if (signal.aborted) return signal.reason ?? error;
    if (this.#feedError !== undefined) return this.#feedError;
    try {
      this.#watchdog?.check();
    } catch (hang) {
      return hang;
    }
    const isFull = child.lastStderrLines().some((line) => line.includes("No space left on device"));
    if (isFull || systemErrorCode(error) === "ENOSPC") return diskFull();
    return error;
  }

  async #read(child: StreamProcess, feed: SourceFeed): Promise<void> {
    const fragments = new FragmentReader();
    for await (const chunk of child.stdout) {
      this.#watchdog?.touch();
      for (const event of fragments.push(chunk)) {
        if (event.kind === "init") this.#init = event.init;
        else for (const track of event.tracks) await this.#take(track, feed);
      }
    }
  }

  #init: Uint8Array | undefined;

  async #take(track: ReaderTrack, feed: SourceFeed): Promise<void> {
    if (!this.#maker) {
      this.#maker = await this.#begin(track, feed);
      // What was read meanwhile as well.
      for (const segment of this.#early.splice(0)) this.#maker.fed(segment);
    }
    for (const made of this.#maker.take(track)) await this.#write(made, feed);
  }

  /** What comes first says which film it belongs to. */
  async #begin(first: ReaderTrack, feed: SourceFeed): Promise<SegmentMaker> {
    const { audio } = feed.parameters;
    const init = buildInit({ video: this.#videoOf(first), ...(audio ? { audio } : {}) });
    const place = await this.#order.placeFor(init);
    this.#place = place;
    this.#startBytes = place.film.offsetBytes;
    const maker = new SegmentMaker({
      place: { ticks: place.ticks, offsetBytes: this.#startBytes, ordinal: place.ordinal },
      totalTicks: feed.totalTicks,
      audio,
      fps: this.#order.settings.fps,
    });
    await this.#check?.write(init);
    return maker;
  }

  #videoOf({ samples, payload }: ReaderTrack): VideoParameters {
    const { video } = this.#init ? parseInit(this.#init) : {};
    if (!video) throw new NightjarError("unavailable", "ffmpeg wrote no pictures");
    const { parameters } = video;
    if (parameters.parameterSets.length > 0) return parameters;
    // Some encoders of machines say it with the first picture only.
    const sets = parameterSetsIn(parameters.codec, payload.subarray(0, samples[0]?.sizeBytes ?? 0));
    return videoParameters(parameters.codec, sets);
  }

  async #write(made: MadeSegment, feed: SourceFeed): Promise<void> {
    const { progress, wrote } = this.#order;
    const place = this.#place;
    if (!place) return;
    const bytes = Buffer.concat(made.parts);
    wrote(bytes.length);
    await place.film.append([bytes]);
    this.#entries.push(made.entry);
    if (made.silent.length > 0) this.#silent.push({ ordinal: made.entry.ordinal, frames: made.silent });
    await this.#check?.take(made.pictures);
    progress((made.entry.mediaTicks + made.entry.durationTicks - place.ticks) / feed.totalTicks);
  }

  async #finish(child: StreamProcess, feed: SourceFeed): Promise<MadePiece> {
    const { code, signal } = await child.exited;
    if (this.#feedError !== undefined) throw this.#feedError;
    if (code !== 0) throw encoderEnded(code, signal, child.lastStderrLines());
    const maker = this.#maker;
    const place = this.#place;
    if (!maker || !place) throw encoderEnded(code, signal, child.lastStderrLines());
    for (const made of maker.end()) await this.#write(made, feed);
    await Promise.all([this.#check?.finish(), place.film.sync()]);
    return {
      film: place.film,
      entries: this.#entries,
      silent: this.#silent,
      soundDigest: maker.soundDigest(),
      pictureCount: maker.pictureCount,
      durationTicks: feed.totalTicks,
    };
  }
}

/** When the segments of a piece begin, in 90,000ths of a second since its first picture. */
function cutsOf({ segments }: Piece): number[] {
  const cuts: number[] = [];
  let ticks = 0;
  for (const { segment } of segments) {
    cuts.push(ticks);
    ticks += segment.durationTicks;
  }
  return cuts;
}

const diskFull = (): NightjarError =>
  new NightjarError(
    "unavailable",
    "The disk is full: there is no room for the converted day beside the original",
  );

function encoderEnded(
  code: number | undefined,
  signal: string | undefined,
  lines: readonly string[],
): NightjarError {
  const how = signal === undefined ? `with code ${code ?? "unknown"}` : `by ${signal}`;
  const why = lines.find((line) => line.trim() !== "");
  const said = why === undefined ? "" : `: ${why.slice(0, 200)}`;
  return new NightjarError("unavailable", `ffmpeg ended ${how}${said}`);
}
