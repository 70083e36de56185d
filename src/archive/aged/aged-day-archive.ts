import { join } from "node:path";
import type { RecordingRow } from "../../db/index/rows.ts";
import { errorText, NightjarError } from "../../platform/errors.ts";
import { logOf } from "../../platform/log.ts";
import { lockFileText } from "../keep/lock-file.ts";
import { mirrorLocks, readLocks } from "../keep/read-locks.ts";
import { sizeText } from "../keep/size-text.ts";
import { lockPathOf, pathBelow } from "../write/recording-paths.ts";
import type { AgedDays, AgedFile, AgeingSource, FolderDay, Kept } from "./aged-day.ts";
import { AgeingDays, type AgeingDeps } from "./ageing-days.ts";
import { markDay } from "./day-mark.ts";
import { takePlace } from "./film-rows.ts";
import { clearIntents, intend, type Intent } from "./intents.ts";
import { planFilms, putFilm, takeBack, type PlacedFilm } from "./place-films.ts";
import { finishReplacements } from "./unfinished.ts";

const log = logOf("archive");

export type AgedArchiveDeps = AgeingDeps & {
  /** Whoever writes recordings of files waits while their rows change, and forgets them afterwards. */
  fileFootage: {
    flush(): Promise<void>;
    deleting<T>(rows: readonly RecordingRow[], work: () => Promise<T>): Promise<T>;
  };
  /** Calls `listener` whenever a root comes or goes. */
  onRootChange: (listener: () => void) => void;
};

const changed = (what: string): NightjarError =>
  new NightjarError("conflict", `The day has changed while it was being aged: ${what}`);

/**
 * Days whose footage was made smaller. A film takes the place of what it was made from in this order: the intent in the
 * index, checksum and journal, the film's name, the folder's sync, one transaction. At every point either the originals
 * are in the index, or the film is; `start` finishes or clears what a kill left in between.
 */
