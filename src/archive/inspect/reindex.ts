import { join } from "node:path";
import type { IndexDatabase } from "../../db/index/index-database.ts";
import { hasOwnFiles, isAged, type CounterRow } from "../../db/index/rows.ts";
import { roundedSeconds } from "../../media/m3u8.ts";
import { outlineOf } from "../../media/segment-outline.ts";
import type { Files } from "../../platform/files.ts";
import { errorText } from "../../platform/errors.ts";
import type { FolderDay } from "../aged/aged-day.ts";
import { readDayMark, replaceDayMarks, type DayMark } from "../aged/day-mark.ts";
import { isFilmJournal } from "../aged/film-journal.ts";
import { isForeignFile } from "../files/file-paths.ts";
import { dayFolders, type DayFolder } from "./footage-walk.ts";
import { parseJournal, type Journal } from "../journal/journal.ts";
import { counterAfter, higherCounter, rowsOfJournal, type RecordingRows } from "../journal/journal-rows.ts";
import { toGarbage } from "../keep/garbage.ts";
import { mirrorLocks, readLocks } from "../keep/read-locks.ts";
import type { LockSpan } from "../keep/lock-file.ts";
import { filmsToTake, readFilm, type FoundFilm } from "./reindex-films.ts";
import { isSegmentWhole } from "../write/segment-check.ts";

export type ReindexReport = {
  recordings: number;
  /** Of these, not closed: recovery decides how much of them is whole. */
  open: number;
  segments: number;
  gaps: number;
  locks: number;
  /** Media files that no journal names; left alone. */
  strangers: string[];
  /** What could not be used, each with its path; left alone. */
  problems: string[];
};

export type ReindexProgress = { channel: string; date: string; recordings: number };

type Found = { rows: RecordingRows; journal: Journal; locks: LockSpan[]; path: string };

/** Rows that are written in one transaction; each may hold an hour's packed segments. */
const BATCH = 50;
/** Paths that a report names at most. */
const MAX_NAMED = 1000;
const RECORDING_ID = /^[A-Za-z0-9]{1,32}$/;

class RootReader {
  readonly report: ReindexReport = {
    recordings: 0,
    open: 0,
    segments: 0,
    gaps: 0,
    locks: 0,
    strangers: [],
    problems: [],
  };
  readonly #counters = new Map<string, CounterRow>();
  readonly #longestTicks = new Map<string, number>();
  readonly #replaced = new Set<string>();
  readonly #marks: [FolderDay, DayMark][] = [];

  constructor(
    private readonly files: Files,
    private readonly index: IndexDatabase,
    private readonly root: { id: string; path: string },
  ) {}

  /** Reads one day's folder into the index. */
  async day(folder: DayFolder): Promise<void> {
    const named = new Set<string>();
    const films = folder.journals.filter(isFilmJournal);
    const journals = folder.journals.filter((name) => !isFilmJournal(name));
    for (let at = 0; at < journals.length; at += BATCH) {
      const found: Found[] = [];
      for (const name of journals.slice(at, at + BATCH)) {
        const one = await this.#read(folder, name, named);
        if (one) found.push(one);
      }
      this.index.transaction(() => {
        for (const one of found) this.#insert(one);
      });
    }
    await this.#films(folder, films, named);
    const mark = await readDayMark(this.files, join(this.root.path, folder.path));
    const { channel, date } = folder;
    if (mark) this.#marks.push([{ root: this.root.id, channel, date }, mark]);
    for (const name of folder.media)
      if (!named.has(name)) this.#name(this.report.strangers, `${folder.path}/${name}`);
  }

