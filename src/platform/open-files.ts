import { open, type FileHandle } from "node:fs/promises";

/** Files that are kept open at most, beside those in use. */
const MOST_IDLE = 32;
/** A file that nobody reads is closed after so long, in ms. */
const IDLE_MS = 2000;

type Entry = { file: Promise<FileHandle>; users: number; idleSinceMs: number };

/** Files open for reading, each once for all who read it and for a moment longer. */
export class OpenFiles {
  readonly #entries = new Map<string, Entry>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Lends the file for the time of `work`. Throws what opening it throws; after a failure it is opened anew. */
  async with<T>(path: string, work: (file: FileHandle) => Promise<T>): Promise<T> {
    const entry = this.#entries.get(path) ?? this.#open(path);
    entry.users++;
    try {
      return await work(await entry.file);
    } catch (error) {
      if (this.#entries.get(path) === entry) this.#entries.delete(path);
      throw error;
    } finally {
      entry.users--;
      entry.idleSinceMs = performance.now();
      if (this.#entries.get(path) !== entry) await closeUnused(entry);
      else if (this.#entries.size > MOST_IDLE) this.#closeIdle();
      else this.#timer ??= setTimeout(() => this.#closeIdle(), IDLE_MS).unref();
    }
  }

  /**
   * Closes the file unless somebody reads it at this moment, and keeps it open no longer: to be called before it is
   * deleted, or it would take up its space although it is gone.
   */
  async drop(path: string): Promise<void> {
    const entry = this.#entries.get(path);
    if (!entry) return;
    this.#entries.delete(path);
    await closeUnused(entry);
  }

  #open(path: string): Entry {
    const entry = { file: open(path, "r"), users: 0, idleSinceMs: 0 };
    this.#entries.set(path, entry);
    return entry;
  }

  #closeIdle(): void {
    clearTimeout(this.#timer);
    const nowMs = performance.now();
    const idle = [...this.#entries].filter(([, entry]) => entry.users === 0);
    const surplus = idle.length - MOST_IDLE;
    for (const [index, [path, entry]] of idle.entries()) {
      if (index >= surplus && nowMs - entry.idleSinceMs < IDLE_MS) continue;
      this.#entries.delete(path);
      void closeUnused(entry);
    }
    const isEmpty = this.#entries.size === 0;
    this.#timer = isEmpty ? undefined : setTimeout(() => this.#closeIdle(), IDLE_MS).unref();
  }
}

/** Closes what was taken out of the list and is read by nobody any more. */
async function closeUnused({ file, users }: Entry): Promise<void> {
  if (users > 0) return;
  const opened = await file.catch(() => undefined);
  await opened?.close().catch(() => undefined);
}

/** The one list of this process: what deletes files has to know what reads them. */
export const openFiles = new OpenFiles();
