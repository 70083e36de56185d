import { join } from "node:path";
import { z } from "zod";
import { rightsAdvice } from "../../platform/data-folder.ts";
import { NightjarError, systemErrorCode } from "../../platform/errors.ts";
import type { Files } from "../../platform/files.ts";

/** Name of the file that tells one disk from another. */
export const ROOT_FILE = ".nightjar-storage.json";
/** The layout of footage that this version writes. */
const ROOT_FORMAT = 1;
/** Of a longer file under that name no more is read. */
const MAX_FILE_BYTES = 4096;

const rootFileSchema = z.object({
  id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  format: z.int().min(1),
});

/** What an id file says, and the device on which it lies. */
export type RootFile = { id: string; device: number };

/** The id of the storage root at `path`. As `readRootFile`. */
export async function readRootId(files: Files, path: string): Promise<string | undefined> {
  return (await readRootFile(files, path))?.id;
}

/**
 * The id file of the storage root at `path`; `undefined` when there is none.
 * Throws `config` when the file can't be understood, or was written by a newer version.
 */
export async function readRootFile(files: Files, path: string): Promise<RootFile | undefined> {
  const file = join(path, ROOT_FILE);
  const stat = await files.stat(file);
  if (stat === undefined) return undefined;
  // Every upload asks: a whole file is read in one call, a part of it takes four.
  const isShort = stat.sizeBytes <= MAX_FILE_BYTES;
  const bytes = isShort ? await files.read(file) : await files.readRange(file, 0, MAX_FILE_BYTES);
  const text = new TextDecoder().decode(bytes);
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    content = undefined;
  }
  const parsed = rootFileSchema.safeParse(content);
  if (!parsed.success)
    throw new NightjarError(
      "config",
      `${file} is damaged: found ${JSON.stringify(text.slice(0, 80))}; wanted: {"id": …, "format": ${ROOT_FORMAT}}`,
    );
  if (parsed.data.format > ROOT_FORMAT)
    throw new NightjarError(
      "config",
      `${path} was written by a newer version of Nightjar (format ${parsed.data.format}; this one knows ${ROOT_FORMAT})`,
    );
  return { id: parsed.data.id, device: stat.device };
}

const unusable: Record<string, string> = {
  EACCES: "this user may not write there",
  EPERM: "this user may not write there",
  EROFS: "it is read-only",
  EEXIST: "it is a file; wanted: a folder",
  ENOTDIR: "a part of it is a file; wanted: folders",
  ENOSPC: "its disk is full",
  EDQUOT: "this user's share of its disk is used up",
};

/**
 * Makes the folder, if need be, and gives it an id. Throws `unavailable`, with the same words each time, when that
 * can't be done.
 */
export async function writeRootId(files: Files, path: string, id: string): Promise<void> {
  const text = `${JSON.stringify({ id, format: ROOT_FORMAT })}\n`;
  try {
    await files.makeFolder(path);
    await files.writeWhole(join(path, ROOT_FILE), new TextEncoder().encode(text));
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined) throw error;
    throw new NightjarError("unavailable", `${path} can't take footage: ${unusable[code] ?? code}`, {
      details: rightsAdvice(error),
      cause: error,
    });
  }
}
