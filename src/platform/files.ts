import { constants } from "node:fs";
import {
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  stat,
  statfs,
  truncate,
  unlink,
} from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { systemErrorCode } from "./errors.ts";
import { openFiles } from "./open-files.ts";

/** A file that is being written. Every call goes through the thread pool; errors are system errors with `code`. */
export interface OpenFile {
  readonly path: string;
  /**
   * Writes the parts one after the other, beginning at `positionBytes`, as one `writev` where the system takes
   * it in one. When it rejects, any part of them may have been written.
   */
  write(parts: readonly Uint8Array[], positionBytes: number): Promise<void>;
  /** Makes the contents and the size durable (`fdatasync`). After an error nothing is known about either. */
  datasync(): Promise<void>;
  truncate(sizeBytes: number): Promise<void>;
  close(): Promise<void>;
}

export type FileStat = {
  kind: "file" | "folder" | "other";
  sizeBytes: number;
  modifiedMs: number;
  device: number;
};
export type FolderEntry = { name: string; kind: "file" | "folder" | "other" };
export type DiskSpace = { totalBytes: number; freeBytes: number };

/**
 * The file system, as much of it as the archive needs. Tests put a layer in its place that knows what a power
 * cut may leave behind.
 */
export interface Files {
  /** Makes a file that must not be there yet (`EEXIST`), for writing. Its name is durable after `syncFolder`. */
  create(path: string): Promise<OpenFile>;
  /** Opens a file that is there, for writing. */
  open(path: string): Promise<OpenFile>;
  /** Makes a folder and those above it; answers those that were not there, the outermost first. */
  makeFolder(path: string): Promise<string[]>;
  /** Makes the names in a folder durable: those that came, went or changed. */
  syncFolder(path: string): Promise<void>;
  read(path: string): Promise<Uint8Array>;
  /** At most `lengthBytes` from `offsetBytes`; fewer when the file ends before. */
  readRange(path: string, offsetBytes: number, lengthBytes: number): Promise<Uint8Array>;
  /** Replaces a whole file, or makes it: after it resolves the new bytes are durable, before it the old ones are. */
  writeWhole(path: string, bytes: Uint8Array): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  truncate(path: string, sizeBytes: number): Promise<void>;
  /** Names in a folder, in no order; `undefined` when it is not there. */
  list(path: string): Promise<FolderEntry[] | undefined>;
  /** `undefined` when there is nothing at the path. */
  stat(path: string): Promise<FileStat | undefined>;
  /** Space of the file system that holds `path`; free is what an ordinary user may take. */
  space(path: string): Promise<DiskSpace>;
}

/** The system takes at most 1024 parts at once (IOV_MAX). */
const MAX_PARTS = 1000;
const isMissing = (error: unknown): boolean => ["ENOENT", "ENOTDIR"].includes(systemErrorCode(error) ?? "");

/** What is left of `parts` after `writtenBytes` of them. */
function remaining(parts: readonly Uint8Array[], writtenBytes: number): Uint8Array[] {
  const left: Uint8Array[] = [];
  let skip = writtenBytes;
  for (const part of parts) {
    if (skip >= part.length) skip -= part.length;
    else {
      left.push(skip > 0 ? part.subarray(skip) : part);
      skip = 0;
    }
  }
  return left;
}

class DiskFile implements OpenFile {
  readonly path: string;
  readonly #handle: FileHandle;

  constructor(path: string, handle: FileHandle) {
    this.path = path;
    this.#handle = handle;
  }

  async write(parts: readonly Uint8Array[], positionBytes: number): Promise<void> {
    let left = parts.filter((part) => part.length > 0);
    let position = positionBytes;
    while (left.length > 0) {
      const { bytesWritten } = await this.#handle.writev(left.slice(0, MAX_PARTS), position);
      if (bytesWritten <= 0)
        throw Object.assign(new Error(`${this.path}: nothing was written`), { code: "EIO" });
      position += bytesWritten;
      left = remaining(left, bytesWritten);
    }
  }

  datasync(): Promise<void> {
    return this.#handle.datasync();
  }

  truncate(sizeBytes: number): Promise<void> {
    return this.#handle.truncate(sizeBytes);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    // Nothing was written by it: whoever waits for the names need not wait for its end.
    void handle.close().catch(() => undefined);
  }
}

async function readRange(path: string, offsetBytes: number, lengthBytes: number): Promise<Uint8Array> {
  const handle = await open(path, "r");
  try {
    const bytes = new Uint8Array(lengthBytes);
    let filled = 0;
    while (filled < lengthBytes) {
      const { bytesRead } = await handle.read(bytes, filled, lengthBytes - filled, offsetBytes + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return bytes.subarray(0, filled);
  } finally {
    await handle.close();
  }
}

async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.${crypto.randomUUID()}.tmp`);
  const handle = await open(temporary, "wx");
  try {
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw error;
  }
  await syncFolder(dirname(path));
}

async function makeFolder(path: string): Promise<string[]> {
  const outermost = await mkdir(path, { recursive: true });
  if (outermost === undefined) return [];
  const made: string[] = [];
  for (let folder = path; folder.length >= outermost.length; folder = dirname(folder)) made.unshift(folder);
  return made;
}

const kindOf = (entry: { isFile(): boolean; isDirectory(): boolean }): FileStat["kind"] =>
  entry.isFile() ? "file" : entry.isDirectory() ? "folder" : "other";

/** The files of this machine. */
export const diskFiles = (): Files => ({
  create: async (path) => new DiskFile(path, await open(path, "wx")),
  open: async (path) => new DiskFile(path, await open(path, "r+")),
  makeFolder,
  syncFolder,
  read: async (path) => new Uint8Array(await readFile(path)),
  readRange,
  writeWhole,
  rename,
  async unlink(path) {
    await openFiles.drop(path);
    await unlink(path);
  },
  truncate,
  async list(path) {
    try {
      return (await readdir(path, { withFileTypes: true })).map((entry) => ({
        name: entry.name,
        kind: kindOf(entry),
      }));
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  },
  async stat(path) {
    try {
      const found = await stat(path);
      return {
        kind: kindOf(found),
        sizeBytes: found.size,
        modifiedMs: Math.floor(found.mtimeMs),
        device: found.dev,
      };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  },
  async space(path) {
    const { bsize, blocks, bavail } = await statfs(path);
    return { totalBytes: bsize * blocks, freeBytes: bsize * bavail };
  },
});