export class AgedDayArchive implements AgedDays {
  readonly #deps: AgedArchiveDeps;
  readonly #days: AgeingDays;
  readonly #stop = new AbortController();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(deps: AgedArchiveDeps) {
    this.#deps = deps;
    this.#days = new AgeingDays(deps);
  }

  /** Finishes what an earlier start left half done, now and whenever a storage comes back; beside everything else. */
  start(): void {
    const finish = () => {
      void this.#inTurn(() => finishReplacements(this.#deps, this.#stop.signal)).catch((error: unknown) => {
        if (!this.#stop.signal.aborted)
          log.error("an aged day could not be finished: {text}", { text: errorText(error) });
      });
    };
    finish();
    this.#deps.onRootChange(finish);
  }

  /** Resolves when the index is not used any more. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#turn.catch(() => {});
  }

  days(
    channel: string,
    settings: string,
  ): (FolderDay & { endMs: number; arrivedMs: number; sizeBytes: number })[] {
    return this.#days.days(channel, settings);
  }

  source(day: FolderDay, settings: string): Promise<AgeingSource | undefined> {
    return this.#inTurn(async () => {
      await this.#deps.fileFootage.flush();
      return await this.#days.source(day, settings);
    });
  }

  keepAsIs(day: FolderDay, kept: Kept): Promise<void> {
    return this.#inTurn(async () => {
      const rootPath = this.#rootPath(day);
      await this.#deps.fileFootage.flush();
      const folder = pathBelow(rootPath, `${day.channel}/${day.date}`);
      await markDay(this.#deps, day, folder, { ...kept, recordings: this.#days.fresh(day) });
    });
  }

  async isStorageThere({ root }: FolderDay): Promise<boolean> {
    await this.#deps.roots.look();
    return this.#deps.roots.pathOf(root) !== undefined;
  }

  checkSame(source: AgeingSource): Promise<void> {
    return this.#inTurn(async () => void (await this.#readyToReplace(source)));
  }

  replace(source: AgeingSource, files: readonly AgedFile[]): Promise<void> {
    return this.#inTurn(() => this.#replace(source, files));
  }

  async #replace(source: AgeingSource, files: readonly AgedFile[]): Promise<void> {
    const { index, fileFootage } = this.#deps;
    const rootPath = await this.#readyToReplace(source);
    const films = await planFilms(this.#deps, { source, rootPath, files });
    const intents: Intent[] = films.map(({ path }) => ({ root: source.root, path }));
    index.transaction(() => intend(index, intents));
    const replaced = new Set(films.flatMap(({ replaces }) => replaces));
    const originals = source.recordings.filter(({ id }) => replaced.has(id));
    let isDone = false;
    try {
      for (const film of films) await putFilm(this.#deps, film);
      await fileFootage.deleting(originals, async () => {
        this.#commit(source, films, originals, intents);
        isDone = true;
      });
    } catch (error) {
      if (isDone) throw error;
      await takeBack(this.#deps, films);
      index.transaction(() => clearIntents(index, intents));
      throw error;
    }
    await this.#inheritLocks(films, originals, rootPath);
    log.info("{channel} {date} was aged: {before} became {after}", {
      channel: source.channel,
      date: source.date,
      before: sizeText(originals.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)),
      after: sizeText(files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)),
    });
  }

  /** Path of the root with a day that is as it was, and unlocked. Throws `unavailable`, and `conflict` otherwise. */
  async #readyToReplace(source: AgeingSource): Promise<string> {
    const rootPath = this.#rootPath(source);
    await this.#deps.fileFootage.flush();
    this.#checkSame(source);
    await this.#checkUnlocked(source, rootPath);
    return rootPath;
  }

  #commit(
    source: AgeingSource,
    films: readonly PlacedFilm[],
    originals: readonly RecordingRow[],
    intents: readonly Intent[],
  ): void {
    const { index, clock } = this.#deps;
    index.transaction(() => {
      this.#checkSame(source);
      const rows = films.flatMap((film) => film.rows);
      takePlace(index, rows, originals, clock.nowMs());
      clearIntents(index, intents);
    });
  }

  #rootPath({ root }: Pick<FolderDay, "root">): string {
    const rootPath = this.#deps.roots.pathOf(root);
    if (rootPath === undefined)
      throw new NightjarError("unavailable", "The storage with this day is not there; mount it first");
    return rootPath;
  }

  /** Throws `conflict` when the day's recordings are not those that the film was made from. */
  #checkSame(source: AgeingSource): void {
    const { index } = this.#deps;
    for (const { id, version, path } of source.recordings) {
      const row = index.recording(id);
      if (row?.state !== "closed") throw changed(`${path} was deleted`);
      if (row.version !== version) throw changed(`${path} is another one now`);
    }
    const known = new Set([...source.recordings.map(({ id }) => id), ...source.leftOutIds]);
    const added = this.#days.fresh(source).find(({ id }) => !known.has(id));
    if (added) throw changed(`${added.path} was added`);
  }

  async #checkUnlocked({ recordings }: AgeingSource, rootPath: string): Promise<void> {
    for (const recording of recordings) {
      const spans = await readLocks(this.#deps.files, join(rootPath, recording.path), [recording]);
      if (spans.length > 0) throw changed(`${recording.path} was locked`);
    }
  }

  /** A lock that somebody made while the film took its place would be lost with the originals. */
  async #inheritLocks(
    films: readonly PlacedFilm[],
    originals: readonly RecordingRow[],
    rootPath: string,
  ): Promise<void> {
    const { files, index } = this.#deps;
    for (const { replaces, rows, path } of films) {
      const own = originals.filter(({ id }) => replaces.includes(id));
      const found = await Promise.all(own.map((row) => readLocks(files, join(rootPath, row.path), [row])));
      if (found.flat().length === 0) continue;
      const unit = rows.map(({ recording }) => recording);
      const spans = [...(await readLocks(files, join(rootPath, path), unit)), ...found.flat()];
      await files.writeWhole(lockPathOf(join(rootPath, path)), new TextEncoder().encode(lockFileText(spans)));
      index.transaction(() => mirrorLocks(index, unit, spans));
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.catch(() => {}).then(work);
    this.#turn = turn;
    return turn;
  }
}
