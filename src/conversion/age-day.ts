import type { AgedFile, AgeingSource, Kept } from "../archive/aged/aged-day.ts";
import type { Footage } from "../archive/footage.ts";
import type { ConvertConfig } from "../config/convert.ts";
import { NightjarError } from "../platform/errors.ts";
import type { Files } from "../platform/files.ts";
import { agedFile, partsOf } from "./aged-files.ts";
import { encodePiece } from "./encode-piece.ts";
import type { EncoderChoice } from "./encoders.ts";
import { KeepAsIs, noSmaller, soundWords } from "./keep-as-is.ts";
import { otherSoundOf, type Piece, planPieces, settingsText } from "./plan-pieces.ts";
import { readBack } from "./read-back.ts";
import { SegmentReader } from "./read-segment.ts";
import { WorkFolder } from "./work-folder.ts";

export type AgeOptions = {
  footage: Footage;
  files: Files;
  encoders: EncoderChoice;
  settings: ConvertConfig;
  signal: AbortSignal;
  /** Resolves when work may go on. */
  pause: () => Promise<void>;
  /** How far it is, from 0 to 1, and what is being done in words. */
  progress: (share: number, note: string) => void;
  /** Looks, before each piece, whether there is room for what is left. Throws `unavailable` when there is none. */
  room?: () => Promise<void>;
  /** Told when a piece is durable: how many of how many are done. */
  saved?: (done: number, of: number) => void;
  stallMs?: number | undefined;
};

/** What became of a day: films that may take its place, or why it is kept as it is. */
export type Aged =
  | {
      work: WorkFolder;
      files: AgedFile[];
      /** Bytes of the originals and of the films. */
      beforeBytes: number;
      afterBytes: number;
      pictureCount: number;
    }
  | { work: WorkFolder; keep: Kept };

/** The share of the work that encoding is; the rest is reading back. */
const ENCODING_SHARE = 0.97;

/** A day with sound that is not AAC stays as it is: it would be lost. */
function unusualSound(pieces: readonly Piece[]): string | undefined {
  for (const { segments } of pieces) {
    const sound = segments[0] && otherSoundOf(segments[0]);
    if (sound !== undefined) return soundWords(sound);
  }
  return undefined;
}

/**
 * Makes the films of a day and verifies them; nothing outside of the day's work folder is changed. Piece by piece: what is
 * durable is used again after an interruption.
 * @throws NightjarError as `encodePiece` and `readBack`; the original is untouched
 */
export async function ageDay(source: AgeingSource, options: AgeOptions): Promise<Aged> {
  const { files, settings, progress } = options;
  const pieces = planPieces(source, settings);
  const work = await WorkFolder.open(files, source.folder, pieces);
  try {
    const sound = unusualSound(pieces);
    if (sound !== undefined) return { work, keep: { why: sound } };
    const beforeBytes = source.recordings.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    await encodeAll(source, pieces, work, beforeBytes, options);
    progress(ENCODING_SHARE, "reading the result back from the disk");
    const made = await readAll(pieces, work, options);
    const afterBytes = made.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    if (afterBytes >= beforeBytes) throw noSmaller();
    const pictureCount = work.pieces.reduce((sum, piece) => sum + piece.pictureCount, 0);
    return { work, files: made, beforeBytes, afterBytes, pictureCount };
  } catch (error) {
    if (error instanceof KeepAsIs) {
      const bySettings = error.isBySettings ? { settings: settingsText(settings) } : {};
      return { work, keep: { why: error.message, ...bySettings } };
    }
    await work.close();
    throw error;
  }
}

async function encodeAll(
  source: AgeingSource,
  pieces: readonly Piece[],
  work: WorkFolder,
  beforeBytes: number,
  options: AgeOptions,
): Promise<void> {
  const { footage, files, encoders, settings, signal, pause, progress, room, saved, stallMs } = options;
  const lengths = pieces.map(({ segments }) =>
    segments.reduce((sum, { segment }) => sum + segment.durationTicks, 0),
  );
  const total = lengths.reduce((sum, length) => sum + length, 0);
  let before = 0;
  for (const [index, piece] of pieces.entries()) {
    const length = lengths[index] ?? 0;
    if (index >= work.pieces.length) {
      await room?.();
      const reader = new SegmentReader(footage, files, source.zone);
      const encoder = await encoders.for(settings);
      const note = `part ${index + 1} of ${pieces.length}, by ${encoder.name}`;
      const made = await encodePiece({
        piece,
        reader,
        files,
        encoder,
        settings,
        signal,
        pause,
        stallMs,
        program: encoders.program(),
        folder: work.path,
        placeFor: async (init) => {
          const film = await work.filmFor(init, piece.layer);
          return {
            film,
            ...work.lengthOf(film),
          };
        },
        progress: (share) => progress((ENCODING_SHARE * (before + share * length)) / total, note),
        wrote: (sizeBytes) => {
          if (work.sizeBytes + sizeBytes >= beforeBytes) throw noSmaller();
        },
      });
      await work.done(piece.fingerprint, made);
      saved?.(index + 1, pieces.length);
    }
    before += length;
  }
}

async function readAll(
  pieces: readonly Piece[],
  work: WorkFolder,
  { files, pause }: AgeOptions,
): Promise<AgedFile[]> {
  const parts = partsOf(pieces, work.pieces);
  const made: AgedFile[] = [];
  for (const [index, film] of work.films.entries()) {
    const own = work.pieces.filter((piece) => piece.film === index);
    const read = await readBack(files, film.path, own, pause);
    made.push(agedFile(film.path, film.init, read, parts.get(index) ?? []));
  }
  if (made.length === 0) throw new NightjarError("unprocessable", "The day has no pictures");
  return made;
}
