import { link } from "node:fs/promises";
import { dirname } from "node:path";
import { systemErrorCode } from "../platform/errors.ts";
import type { Files } from "../platform/files.ts";

/** A sync of a folder that has begun, and the one behind it that is shared by all who came since. */
type RunningSync = { sync: Promise<void>; next: Promise<void> | undefined };

/** Folders whose names are durable, and those above them that had to be made. */
export class DurableFolders {
  readonly #files: Files;
  readonly #synced = new Map<string, Promise<void>>();
  readonly #running = new Map<string, RunningSync>();

  constructor(files: Files) {
    this.#files = files;
  }

  /** Makes a folder where there is none; resolves when its name is durable, whoever made it. */
  async make(path: string): Promise<void> {
    const made = await this.#files.makeFolder(path);
    if (made.length > 0 || !this.#synced.has(path)) {
      const synced = this.#sync(new Set([...made, path].map((folder) => dirname(folder))));
      this.#synced.set(path, synced);
      synced.catch(() => this.#synced.delete(path));
    }
    await this.#synced.get(path);
  }

  /**
   * Makes something in a folder by `work`, as soon as the folder's name is durable. A folder that was made before is
   * looked for only when `work` does not find it.
   */
  async in<T>(path: string, work: () => Promise<T>): Promise<T> {
    if (this.#synced.has(path)) {
      await this.#synced.get(path);
      try {
        return await work();
      } catch (error) {
        if (systemErrorCode(error) !== "ENOENT") throw error;
      }
    }
    await this.make(path);
    return work();
  }

  /**
   * Makes the names in a folder durable that are there now. A sync that has begun may not take them in, so all who ask
   * while one runs share the next one, and its error.
   */
  sync(path: string): Promise<void> {
    const before = this.#running.get(path);
    if (!before) return this.#begin(path);
    return (before.next ??= before.sync.catch(() => undefined).then(() => this.#begin(path)));
  }

  #begin(path: string): Promise<void> {
    const running: RunningSync = { sync: this.#files.syncFolder(path), next: undefined };
    this.#running.set(path, running);
    return running.sync.finally(() => {
      if (!running.next) this.#running.delete(path);
    });
  }

  async #sync(folders: ReadonlySet<string>): Promise<void> {
    for (const folder of folders) await this.#files.syncFolder(folder);
  }
}

/** Gives a file a second name; where the file system knows no such thing, the file moves. */
export async function keepAside(files: Files, from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (systemErrorCode(error) === "EEXIST") return;
    await files.rename(from, to);
  }
}
