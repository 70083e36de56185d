import { join } from "node:path";
import { dirname } from "node:path/posix";
import { z } from "zod";
import type { IndexDatabase } from "../../db/index/index-database.ts";
import { errorText } from "../../platform/errors.ts";
import { logOf } from "../../platform/log.ts";
import { parseJournal } from "../journal/journal.ts";
import { counterAfter, higherCounter, rowsOfJournal } from "../journal/journal-rows.ts";
import { journalPathOf } from "../write/recording-paths.ts";
import type { WriteContext } from "../write/write-context.ts";

const log = logOf("archive");

const KEY = "files-changing";
/** Rounds without a change after which an hour is taken for done: the mark costs a commit. */
const QUIET_ROUNDS = 24;

const placesSchema = z.array(z.object({ root: z.string(), path: z.string() }));
type Place = z.infer<typeof placesSchema>[number];

const placesOf = (index: IndexDatabase): Place[] => placesSchema.parse(JSON.parse(index.meta(KEY) ?? "[]"));

/**
 * Hours of files that are changing, written down before their first journal is: a kill between journal and row is found
 * by it. One commit when an hour begins to change, and one when several have stopped.
 */
export class ChangingFiles {
  readonly #index: IndexDatabase;
  readonly #places = new Map<string, Place & { round: number }>();
  #round = 0;

  constructor(index: IndexDatabase) {
    this.#index = index;
  }

  /** What is left to be taken up stays noted. */
  reload(): void {
    this.#places.clear();
    for (const place of placesOf(this.#index))
      this.#places.set(`${place.root} ${place.path}`, { ...place, round: Infinity });
  }

  /** Before the journals of a round are written. */
  begin(places: readonly Place[]): void {
    this.#round += 1;
    let isNew = false;
    for (const { root, path } of places) {
      const key = `${root} ${path}`;
      isNew ||= !this.#places.has(key);
      this.#places.set(key, { root, path, round: this.#round });
    }
    if (isNew) this.#save();
  }

  /** Forgets what has not changed for long, or all. In a transaction, or by itself. */
  end(all = false): void {
    const done = [...this.#places].filter(
      ([, { round }]) => this.#round - round >= QUIET_ROUNDS || (all && round !== Infinity),
    );
    for (const [key] of done) this.#places.delete(key);
    if (done.length > 0) this.#save();
  }

  /** A round without a change. */
  rest(): void {
    if (this.#places.size === 0) return;
    this.#round += 1;
    this.end();
  }

  #save(): void {
    const known = [...this.#places.values()].map(({ root, path }) => ({ root, path }));
    this.#index.setMeta(KEY, JSON.stringify(known));
  }
}

/**
 * Makes the index agree with the journals of hours that were changing when everything stopped. What lies on a storage
 * that is not there stays for the next time.
 */
export async function resumeFiles(context: WriteContext): Promise<void> {
  const { index, roots } = context;
  const places = placesOf(index);
  if (places.length === 0) return;
  const left: Place[] = [];
  for (const place of places) {
    const rootPath = roots.pathOf(place.root);
    if (rootPath === undefined) {
      left.push(place);
      continue;
    }
    try {
      await dropHalfWritten(context, rootPath, place.path);
      await resumeHour(context, rootPath, place);
    } catch (error) {
      log.error("{path} could not be taken up: {text}", { path: place.path, text: errorText(error) });
    }
  }
  index.setMeta(KEY, JSON.stringify(left));
}

async function resumeHour(
  { files, index }: WriteContext,
  rootPath: string,
  { root, path }: Place,
): Promise<void> {
  const journalPath = journalPathOf(join(rootPath, path));
  if (!(await files.stat(journalPath))) return;
  const journal = parseJournal(await files.read(journalPath));
  const row = index.rowAt(root, path);
  if (row && (row.state !== "closed" || row.version === journal.files?.version)) return;
  const rows = rowsOfJournal(journal, { root, path, mediaBytes: 0 });
  if (rows.segments.length === 0) return;
  index.transaction(() => {
    if (!index.run(rows.run.id)) index.insertRun(rows.run);
    index.putRecording(rows.recording, rows.segments);
    index.replaceGaps(rows.recording.id, rows.gaps);
    index.setCounter(higherCounter(index.counter(rows.recording.channel), counterAfter(rows)));
  });
}

/** What a kill left of a journal that was being put in its place. */
async function dropHalfWritten({ files }: WriteContext, rootPath: string, path: string): Promise<void> {
  const folder = join(rootPath, dirname(path));
  const journal = journalPathOf(path).slice(dirname(path).length + 1);
  for (const { name, kind } of (await files.list(folder)) ?? [])
    if (kind === "file" && name.startsWith(`.${journal}.`) && name.endsWith(".tmp"))
      await files.unlink(join(folder, name));
}
