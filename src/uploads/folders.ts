import { link } from "node:fs/promises";
import { dirname } from "node:path";
import { systemErrorCode } from "../platform/errors.ts";
import type { Files } from "../platform/files.ts";

/** Folders whose names are durable, and those above them that had to be made. */
export class DurableFolders {
  readonly #files: Files;
  readonly #synced = new Map<string, Promise<void>>();

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
