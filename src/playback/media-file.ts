import { open, type FileHandle } from "node:fs/promises";
import { isAbsolute } from "node:path";
import type { Footage } from "../archive/footage.ts";
import type { Recording } from "../db/index/rows.ts";
import { isPartOfFile, segmentBytes, type Segment } from "../media/segment-list.ts";
import { readCached } from "../platform/cached-read.ts";
import { NightjarError, notFound, systemErrorCode } from "../platform/errors.ts";
import { openFiles } from "../platform/open-files.ts";

/** Reads bytes of one media file. */
export type MediaReader = {
  /** Fills `target` from a position in the file, in bytes. Throws `unavailable` if the file ends before. */
  read(target: Uint8Array, position: number): Promise<void>;
};

/** The same of a file that is lent, which also tells how long it is, in bytes. */
export type LentFile = MediaReader & { sizeBytes(): Promise<number> };

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

/** Where a recording's file is, or a segment's own. Throws `unavailable` when its storage is not there. */
export function mediaPathOf(footage: Footage, recording: Recording, segment?: Segment): string {
  const path = footage.mediaPath(recording, segment);
  if (path !== undefined) return path;
  throw new NightjarError("unavailable", "The storage that holds this footage is not there at the moment");
}

/** A media file that stays open until it is closed; what is deleted meanwhile can still be read. */
export type OpenMediaFile = MediaReader & { close(): Promise<void> };

/**
 * A segment's own file must be the one that it was made of: another one may have taken its name since. In the archive
 * itself that is told by its size alone, as a restored backup has other times.
 */
async function checkOwnFile(file: FileHandle, segment: Segment | undefined): Promise<void> {
  if (!segment?.file) return;
  const { size, mtimeMs } = await file.stat();
  const isSameTime = !isAbsolute(segment.file.name) || Math.abs(mtimeMs - segment.file.mtimeMs) < 1;
  const endBytes = segment.offsetBytes + segmentBytes(segment);
  const isSameSize = isPartOfFile(segment) ? size >= endBytes : size === endBytes;
  if (isSameSize && isSameTime) return;
  throw notFound("This footage was replaced by another file");
}

/**
 * Opens a recording's file, or the own one of one of its segments. It and its `read` throw `not-found` when the file is gone, `unavailable` when its
 * storage is not there or it can't be read now.
 */
export async function openMediaFile(
  footage: Footage,
  recording: Recording,
  segment?: Segment,
): Promise<OpenMediaFile> {
  const path = mediaPathOf(footage, recording, segment);
  try {
    const file = await open(path, "r");
    await checkOwnFile(file, segment).catch(async (error: unknown) => {
      await file.close();
      throw error;
    });
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

/** Opens the file for the time of `work`, or takes one that is open already. Throws as `openMediaFile`. */
export async function withMediaFile<T>(
  footage: Footage,
  recording: Recording,
  work: (reader: LentFile) => Promise<T>,
  segment?: Segment,
): Promise<T> {
  const path = mediaPathOf(footage, recording, segment);
  try {
    return await openFiles.with(path, async (file) => {
      await checkOwnFile(file, segment);
      return work({
        read: (target, position) => fillFrom(file, target, position),
        sizeBytes: async () => (await file.stat()).size,
      });
    });
  } catch (error) {
    throw mediaFileError(error);
  }
}
