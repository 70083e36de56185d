import { dirname, join, resolve } from "node:path";
import type { RecordingRow } from "../../db/index/rows.ts";
import { segmentBytes } from "../../media/segment-list.ts";
import { errorText } from "../../platform/errors.ts";
import { logOf } from "../../platform/log.ts";
import { nextLocalHourMs } from "../../platform/zone.ts";
import { parseJournal, type Journal, type ParsedEntry } from "../journal/journal.ts";
import { journalPathOf } from "../write/recording-paths.ts";
import { crcOfRange } from "../write/segment-check.ts";
import type { WriteContext } from "../write/write-context.ts";
import { hasForeignFiles } from "./file-paths.ts";
import { FileRecording } from "./file-recording.ts";
import type { FileSegment } from "./file-segment.ts";

const log = logOf("archive");

type Loaded = { recording: FileRecording; files: FileSegment[] };
type Entry = Omit<ParsedEntry, "endsAtBytes" | "crc32"> & { crc32: number };

/**
 * A recording of files out of its journal; where that can't be read, out of the index and the files themselves, to be
 * written anew. While its storage is not there, files of a watched folder are those that the index knows. `undefined`
 * when nothing can be known of it.
 */
export async function loadFiles(
  context: WriteContext,
  row: RecordingRow,
  date: string,
  zone: string,
): Promise<Loaded | undefined> {
  const { index, roots } = context;
  const run = index.run(row.run);
  const rootPath = roots.pathOf(row.root);
  const isForeign = hasForeignFiles(index.recording(row.id)?.segments ?? []);
  if (!run || (rootPath === undefined && !isForeign)) return undefined;
  const { id, channel, root, path, firstMediaSequence, discontinuitySequence } = row;
  const recording = new FileRecording({
    id,
    channel,
    root,
    path,
    zone: row.zone,
    run,
    firstMediaSequence,
    discontinuitySequence,
    date,
    hourEndMs: nextLocalHourMs(row.startMs, zone),
    isForeign,
  });
  if (rootPath === undefined) {
    recording.isAway = true;
    const known = indexEntries(context, row).map((entry) => ({ ...entry, crc32: 0 }));
    return loadedFrom(recording, known, row.baseTicks, row.version);
  }
  const journal = await readJournal(context, row, rootPath);
  if (!journal) {
    const loaded = loadedFrom(
      recording,
      await entriesOfFiles(context, row, rootPath),
      row.baseTicks,
      row.version,
    );
    recording.touch();
    return loaded;
  }
  const loaded = loadedFrom(recording, journalEntries(journal), journal.head.baseTicks.video, row.version);
  recording.nextOrdinal = Math.max(recording.nextOrdinal, journal.files?.nextOrdinal ?? 0);
  const version = journal.files?.version ?? 0;
  // Killed between journal and row, or one of them is damaged.
  if (version !== row.version || loaded.files.length !== row.segmentCount) {
    recording.stored(Math.max(version, row.version));
    recording.touch();
  }
  return loaded;
}

function loadedFrom(
  recording: FileRecording,
  entries: readonly Entry[],
  baseTicks: number,
  version: number,
): Loaded {
  const files = entries.flatMap((entry) => segmentOf(entry, recording, baseTicks) ?? []);
  recording.nextOrdinal = files.reduce((most, { ordinal }) => Math.max(most, ordinal), -1) + 1;
  recording.stored(version);
  return { recording, files };
}

async function readJournal(
  { files }: WriteContext,
  row: RecordingRow,
  rootPath: string,
): Promise<Journal | undefined> {
  const path = journalPathOf(join(rootPath, row.path));
  try {
    const journal = parseJournal(await files.read(path));
    if (journal.head.recording !== row.id) throw new Error(`it is of recording ${journal.head.recording}`);
    for (const problem of journal.problems) log.warn("{path}: {problem}", { path, problem });
    return journal;
  } catch (error) {
    log.error("{path} can't be used, and is made again: {text}", { path, text: errorText(error) });
    return undefined;
  }
}

const journalEntries = (journal: Journal): Entry[] =>
  journal.entries.map((entry) => ({ ...entry, startMs: entry.startMs + (journal.redatedMs ?? 0) }));

/** What the index knows; of the source's clock only what followed what. */
const indexEntries = ({ index }: WriteContext, row: RecordingRow): Omit<Entry, "crc32">[] =>
  (index.recording(row.id)?.segments ?? []).map((segment) => ({
    ...segment,
    sourceTicks: row.baseTicks + segment.mediaTicks,
  }));

async function entriesOfFiles(context: WriteContext, row: RecordingRow, rootPath: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  const folder = dirname(join(rootPath, row.path));
  for (const entry of indexEntries(context, row)) {
    if (!entry.file) continue;
    const path = resolve(folder, entry.file.name);
    const crc32 = await crcOfRange(context.files, path, 0, segmentBytes(entry)).catch(() => undefined);
    if (crc32 !== undefined) entries.push({ ...entry, crc32 });
  }
  return entries;
}

function segmentOf(entry: Entry, recording: FileRecording, baseTicks: number): FileSegment | undefined {
  const { file, ordinal, startMs, durationTicks, mediaTicks, activityBytes, crc32, sourceTicks = 0 } = entry;
  if (!file) return undefined;
  return {
    recording,
    ordinal,
    file,
    sizeBytes: segmentBytes(entry),
    mtimeMs: file.mtimeMs,
    crc32,
    startMs,
    durationTicks,
    sourceTicks,
    ticks: baseTicks + mediaTicks,
    activityBytes,
  };
}
