import type { Files, OpenFile } from "../platform/files.ts";

/** One film that grows piece by piece: an init and segments. What a piece wrote counts once it is synced. */
export class FilmWriter {
  readonly path: string;
  readonly init: Uint8Array;
  readonly #file: OpenFile;
  #sizeBytes: number;

  private constructor(path: string, init: Uint8Array, file: OpenFile, sizeBytes: number) {
    this.path = path;
    this.init = init;
    this.#file = file;
    this.#sizeBytes = sizeBytes;
  }

  /** Makes a film, which must not be there yet. */
  static async create(files: Files, path: string, init: Uint8Array): Promise<FilmWriter> {
    if ((await files.stat(path)) !== undefined) await files.unlink(path);
    const file = await files.create(path);
    const film = new FilmWriter(path, init, file, 0);
    try {
      await film.append([init]);
    } catch (error) {
      await film.close();
      throw error;
    }
    return film;
  }

  /** Goes on with a film behind what counts; what lies after it is cut off. */
  static async goOn(files: Files, path: string, init: Uint8Array, sizeBytes: number): Promise<FilmWriter> {
    const file = await files.open(path);
    await file.truncate(sizeBytes);
    return new FilmWriter(path, init, file, sizeBytes);
  }

  /** Where the next byte goes, counted from the first segment's. */
  get offsetBytes(): number {
    return this.#sizeBytes - this.init.length;
  }

  async append(parts: readonly Uint8Array[]): Promise<void> {
    await this.#file.write(parts, this.#sizeBytes);
    this.#sizeBytes += parts.reduce((sum, { length }) => sum + length, 0);
  }

  /** Drops what was written behind a place, counted from the first segment's first byte. */
  async cutTo(offsetBytes: number): Promise<void> {
    this.#sizeBytes = this.init.length + offsetBytes;
    await this.#file.truncate(this.#sizeBytes);
  }

  sync(): Promise<void> {
    return this.#file.datasync();
  }

  close(): Promise<void> {
    return this.#file.close().catch(() => undefined);
  }
}
