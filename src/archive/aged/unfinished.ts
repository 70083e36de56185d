import { basename, dirname, join } from "node:path";
import type { IndexDatabase } from "../../db/index/index-database.ts";
import type { Recording, RecordingRow } from "../../db/index/rows.ts";
import type { Clock } from "../../platform/clock.ts";
import { errorText } from "../../platform/errors.ts";
import type { Files } from "../../platform/files.ts";
import { logOf } from "../../platform/log.ts";
import { readLocks } from "../keep/read-locks.ts";
import type { Roots } from "../roots/root.ts";
import type { RecordingRows } from "../journal/journal-rows.ts";
import { journalPathOf, pathBelow } from "../write/recording-paths.ts";
import { sha512Of } from "./checksum.ts";
import { CHECKSUM_EXTENSION, parseFilmJournal, type FilmJournal } from "./film-journal.ts";
import { rowsOfFilm, takePlace } from "./film-rows.ts";
import { clearIntents, intentsOf, type Intent } from "./intents.ts";

const log = logOf("archive");

type Deps = {
  clock: Clock;
  files: Files;
  index: IndexDatabase;
  roots: Pick<Roots, "pathOf">;
  fileFootage: { deleting<T>(rows: readonly RecordingRow[], work: () => Promise<T>): Promise<T> };
};

async function readFilm(files: Files, path: string): Promise<FilmJournal | undefined> {
  if (!(await files.stat(path))) return undefined;
  try {
    return parseFilmJournal(await files.read(path));
  } catch (error) {
    log.warning("{path}: {text}", { path, text: errorText(error) });
    return undefined;
  }
}

/** What a film was made from, if all of it is still there as footage, and unlocked. */
async function originalsOf(
  { files, index }: Deps,
  rootPath: string,
  journal: FilmJournal,
): Promise<Recording[] | undefined> {
  const originals: Recording[] = [];
  for (const id of journal.parts.flatMap(({ head }) => head.replaces)) {
    const recording = index.recording(id);
    if (recording?.state !== "closed") return undefined;
    if ((await readLocks(files, join(rootPath, recording.path), [recording])).length > 0) return undefined;
    originals.push(recording);
  }
  return originals;
}

/** What a kill left of files that were being put in their place whole. */
async function dropHalfWritten(files: Files, folder: string, names: readonly string[]): Promise<void> {
  for (const { name, kind } of (await files.list(folder)) ?? [])
    if (kind === "file" && name.endsWith(".tmp") && names.some((each) => name.startsWith(`.${each}.`)))
      await files.unlink(join(folder, name));
}

/** Nothing came of a film: what was written for it goes, and the film itself if it is the one that was meant. */
async function clear({ files }: Deps, path: string, journal: FilmJournal | undefined): Promise<void> {
  const found = await files.stat(path);
  const beside = [path + CHECKSUM_EXTENSION, journalPathOf(path)];
  // The journal goes last: without it nobody could tell whose film this is.
  const gone = journal && found?.sizeBytes === journal.film.sizeBytes ? [path, ...beside] : beside;
  for (const each of gone) if (await files.stat(each)) await files.unlink(each);
  if (await files.stat(dirname(path))) await files.syncFolder(dirname(path));
}

/** A film with its name and all that it takes the place of; `undefined` when it can't do that any more. */
async function provedFilm(
  deps: Deps,
  intent: Intent,
  { rootPath, signal }: { rootPath: string; signal: AbortSignal },
): Promise<{ rows: RecordingRows[]; originals: Recording[] } | undefined> {
  const { files } = deps;
  const path = pathBelow(rootPath, intent.path);
  const journal = await readFilm(files, journalPathOf(path));
  const originals = journal && (await originalsOf(deps, rootPath, journal));
  if (!originals || (await files.stat(path))?.sizeBytes !== journal.film.sizeBytes) return undefined;
  if ((await sha512Of(files, path, { signal })) !== journal.film.sha512) return undefined;
  return { rows: rowsOfFilm(journal, intent), originals };
}

/** The films of one folder, all or none: what was recorded together may have gone into two of them. */
async function finish(
  deps: Deps,
  intents: readonly Intent[],
  rootPath: string,
  signal: AbortSignal,
): Promise<void> {
  const { clock, files, index } = deps;
  const open = intents.filter(({ root, path }) => !index.rowAt(root, path));
  const paths = open.map(({ path }) => pathBelow(rootPath, path));
  for (const path of paths) {
    const beside = [basename(path) + CHECKSUM_EXTENSION, basename(journalPathOf(path))];
    await dropHalfWritten(files, dirname(path), beside);
  }
  const films = await Promise.all(open.map((intent) => provedFilm(deps, intent, { rootPath, signal })));
  const proved = films.filter((film) => film !== undefined);
  const originals = proved.flatMap((film) => film.originals);
  const isTaken =
    proved.length === open.length &&
    (await deps.fileFootage.deleting(originals, async () =>
      index.transaction(() => {
        const isSame = originals.every(({ id, version, state }) => {
          const now = index.recording(id);
          return now?.version === version && now.state === state;
        });
        if (!isSame) return false;
        const rows = proved.flatMap((film) => film.rows);
        if (rows.length > 0) takePlace(index, rows, originals, clock.nowMs());
        clearIntents(index, intents);
        return true;
      }),
    ));
  for (const path of paths) {
    if (isTaken) log.info("{path} takes the place of what it was made from", { path });
    else await clear(deps, path, await readFilm(files, journalPathOf(path)));
  }
  if (!isTaken) index.transaction(() => clearIntents(index, intents));
}

/**
 * Films whose replacement a kill interrupted. One that has its name was proved before: its checksum is compared once more,
 * as a power cut lies between, and then it takes its place. Of all others nothing is left. What lies on a storage that is
 * not there waits.
 */
export async function finishReplacements(deps: Deps, signal: AbortSignal): Promise<void> {
  const folders = Map.groupBy(intentsOf(deps.index), ({ root, path }) => `${root}/${dirname(path)}`);
  for (const intents of folders.values()) {
    const rootPath = deps.roots.pathOf(intents[0]!.root);
    if (rootPath === undefined) continue;
    signal.throwIfAborted();
    await finish(deps, intents, rootPath, signal);
  }
}
