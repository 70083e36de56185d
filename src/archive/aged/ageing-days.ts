import { dirname, join, resolve } from "node:path";
import type { IndexDatabase } from "../../db/index/index-database.ts";
import { hasOwnFiles, isAged, type Recording, type RecordingRow, type RunRow } from "../../db/index/rows.ts";
import type { Clock } from "../../platform/clock.ts";
import { errorText, NightjarError } from "../../platform/errors.ts";
import type { Files } from "../../platform/files.ts";
import { logOf } from "../../platform/log.ts";
import { SizedCache } from "../../platform/sized-cache.ts";
import { dateOfPath, isForeignFile } from "../files/file-paths.ts";
import { isOfParts } from "../files/part-paths.ts";
import type { ManagedFolder } from "../keep/file-deletion.ts";
import { readLocks } from "../keep/read-locks.ts";
import { unsureRunIds } from "../keep/retention-candidates.ts";
import { pathBelow } from "../write/recording-paths.ts";
import type { Roots } from "../roots/root.ts";
import type { AgeingSource, FolderDay } from "./aged-day.ts";
import { type DayMark, dayMarks, isKeptAsIs } from "./day-mark.ts";

const log = logOf("archive");

/** All rows of a channel are few: a month has about a thousand. */
const MAX_ROWS = 1_000_000;
const MAX_CACHED = 50_000;
/**
 * What of a folder becomes films at once: a local day, 25 h at most, and what hangs over. Footage that a clock which was set
 * right dated anew lies in the folder of its birth, maybe years from the rest, and retention takes a film as one.
 */
const FOLDER_SPAN_MS = 2 * 86_400_000;
/** A file dated later than this after now says nothing of when it came. */
const LIKELY_AHEAD_MS = 86_400_000;

export type AgeingDeps = {
  clock: Clock;
  files: Files;
  index: IndexDatabase;
  roots: Pick<Roots, "pathOf" | "look">;
  /** The ids under which a channel's footage is stored: its own, and those it had before. */
  idsOf: (channel: string) => readonly string[];
  /** The watched folder of a channel, by a stored id, whose files may be deleted. */
  managed: ManagedFolder;
};

/** What is asked of a recording of files again and again. */
type FileFacts = {
  /** When the last of its files came, ms UTC. */
  arrivedMs: number;
  /** The first of its files, where they lie in a watched folder. */
  foreignPath: string | undefined;
};

/** Rows, in the order of their start, that lie with this one in one span. */
const spanFrom = (first: RecordingRow, rows: readonly RecordingRow[]): RecordingRow[] =>
  rows.filter(({ startMs }) => startMs >= first.startMs && startMs < first.startMs + FOLDER_SPAN_MS);

/** The oldest rows of a folder that may be aged together; none when all are locked or kept as they are. */
function nextSpan(
  all: readonly RecordingRow[],
  locked: ReadonlySet<string>,
  mark: DayMark | undefined,
  settings: string,
): RecordingRow[] {
  let left = all.filter(({ id }) => !locked.has(id));
  for (let [first] = left; first; [first] = left) {
    const span = spanFrom(first, left);
    if (!isKeptAsIs(mark, span, settings)) return span;
    left = left.filter((row) => !span.includes(row));
  }
  return [];
}

/** Which days there are to be aged, and what they are made of. */
export class AgeingDays {
  readonly #deps: AgeingDeps;
  readonly #facts = new SizedCache<FileFacts>(MAX_CACHED);

  constructor(deps: AgeingDeps) {
    this.#deps = deps;
  }

