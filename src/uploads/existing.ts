import { join } from "node:path";
import type { KnownFile } from "../archive/files/file-footage.ts";
import type { MediaFacts } from "../media/media-facts.ts";
import type { Files } from "../platform/files.ts";
import type { MediaExtension } from "./file-names.ts";
import { checksumOf, probeFile } from "./probe.ts";

/** A file that has a name already. */
export type ExistingFile = { path: string; sizeBytes: number; mtimeMs: number; known: KnownFile | undefined };

/** The file at a name of a folder; `undefined` when there is none. Throws errors of the disk. */
export async function existingFile(
  files: Files,
  folder: string,
  name: string,
  known: ReadonlyMap<string, KnownFile>,
): Promise<ExistingFile | undefined> {
  const path = join(folder, name);
  const stat = await files.stat(path);
  if (stat?.kind !== "file") return undefined;
  const record = known.get(name);
  const isUnchanged = record?.sizeBytes === stat.sizeBytes && record.mtimeMs === stat.modifiedMs;
  return {
    path,
    sizeBytes: stat.sizeBytes,
    mtimeMs: stat.modifiedMs,
    known: isUnchanged ? record : undefined,
  };
}

/** Whether a file holds the same bytes. */
export async function isSame(
  existing: ExistingFile,
  other: { sizeBytes: number; crc32: number },
): Promise<boolean> {
  if (existing.sizeBytes !== other.sizeBytes) return false;
  return (existing.known?.crc32 ?? (await checksumOf(existing.path))) === other.crc32;
}

/** What a file that is there says of itself; `undefined` for one that is no media. */
export async function factsOf(
  existing: Pick<ExistingFile, "path">,
  extension: MediaExtension,
): Promise<MediaFacts | undefined> {
  const { findings } = await probeFile(existing.path, extension);
  return "facts" in findings ? findings.facts : undefined;
}
