import { rmdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { JournalEntry } from "../archive/journal/journal-types.ts";
import { attempt } from "../media/bits.ts";
import type { Files } from "../platform/files.ts";
import type { MadePiece } from "./encode-piece.ts";
import { FilmWriter } from "./film-writer.ts";

/** Name of the folder with unfinished work in the folder of a date. */
export const WORK_FOLDER = ".ageing";
/** All names that the work on a day gives to files; whatever else lies in its folder is somebody else's. */
const OWN_NAME =
  /^(?:film-\d+\.mp4|piece-\d+\.json|\.piece-\d+\.json\..+\.tmp|trial\.mp4|(?:original|result)\.gray)$/;

const number = z.number();
const entrySchema = z.object({
  ordinal: number,
  startMs: number,
  mediaTicks: number,
  durationTicks: number,
  offsetBytes: number,
  headerBytes: number,
  videoBytes: number,
  audioBytes: number,
  activityBytes: number,
  crc32: number,
}) satisfies z.ZodType<JournalEntry>;

/** What is asked of a planned piece; see `Piece`. */
type PlannedPiece = { fingerprint: string; layer: number };

/** What is written down of a piece once its bytes are durable. */
const pieceSchema = z.object({
  version: z.literal(1),
  fingerprint: z.string(),
  /** Which of the films, from 0. */
  film: z.int().min(0),
  /** The film's init, base64. */
  init: z.string(),
  /** The film's length with this piece, in bytes. */
  filmBytes: z.int().min(1),
  entries: z.array(entrySchema),
  silent: z.array(z.object({ ordinal: number, frames: z.array(number) })),
  soundDigest: z.string(),
  pictureCount: number,
  durationTicks: number,
});

/** A piece that is done: its segments lie in a film, durable and checked. */
export type DonePiece = Omit<z.output<typeof pieceSchema>, "version" | "init"> & { init: Uint8Array };

/**
 * The unfinished films of a day, in its folder: `film-0.mp4` … grow piece by piece, and `piece-0.json` … say what of them
 * is durable. After a kill the pieces that are written down are whole; what the films have behind them is cut off.
 */
export class WorkFolder {
  readonly path: string;
  readonly #files: Files;
  readonly #dayFolder: string;
  readonly #films: FilmWriter[] = [];
  /** The layer of each film. */
  readonly #layers: number[] = [];
  readonly pieces: DonePiece[] = [];

  private constructor(files: Files, dayFolder: string) {
    this.#files = files;
    this.#dayFolder = dayFolder;
    this.path = join(dayFolder, WORK_FOLDER);
  }

  /**
   * Opens the work on a day and keeps what was done of it, as far as it was made from the same, in the same way.
   * @param planned all pieces that the day has now, in order
   */
  static async open(files: Files, dayFolder: string, planned: readonly PlannedPiece[]): Promise<WorkFolder> {
    const work = new WorkFolder(files, dayFolder);
    await openWorkPath(files, dayFolder);
    await work.#takeUp(planned);
    return work;
  }

  get films(): readonly FilmWriter[] {
    return this.#films;
  }

  /** Bytes of all films so far. */
  get sizeBytes(): number {
    return this.#films.reduce((sum, film) => sum + film.init.length + film.offsetBytes, 0);
  }

  #piecePath(index: number): string {
    return join(this.path, `piece-${index}.json`);
  }

  #filmPath(index: number): string {
    return join(this.path, `film-${index}.mp4`);
  }

  async #takeUp(planned: readonly PlannedPiece[]): Promise<void> {
    for (const [index, { fingerprint }] of planned.entries()) {
      const piece = await this.#readPiece(index);
      if (piece?.fingerprint !== fingerprint || piece.film > this.#countFilms()) break;
      const film = await this.#files.stat(this.#filmPath(piece.film));
      if (film === undefined || film.sizeBytes < piece.filmBytes) break;
      this.pieces.push(piece);
    }
    const names = new Set([...this.pieces.keys()].map((index) => `piece-${index}.json`));
    for (let film = 0; film < this.#countFilms(); film++) names.add(`film-${film}.mp4`);
    for (const name of await ownNames(this.#files, this.path))
      if (!names.has(name)) await this.#files.unlink(join(this.path, name));
    await this.#files.syncFolder(this.path);
    for (let index = 0; index < this.#countFilms(); index++) {
      const place = this.pieces.findLastIndex(({ film }) => film === index);
      const last = this.pieces[place];
      if (!last) continue;
      this.#films.push(await FilmWriter.goOn(this.#files, this.#filmPath(index), last.init, last.filmBytes));
      this.#layers.push(planned[place]?.layer ?? 0);
    }
  }

  #countFilms(): number {
    return this.pieces.reduce((most, { film }) => Math.max(most, film + 1), 0);
  }

  async #readPiece(index: number): Promise<DonePiece | undefined> {
    const bytes = await this.#files.read(this.#piecePath(index)).catch(() => undefined);
    const json: unknown = bytes && attempt(() => JSON.parse(new TextDecoder().decode(bytes)));
    const parsed = pieceSchema.safeParse(json);
    if (!parsed.success) return undefined;
    const { version: _version, init, ...piece } = parsed.data;
    return { ...piece, init: new Uint8Array(Buffer.from(init, "base64")) };
  }

  /** The film of an init and a layer, made if there is none. */
  async filmFor(init: Uint8Array, layer: number): Promise<FilmWriter> {
    const known = this.#films.find(
      (film, index) => this.#layers[index] === layer && Buffer.compare(film.init, init) === 0,
    );
    if (known) return known;
    const film = await FilmWriter.create(this.#files, this.#filmPath(this.#films.length), init);
    this.#films.push(film);
    this.#layers.push(layer);
    return film;
  }

  /** Length of a film's footage so far, in ticks of the pictures, and how many segments it has. */
  lengthOf(film: FilmWriter): { ticks: number; ordinal: number } {
    const index = this.#films.indexOf(film);
    const own = this.pieces.filter((piece) => piece.film === index);
    return {
      ticks: own.reduce((sum, { durationTicks }) => sum + durationTicks, 0),
      ordinal: own.reduce((sum, { entries }) => sum + entries.length, 0),
    };
  }

  /** Writes down that a piece is done: it is durable when this resolves. */
  async done(fingerprint: string, made: MadePiece): Promise<void> {
    const { film, entries, silent, soundDigest, pictureCount, durationTicks } = made;
    const piece: DonePiece = {
      fingerprint,
      film: this.#films.indexOf(film),
      init: film.init,
      filmBytes: film.init.length + film.offsetBytes,
      entries,
      soundDigest,
      pictureCount,
      durationTicks,
      silent: silent.map(({ ordinal, frames }) => ({
        ordinal,
        frames: [...frames],
      })),
    };
    await this.#files.syncFolder(this.path);
    const json = JSON.stringify({
      ...piece,
      version: 1,
      init: Buffer.from(piece.init).toString("base64"),
    });
    await this.#files.writeWhole(this.#piecePath(this.pieces.length), new TextEncoder().encode(json));
    this.pieces.push(piece);
  }

  async close(): Promise<void> {
    for (const film of this.#films) await film.close();
  }

  /** Removes all that is left of the work. */
  async remove(): Promise<void> {
    await this.close();
    await removeWork(this.#files, this.#dayFolder);
  }
}

/** Makes the folder for the work on a day; answers its path. */
export async function openWorkPath(files: Files, dayFolder: string): Promise<string> {
  const path = join(dayFolder, WORK_FOLDER);
  const made = await files.makeFolder(path);
  if (made.length > 0) await files.syncFolder(dayFolder);
  return path;
}

const ownNames = async (files: Files, path: string): Promise<string[]> =>
  ((await files.list(path)) ?? [])
    .filter(({ name, kind }) => kind === "file" && OWN_NAME.test(name))
    .map(({ name }) => name);

/** Bytes of the unfinished work of a day. */
export async function workBytes(files: Files, dayFolder: string): Promise<number> {
  const path = join(dayFolder, WORK_FOLDER);
  let total = 0;
  for (const name of await ownNames(files, path))
    total += (await files.stat(join(path, name)))?.sizeBytes ?? 0;
  return total;
}

/** Removes the unfinished work of a day, if there is any, and its folder, unless something else lies in it. */
export async function removeWork(files: Files, dayFolder: string): Promise<void> {
  const path = join(dayFolder, WORK_FOLDER);
  for (const name of await ownNames(files, path)) await files.unlink(join(path, name));
  await rmdir(path).catch(() => undefined);
}
