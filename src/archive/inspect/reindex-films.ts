import { basename, join } from "node:path";
import type { Files } from "../../platform/files.ts";
import { sha512Of } from "../aged/checksum.ts";
import { parseFilmJournal, type FilmJournal } from "../aged/film-journal.ts";
import { rowsOfFilm } from "../aged/film-rows.ts";
import type { RecordingRows } from "../journal/journal-rows.ts";
import { readLocks } from "../keep/read-locks.ts";
import type { LockSpan } from "../keep/lock-file.ts";

/** A film with its recordings, as its journal tells. */
export type FoundFilm = {
  journal: FilmJournal;
  rows: RecordingRows[];
  /** Below the root. */
  path: string;
  locks: LockSpan[];
  /** All that it replaces. */
  replaces: readonly string[];
};

type Place = { files: Files; root: { id: string; path: string } };

/** A film by its journal. Throws what tells why it can't be one. */
export async function readFilm(
  { files, root }: Place,
  folder: string,
  journalName: string,
  named: Set<string>,
): Promise<FoundFilm> {
  const journal = parseFilmJournal(await files.read(join(root.path, folder, journalName)));
  const name = journal.parts[0]?.head.file ?? "";
  named.add(name);
  const path = `${folder}/${name}`;
  const media = await files.stat(join(root.path, path));
  if (media?.kind !== "file") throw new Error(`its film ${path} is not there`);
  const rows = rowsOfFilm(journal, { root: root.id, path }).filter(({ segments }) => segments.length > 0);
  if (rows.length === 0) throw new Error("it has no segment");
  const unit = rows.map(({ recording }) => recording);
  const locks = await readLocks(files, join(root.path, path), unit);
  return { journal, rows, path, locks, replaces: journal.parts.flatMap(({ head }) => head.replaces) };
}

/** Whether a film is what was proved before it took its place. */
async function isProved({ files, root }: Place, { journal, path }: FoundFilm): Promise<boolean> {
  const absolute = join(root.path, path);
  const found = await files.stat(absolute);
  return (
    found?.sizeBytes === journal.film.sizeBytes && (await sha512Of(files, absolute)) === journal.film.sha512
  );
}

/** A film that is taken without another one that belongs to it, though all that it replaces is there. */
function takenAlone(
  taken: ReadonlySet<FoundFilm>,
  isThere: (recording: string) => boolean,
): FoundFilm | undefined {
  const names = new Set([...taken].map(({ path }) => basename(path)));
  return [...taken].find(
    ({ journal, replaces }) =>
      replaces.every(isThere) && journal.film.together?.some((name) => !names.has(name)),
  );
}

/**
 * Which films of a day are footage. While all that one replaces is there, its checksum decides; it is not read where
 * nothing is left of that, and taken as it is where only a part is left: damage to a segment is better than an hour that is
 * missing. Of two films of the same originals one is, the one that is proved. Films that were to take their place together
 * are taken together while all that one of them replaces is there: a recording may have gone into two of them.
 */
export async function filmsToTake(
  place: Place,
  films: readonly FoundFilm[],
  isThere: (recording: string) => boolean,
  refuse: (film: FoundFilm, why: string) => void,
): Promise<FoundFilm[]> {
  const taken = new Set<FoundFilm>();
  const isCovered = (film: FoundFilm) =>
    [...taken].some((each) => each.replaces.some((id) => film.replaces.includes(id)));
  const rest: FoundFilm[] = [];
  for (const film of films) {
    const isRival = films.some(
      (each) => each !== film && each.replaces.some((id) => film.replaces.includes(id)),
    );
    const needsProof = isRival || film.replaces.some(isThere);
    if (!needsProof || (!isCovered(film) && (await isProved(place, film)))) taken.add(film);
    else rest.push(film);
  }
  for (const film of rest) {
    if (isCovered(film) || film.replaces.every(isThere))
      refuse(film, "it replaces other recordings, but its checksum doesn't agree");
    else taken.add(film);
  }
  for (let film = takenAlone(taken, isThere); film; film = takenAlone(taken, isThere)) {
    taken.delete(film);
    refuse(film, "it took no place: a film that belongs to it is missing, or is none");
  }
  return films.filter((film) => taken.has(film));
}