  /** The films of a day, which may replace what was read before. */
  async #films(folder: DayFolder, names: readonly string[], named: Set<string>): Promise<void> {
    const { files, index, root } = this;
    const found: FoundFilm[] = [];
    for (const name of names) {
      try {
        const film = await readFilm({ files, root }, folder.path, name, named);
        found.push(film);
        const { problems, parts } = film.journal;
        for (const problem of [...problems, ...parts.flatMap((part) => part.problems)])
          this.#name(this.report.problems, `${folder.path}/${name}: ${problem}`);
      } catch (error) {
        this.#skip(`${folder.path}/${name}`, errorText(error));
      }
    }
    const isThere = (id: string) => index.recording(id)?.state === "closed";
    const taken = await filmsToTake({ files, root }, found, isThere, ({ path }, why) =>
      this.#skip(path, why),
    );
    for (const film of taken) index.transaction(() => this.#insertFilm(film));
  }

  #insertFilm({ rows, journal, locks, path, replaces }: FoundFilm): void {
    const { index, report } = this;
    const unit = rows.map(({ recording }) => recording);
    const twin = unit.flatMap(({ id }) => index.recording(id) ?? [])[0];
    if (twin) {
      this.#skip(path, `recording ${twin.id} exists already, at ${twin.path}; one of them is a copy`);
      return;
    }
    for (const each of rows) this.#insertRows(each);
    mirrorLocks(index, unit, locks);
    const { channel } = unit[0]!;
    const counter = { channel, ...journal.film.counter };
    this.#counters.set(channel, higherCounter(this.#counters.get(channel), counter));
    for (const id of replaces) this.#replaced.add(id);
    report.locks += locks.length;
  }

  finish(): void {
    this.index.transaction(() => {
      for (const [channel, counter] of this.#counters)
        this.index.setCounter(higherCounter(this.index.counter(channel), counter));
      for (const [channel, ticks] of this.#longestTicks)
        this.index.raiseTargetDuration(channel, roundedSeconds(ticks));
      const replaced = [...this.#replaced].filter((id) => this.index.recording(id)?.state === "closed");
      toGarbage(
        this.index,
        replaced.map((id) => ({ id })),
        0,
      );
      replaceDayMarks(this.index, this.root.id, this.#marks);
    });
  }

  #name(list: string[], text: string): void {
    if (list.length < MAX_NAMED) list.push(text);
  }

  async #read(folder: DayFolder, name: string, named: Set<string>): Promise<Found | undefined> {
    const journalPath = `${folder.path}/${name}`;
    try {
      const journal = parseJournal(await this.files.read(join(this.root.path, journalPath)));
      const path = `${folder.path}/${journal.head.file}`;
      named.add(journal.head.file);
      for (const problem of journal.problems)
        if (journal.isComplete) this.#name(this.report.problems, `${journalPath}: ${problem}`);
      if (!RECORDING_ID.test(journal.head.recording))
        return this.#skip(journalPath, `${JSON.stringify(journal.head.recording)} is no recording's id`);
      const mediaPath = join(this.root.path, path);
      if (hasOwnFiles({ path })) return await this.#readFiles(folder, { journal, journalPath, path }, named);
      const media = await this.files.stat(mediaPath);
      if (media?.kind !== "file") return this.#skip(journalPath, `its media file ${path} is not there`);
      const rows = rowsOfJournal(journal, { root: this.root.id, path, mediaBytes: media.sizeBytes });
      if (journal.isComplete && rows.segments.length < journal.entries.length)
        this.#name(
          this.report.problems,
          `${path}: ${journal.entries.length - rows.segments.length} of ${journal.entries.length} segments lie beyond the end of the file`,
        );
      if (journal.isComplete && rows.segments.length === 0)
        return this.#skip(journalPath, "it has no segment");
      if (journal.head.replaces.length > 0 && !(await this.#isProved(journal, mediaPath)))
        return this.#skip(journalPath, "it replaces other recordings, but its checksums don't agree");
      return { rows, journal, path, locks: await readLocks(this.files, mediaPath, [rows.recording]) };
    } catch (error) {
      return this.#skip(journalPath, errorText(error));
    }
  }

  /**
   * A recording whose segments are files. Those in the day's own folder have to be there; those of watched folders are
   * believed: their disk may not be.
   */
  async #readFiles(
    folder: DayFolder,
    { journal, journalPath, path }: { journal: Journal; journalPath: string; path: string },
    named: Set<string>,
  ): Promise<Found | undefined> {
    for (const { file } of journal.entries) if (file) named.add(file.name);
    const there = new Set(folder.media);
    const entries = journal.entries.filter(
      ({ file }) => file && (isForeignFile(file.name) || there.has(file.name)),
    );
    if (entries.length === 0) return this.#skip(journalPath, "none of its files is there");
    if (entries.length < journal.entries.length)
      this.#name(
        this.report.problems,
        `${path}: ${journal.entries.length - entries.length} of its ${journal.entries.length} files are not there`,
      );
    const rows = rowsOfJournal({ ...journal, entries }, { root: this.root.id, path, mediaBytes: 0 });
    const locks = await readLocks(this.files, join(this.root.path, path), [rows.recording]);
    return { rows, journal, path, locks };
  }

  #skip(path: string, why: string): undefined {
    this.#name(this.report.problems, `${path}: ${why}`);
  }

  async #isProved(journal: Journal, mediaPath: string): Promise<boolean> {
    if (!journal.isComplete) return false;
    for (const entry of journal.entries)
      if (!(await isSegmentWhole(this.files, mediaPath, journal.head.baseOffsetBytes, entry))) return false;
    return true;
  }

  #insert({ rows, journal, locks, path }: Found): void {
    const { index, report } = this;
    const { recording } = rows;
    const twin = index.recording(recording.id);
    if (twin)
      return this.#skip(
        path,
        `recording ${recording.id} exists already, at ${twin.path}; one of them is a copy`,
      );
    this.#insertRows(rows);
    mirrorLocks(index, [recording], locks);
    this.#counters.set(
      recording.channel,
      higherCounter(this.#counters.get(recording.channel), counterAfter(rows)),
    );
    for (const id of journal.head.replaces) this.#replaced.add(id);
    report.locks += locks.length;
  }

  #insertRows({ run, recording, segments, gaps }: RecordingRows): void {
    const { index, report } = this;
    const known = index.run(run.id);
    if (!known) index.insertRun(run);
    else if (run.endReason !== null || isAged(recording))
      index.updateRun(run.id, { endMs: run.endMs, endReason: run.endReason, endDetail: run.endDetail });
    index.insertRecording(recording, segments);
    for (const gap of gaps) index.insertGap(gap);
    const longestTicks = this.#longestTicks.get(recording.channel) ?? 0;
    this.#longestTicks.set(recording.channel, Math.max(longestTicks, outlineOf(segments)?.longestTicks ?? 0));
    report.recordings += 1;
    report.open += recording.state === "open" ? 1 : 0;
    report.segments += segments.length;
    report.gaps += gaps.length;
  }
}

