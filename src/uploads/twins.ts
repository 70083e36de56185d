import { isAbsolute, join } from "node:path";
import { dirname } from "node:path/posix";
import type { KnownFile } from "../archive/files/file-footage.ts";
import { replacedName } from "../archive/files/replaced-files.ts";
import type { FileChannel, UploadDeps } from "./channel.ts";
import { keepAside } from "./folders.ts";

/**
 * Names of segments of the same time in the same folder as `key`: `.ts` and `.mp4`, or with and without the offset. Only
 * the longest of them is a segment.
 */
export function twinsOf(known: ReadonlyMap<string, KnownFile>, key: string, startMs: number): string[] {
  const folder = isAbsolute(key) ? dirname(key) : undefined;
  const twins: string[] = [];
  for (const [other, file] of known) {
    if (file.startMs !== startMs || other === key || isAbsolute(other) !== (folder !== undefined)) continue;
    if (folder === undefined || dirname(other) === folder) twins.push(other);
  }
  return twins;
}

/** A file in the channel's own folder of a day, as it is there. */
export type PlacedFile = { folder: string; name: string; mtimeMs: number };

/** Keeps a file readable that a longer one takes the place of; durable. Where it can, it keeps its name until then. */
export async function setAside(
  { files }: UploadDeps,
  { folders }: FileChannel,
  { folder, name, mtimeMs }: PlacedFile,
): Promise<void> {
  const aside = join(folder, replacedName({ name, mtimeMs }));
  await folders.make(dirname(aside));
  await keepAside(files, join(folder, name), aside);
  await files.syncFolder(dirname(aside));
}

/** The same of one of another name than that of the longer one: its own name goes, and it is no segment any more. */
export async function setTwinAside(
  deps: UploadDeps,
  channel: FileChannel,
  { date, ...file }: PlacedFile & { date: string },
): Promise<void> {
  await setAside(deps, channel, file);
  await deps.files.unlink(join(file.folder, file.name)).catch(() => undefined);
  await deps.files.syncFolder(file.folder);
  await deps.footage.dropFile(channel.config().id, date, file.name);
}
