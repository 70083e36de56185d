import { open, type FileHandle } from "node:fs/promises";
import type { Footage } from "../archive/footage.ts";
import type { Recording } from "../db/index/rows.ts";
import { NightjarError, notFound, systemErrorCode } from "../platform/errors.ts";

/** Reads bytes of one media file. */
export type MediaReader = {
  /** Fills `target` from a position in the file, in bytes. Throws `unavailable` if the file ends before. */
  read(target: Uint8Array, position: number): Promise<void>;
};

async function fillFrom(file: FileHandle, target: Uint8Array, position: number): Promise<void> {
  let filled = 0;
  while (filled < target.length) {
    const { bytesRead } = await file.read(target, filled, target.length - filled, position + filled);
    if (bytesRead === 0)
      throw new NightjarError("unavailable", "This footage is damaged: its file ends too early");
    filled += bytesRead;
  }
}

/**
 * Opens a recording's file for the time of `work`. Throws `not-found` when the file is gone, `unavailable`
 * when its storage is not there or it can't be read now.
 */
export async function withMediaFile<T>(
  footage: Footage,
  recording: Recording,
  work: (reader: MediaReader) => Promise<T>,
): Promise<T> {
  const path = footage.mediaPath(recording);
  if (path === undefined) {
    throw new NightjarError("unavailable", "The storage that holds this footage is not there at the moment");
  }
  let file: FileHandle | undefined;
  try {
    file = await open(path, "r");
    const handle = file;
    return await work({ read: (target, position) => fillFrom(handle, target, position) });
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") throw notFound("This footage is no longer on the disk");
    if (code === undefined) throw error;
    throw new NightjarError("unavailable", `This footage can't be read at the moment (${code})`, {
      cause: error,
    });
  } finally {
    await file?.close().catch(() => undefined);
  }
}