/**
 * Makes the index of one root again from its journals and lock files, and nothing else. Recordings of other
 * roots stay as they are. The root itself is unknown to the index until the caller sets it again, so that a kill
 * in between is mended by the next start.
 */
export async function reindexRoot(
  deps: { files: Files; index: IndexDatabase },
  root: { id: string; path: string },
  onProgress: (progress: ReindexProgress) => void = () => {},
): Promise<ReindexReport> {
  const { files, index } = deps;
  index.transaction(() => {
    index.forgetRoot(root.id);
    index.dropLoneRuns([]);
  });
  const reader = new RootReader(files, index, root);
  for await (const folder of dayFolders(files, root.path)) {
    await reader.day(folder);
    onProgress({ channel: folder.channel, date: folder.date, recordings: reader.report.recordings });
  }
  reader.finish();
  index.dropLoneRuns([]);
  return reader.report;
}

/** The root that the footage in a folder says it is on; `undefined` when there is none that can be read. */
export async function rootNamedByFootage(files: Files, path: string): Promise<string | undefined> {
  for await (const folder of dayFolders(files, path)) {
    for (const name of folder.journals.slice(0, 10)) {
      try {
        return parseJournal(await files.read(join(path, folder.path, name))).head.root;
      } catch {
        continue;
      }
    }
  }
  return undefined;
}
