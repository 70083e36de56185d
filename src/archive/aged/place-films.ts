import { basename, dirname, join } from "node:path";
import type { CounterRow, Recording } from "../../db/index/rows.ts";
import { roundedSeconds } from "../../media/m3u8.ts";
import { errorText, NightjarError } from "../../platform/errors.ts";
import { logOf } from "../../platform/log.ts";
import { filmJournal } from "../journal/journal.ts";
import { isOfParts } from "../files/part-paths.ts";
import { counterAfter, higherCounter, type RecordingRows } from "../journal/journal-rows.ts";
import { journalPathOf } from "../write/recording-paths.ts";
import type { AgedFile, AgeingSource } from "./aged-day.ts";
import type { AgeingDeps } from "./ageing-days.ts";
import { CHECKSUM_EXTENSION, checksumText, parseFilmJournal, type FilmFacts } from "./film-journal.ts";
import { planFilm } from "./film-parts.ts";
import { rowsOfFilm } from "./film-rows.ts";

const log = logOf("archive");

const MAX_FILMS = 9999;

/** A film with the name that it is to have, and all that is written for it. */
export type PlacedFilm = {
  /** Where it was made, absolute. */
  from: string;
  /** Absolute, and below the root. */
  to: string;
  path: string;
  journal: Uint8Array;
  checksum: Uint8Array;
  rows: readonly RecordingRows[];
  replaces: readonly string[];
};

type Deps = Pick<AgeingDeps, "files" | "index">;

/** Names of films that neither the disk nor the index has, nor anything that would lie beside them. */
async function* freeNames(
  { files, index }: Deps,
  { channel, root, date, folder }: AgeingSource,
): AsyncGenerator<string> {
  const there = new Set((await files.list(folder))?.map(({ name }) => name));
  // A film of an earlier tool, wherever it lies, has its address in this date.
  for (const row of index.rowsOfFolder(channel, root, date).filter(isOfParts))
    there.add(basename(index.recording(row.id)?.segments[0]?.file?.name ?? ""));
  for (let n = 1; n <= MAX_FILMS; n++) {
    const name = n === 1 ? "video.mp4" : `video-${n}.mp4`;
    const beside = [name, journalPathOf(name), name + CHECKSUM_EXTENSION];
    if (beside.some((each) => there.has(each))) continue;
    if (index.rowAt(root, `${channel}/${date}/${name}`)) continue;
    yield name;
  }
  throw new NightjarError("internal", `${channel}/${date}: ${MAX_FILMS} films are there`);
}

async function namesFor(deps: Deps, source: AgeingSource, count: number): Promise<string[]> {
  const names: string[] = [];
  if (count > 0)
    for await (const name of freeNames(deps, source)) {
      names.push(name);
      if (names.length === count) break;
    }
  return names;
}

/** What the counters are at least by recordings that go. */
function counterOf(source: AgeingSource, recordings: readonly Recording[]): FilmFacts["counter"] {
  let counter: CounterRow | undefined;
  for (const recording of recordings) {
    const run = source.runs.get(recording.run);
    const { segments } = recording;
    if (run)
      counter = higherCounter(counter, counterAfter({ run, recording, segments: [...segments], gaps: [] }));
  }
  if (!counter) throw new NightjarError("internal", "a film replaces nothing");
  const { channel: _channel, ...rest } = counter;
  return rest;
}

/** Names films, and writes down in memory all that will be on the disk. Throws `internal` for films that can't be used. */
export async function planFilms(
  deps: Deps,
  { source, rootPath, files }: { source: AgeingSource; rootPath: string; files: readonly AgedFile[] },
): Promise<PlacedFilm[]> {
  const { index } = deps;
  const names = await namesFor(deps, source, files.length);
  const taken = new Set<string>();
  const films: PlacedFilm[] = [];
  const timelines = new Map<string, number>();
  for (const [place, file] of files.entries()) {
    const name = names[place] ?? "";
    const init = Buffer.from(file.init).toString("base64");
    const lowest = Math.min(index.lowestFilmTimeline(source.channel), ...timelines.values());
    const timeline = timelines.get(init) ?? index.filmTimeline(source.channel, file.init) ?? lowest - 1;
    timelines.set(init, timeline);
    const planned = planFilm(file, {
      source,
      name,
      timeline,
      gapsOf: (id) => index.gapsOfRecording(id),
    });
    const { recordings, end, replaces } = planned;
    for (const id of replaces) {
      if (taken.has(id)) throw new NightjarError("internal", `two films replace ${id}`);
      taken.add(id);
    }
    const longestTicks = recordings
      .flatMap(({ entries }) => entries)
      .reduce((most, { durationTicks }) => Math.max(most, durationTicks), 0);
    const replaced = source.recordings.filter(({ id }) => replaces.includes(id));
    const facts: FilmFacts = {
      sizeBytes: file.sizeBytes,
      sha512: file.sha512,
      counter: counterOf(source, replaced),
      ...(names.length > 1 ? { together: names } : {}),
    };
    const text = filmJournal(facts, recordings, end, Math.max(1, roundedSeconds(longestTicks)));
    const journal = new TextEncoder().encode(text);
    const path = `${source.channel}/${source.date}/${name}`;
    // By the way that a reindex takes, so that both know the same.
    const rows = rowsOfFilm(parseFilmJournal(journal), { root: source.root, path });
    films.push({
      from: file.path,
      to: join(rootPath, path),
      path,
      journal,
      checksum: new TextEncoder().encode(checksumText(file.sha512, name)),
      rows,
      replaces,
    });
  }
  return films;
}

/** Gives a film its name, durably. Until then its journal has no file; from then on nothing has to be proved again. */
export async function putFilm({ files }: Deps, { from, to, journal, checksum }: PlacedFilm): Promise<void> {
  await files.writeWhole(to + CHECKSUM_EXTENSION, checksum);
  await files.writeWhole(journalPathOf(to), journal);
  if (await files.stat(to)) throw new NightjarError("conflict", `${basename(to)} has come meanwhile`);
  await files.rename(from, to);
  await files.syncFolder(dirname(to));
}

/** Gives films the names back under which they were made; what was written for them goes. Never rejects. */
export async function takeBack({ files }: Deps, films: readonly PlacedFilm[]): Promise<void> {
  for (const { from, to } of films) {
    try {
      const isNamed = (await files.stat(from)) === undefined && (await files.stat(to)) !== undefined;
      if (isNamed) await files.rename(to, from);
      for (const path of [journalPathOf(to), to + CHECKSUM_EXTENSION])
        if (await files.stat(path)) await files.unlink(path);
      for (const folder of new Set([dirname(to), dirname(from)])) await files.syncFolder(folder);
    } catch (error) {
      log.error("{path} could not be taken back: {text}", { path: to, text: errorText(error) });
    }
  }
}
