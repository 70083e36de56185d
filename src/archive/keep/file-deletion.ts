import { dirname, isAbsolute, join, relative, sep } from "node:path";
import type { IndexDatabase } from "../../db/index/index-database.ts";
import { hasOwnFiles, type RecordingRow } from "../../db/index/rows.ts";
import type { Segment } from "../../media/segment-list.ts";
import { dateOfPath, hasForeignFiles, isForeignFile, SIDECAR } from "../files/file-paths.ts";
import { pathBelow } from "../write/recording-paths.ts";

/** The watched folder of a channel, by a stored id, whose files may be deleted: `manage: true`. */
export type ManagedFolder = (channel: string) => string | undefined;

/** Whoever else writes and changes recordings of files waits while they are deleted. */
export type FilesGuard = { deleting<T>(rows: readonly RecordingRow[], work: () => Promise<T>): Promise<T> };

const isIn = (folder: string, path: string): boolean => {
  const way = relative(folder, path);
  return way !== "" && way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
};

/** Whether the files of a recording lie in a watched folder in which nothing is deleted. */
export function isLeftAlone(
  row: RecordingRow,
  segments: readonly Segment[],
  managed: ManagedFolder,
): boolean {
  return hasOwnFiles(row) && hasForeignFiles(segments) && managed(row.channel) === undefined;
}

/**
 * Absolute paths of the segments' files that go with a recording: exactly those that it names, in the channel's own
 * folder or in a watched folder that is managed, each after its sidecar, which may not be there. What another recording has by the same name meanwhile stays.
 */
export function filesThatGo(
  index: Pick<IndexDatabase, "recording" | "fileRows">,
  row: RecordingRow,
  rootPath: string,
  managed: ManagedFolder,
): string[] {
  const folder = managed(row.channel);
  const own = join(rootPath, dirname(row.path));
  const others = index.fileRows(row.channel, dateOfPath(row)).filter(({ id }) => id !== row.id);
  const inUse = new Set(
    others
      .filter(({ root }) => root === row.root)
      .flatMap(({ id }) => index.recording(id)?.segments.map(({ file }) => file?.name) ?? []),
  );
  const names = new Set(index.recording(row.id)?.segments.flatMap(({ file }) => file?.name ?? []));
  return [...names]
    .filter((name) => !inUse.has(name))
    .flatMap((name) => {
      if (!isForeignFile(name)) return dirname(pathBelow(own, name)) === own ? [join(own, name)] : [];
      return folder !== undefined && isIn(folder, name) ? [name] : [];
    })
    .flatMap((path) => [path + SIDECAR, path]);
}
