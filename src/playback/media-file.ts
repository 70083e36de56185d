import { open, type FileHandle } from "node:fs/promises";
import type { Footage } from "../archive/footage.ts";
import type { Recording } from "../db/index/rows.ts";
import { readCached } from "../platform/cached-read.ts";
import { NightjarError, notFound, systemErrorCode } from "../platform/errors.ts";
import { openFiles } from "../platform/open-files.ts";

/** Reads bytes of one media file. */
export type MediaReader = {
  /** Fills `target` from a position in the file, in bytes. Throws `unavailable` if the file ends before. */
  read(target: Uint8Array, position: number): Promise<void>;
};

async function fillFrom(file: FileHandle, target: Uint8Array, position: number): Promise<void> {
  let filled = readCached(file.fd, target, position);
  while (filled < target.length) {
    const { bytesRead } = await file.read(target, filled, target.length - filled, position + filled);
    if (bytesRead === 0)
      throw new NightjarError("unavailable", "This footage is damaged: its file ends too early");
    filled += bytesRead;
  }
}

/** What a failure to open or read a media file means to those who asked for it. */
export function mediaFileError(error: unknown): unknown {
  const code = systemErrorCode(error);
  if (code === "ENOENT" || code === "ENOTDIR") return notFound("This footage is no longer on the disk");
  if (code === undefined) return error;
  return new NightjarError("unavailable", `This footage can't be read at the moment (${code})`, {
    cause: error,
  });
}

/** Where a recording's file is. Throws `unavailable` when its storage is not there. */
export function mediaPathOf(footage: Footage, recording: Recording): string {
  const path = footage.mediaPath(recording);
  if (path !== undefined) return path;
  throw new NightjarError("unavailable", "The storage that holds this footage is not there at the moment");
}

/** A media file that stays open until it is closed; what is deleted meanwhile can still be read. */
export type OpenMediaFile = MediaReader & { close(): Promise<void> };

/**
 * Opens a recording's file. It and its `read` throw `not-found` when the file is gone, `unavailable` when its
 * storage is not there or it can't be read now.
 */
export async function openMediaFile(footage: Footage, recording: Recording): Promise<OpenMediaFile> {
  const path = mediaPathOf(footage, recording);
  try {
    const file = await open(path, "r");
    return {
      read: (target, position) =>
        fillFrom(file, target, position).catch((error: unknown) => {
          throw mediaFileError(error);
        }),
      close: () => file.close().catch(() => undefined),
    };
  } catch (error) {
    throw mediaFileError(error);
  }
}

/** Opens a recording's file for the time of `work`, or takes one that is open already. Throws as `openMediaFile`. */
export async function withMediaFile<T>(
  footage: Footage,
  recording: Recording,
  work: (reader: MediaReader) => Promise<T>,
): Promise<T> {
  const path = mediaPathOf(footage, recording);
  try {
    return await openFiles.with(path, (file) =>
      work({ read: (target, position) => fillFrom(file, target, position) }),
    );
  } catch (error) {
    throw mediaFileError(error);
  }
}