  /** See `AgedDays.days`. */
  days(
    channel: string,
    settings: string,
  ): (FolderDay & { endMs: number; arrivedMs: number; sizeBytes: number })[] {
    const { index, idsOf, roots } = this.#deps;
    const folders = new Map<string, { day: FolderDay; rows: RecordingRow[] }>();
    for (const id of idsOf(channel))
      for (const row of index.oldestRows(MAX_ROWS, id)) {
        if (roots.pathOf(row.root) === undefined || !this.#isFresh(row)) continue;
        const day = { channel: id, root: row.root, date: dateOfPath(row) };
        const key = `${day.root} ${id}/${day.date}`;
        const known = folders.get(key) ?? { day, rows: [] };
        known.rows.push(row);
        folders.set(key, known);
      }
    const locked = index.lockedIds();
    const markOf = dayMarks(index);
    const found = [...folders.values()].flatMap(({ day, rows: all }) => {
      const rows = nextSpan(all, locked, markOf(day), settings);
      const [first] = rows;
      if (!first || !this.#areDated(rows)) return [];
      return {
        ...day,
        // What is locked is a part of the day, too: it is complete with its last picture.
        endMs: Math.max(...spanFrom(first, all).map(({ endMs }) => endMs)),
        arrivedMs: Math.max(
          ...rows.map((row) => (hasOwnFiles(row) ? this.#factsOf(row).arrivedMs : row.endMs)),
        ),
        sizeBytes: rows.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      };
    });
    return found.sort((a, b) => (a.date < b.date ? -1 : a.date > b.date ? 1 : a.endMs - b.endMs));
  }

  /** Whether a recording is footage as it came, and ours to replace. What an earlier tool converted is a film already. */
  #isFresh(row: RecordingRow): boolean {
    if (isAged(row) || isOfParts(row)) return false;
    const path = hasOwnFiles(row) ? this.#factsOf(row).foreignPath : undefined;
    const folder = path === undefined ? undefined : this.#deps.managed(row.channel);
    return path === undefined || (folder !== undefined && path.startsWith(folder.replace(/\/*$/, "/")));
  }

  /** Whether their times stand: a clock that is yet to be set right would date them anew. */
  #areDated(rows: readonly RecordingRow[]): boolean {
    const { index, clock } = this.#deps;
    const unsure = unsureRunIds(index, clock, clock.synchronised() === true);
    return !rows.some(({ run }) => unsure.has(run));
  }

  #factsOf(row: RecordingRow): FileFacts {
    const known = this.#facts.get(row.id, row.version);
    if (known) return known;
    const segments = this.#deps.index.recording(row.id)?.segments ?? [];
    const nowMs = this.#deps.clock.nowMs();
    const arrivedMs = segments.reduce((most, { file }) => {
      const mtimeMs = file?.mtimeMs ?? 0;
      // Else a camera whose clock is in the future would keep its days from ever being complete.
      return mtimeMs > nowMs + LIKELY_AHEAD_MS ? most : Math.max(most, Math.min(mtimeMs, nowMs));
    }, row.endMs);
    const foreignPath = segments.flatMap(({ file }) =>
      file && isForeignFile(file.name) ? file.name : [],
    )[0];
    return this.#facts.set(row.id, row.version, { arrivedMs, foreignPath }, 1);
  }

  /** Closed recordings of a day's folder that are not aged, by their start. */
  fresh({ channel, root, date }: FolderDay): RecordingRow[] {
    return this.#deps.index.rowsOfFolder(channel, root, date).filter((row) => this.#isFresh(row));
  }

  /** See `AgedDays.source`. */
  async source(day: FolderDay, settings: string): Promise<AgeingSource | undefined> {
    const { index, roots } = this.#deps;
    const rootPath = roots.pathOf(day.root);
    if (rootPath === undefined)
      throw new NightjarError("unavailable", "The storage with this day is not there; mount it first");
    const all = this.fresh(day);
    const [next] = nextSpan(all, index.lockedIds(), dayMarks(index)(day), settings);
    const fresh = next ? spanFrom(next, all) : [];
    if (!this.#areDated(fresh))
      throw new NightjarError("unavailable", "The times of this day may change: its clock is not set yet");
    const recordings: Recording[] = [];
    const leftOutIds = all.filter((row) => !fresh.includes(row)).map(({ id }) => id);
    const runs = new Map<string, RunRow>();
    for (const row of fresh) {
      const recording = index.recording(row.id);
      const run = index.run(row.run);
      if (!recording || recording.state !== "closed") continue;
      if (!run || !(await this.#isThere(rootPath, recording))) leftOutIds.push(row.id);
      else {
        recordings.push(recording);
        runs.set(run.id, run);
      }
    }
    const last = recordings.at(-1);
    if (!last) return undefined;
    const folder = pathBelow(rootPath, `${day.channel}/${day.date}`);
    return { ...day, folder, zone: last.zone, recordings, runs, leftOutIds };
  }

  /** Whether a recording can be read, and nothing locks it. */
  async #isThere(rootPath: string, recording: Recording): Promise<boolean> {
    const { files } = this.#deps;
    const mediaPath = join(rootPath, recording.path);
    try {
      if ((await readLocks(files, mediaPath, [recording])).length > 0) return false;
      if (!hasOwnFiles(recording)) return (await files.stat(mediaPath)) !== undefined;
      const folders = new Map<string, Set<string>>();
      for (const { file } of recording.segments) {
        const path = resolve(dirname(mediaPath), file?.name ?? "");
        const folder = dirname(path);
        const names = folders.get(folder) ?? new Set((await files.list(folder))?.map(({ name }) => name));
        folders.set(folder, names);
        if (!names.has(path.slice(folder.length + 1))) return false;
      }
      return true;
    } catch (error) {
      log.warning("{path} can't be aged now: {text}", { path: recording.path, text: errorText(error) });
      return false;
    }
  }
}
