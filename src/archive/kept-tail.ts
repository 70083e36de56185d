import { join } from "node:path";
import type { KeptMark } from "../capture/recording-sink.ts";
import { hasOwnFiles, type RecordingRow } from "../db/index/rows.ts";
import { segmentBytes, type Segment } from "../media/segment-list.ts";
import { errorText } from "../platform/errors.ts";
import { logOf } from "../platform/log.ts";
import { parseJournal } from "./journal/journal.ts";
import { journalPathOf } from "./write/recording-paths.ts";
import type { RecordingWriter } from "./write/recording-writer.ts";
import { crcOfRange } from "./write/segment-check.ts";
import type { WriteContext } from "./write/write-context.ts";

const log = logOf("archive");

/** One recording's segments, as they were told apart when they were stored; those without a checksum are left out. */
const marksOf = (segments: readonly Segment[], crcs: readonly (number | undefined)[]): KeptMark[] =>
  segments.flatMap((segment, i) => {
    const crc = crcs[i];
    const { startMs, durationTicks } = segment;
    return crc === undefined ? [] : { crc32: crc, sizeBytes: segmentBytes(segment), startMs, durationTicks };
  });

const openMarks = (writer: RecordingWriter, count: number): KeptMark[] => {
  const segments = writer.segments.slice(-count);
  return marksOf(
    segments,
    segments.map((segment) => writer.crcOf(segment)),
  );
};

/** The index says which segments there are, the journal their checksums; what it does not tell is read again. */
async function closedMarks(context: WriteContext, row: RecordingRow, count: number): Promise<KeptMark[]> {
  const { files, index, roots } = context;
  const root = roots.pathOf(row.root);
  const segments = index.recording(row.id)?.segments.slice(-count);
  if (root === undefined || !segments) return [];
  const mediaPath = join(root, row.path);
  try {
    const journal = parseJournal(await files.read(journalPathOf(mediaPath)));
    const known = new Map(journal.entries.map((entry) => [entry.ordinal, entry.crc32]));
    const crcs: (number | undefined)[] = [];
    for (const segment of segments) {
      const offsetBytes = row.baseOffsetBytes + segment.offsetBytes;
      const { ordinal } = segment;
      crcs.push(
        known.get(ordinal) ?? (await crcOfRange(files, mediaPath, offsetBytes, segmentBytes(segment))),
      );
    }
    return marksOf(segments, crcs);
  } catch (error) {
    log.warning("{path}: what was stored last can't be read: {text}", {
      path: row.path,
      text: errorText(error),
    });
    return [];
  }
}

/**
 * The newest segments that were stored under `ids` (a channel's and its former ones) byte for byte, oldest first, at
 * most `count`: those of recordings that are one file. None where the newest footage is of another kind or not there.
 */
export async function keptTail(
  context: WriteContext,
  ids: readonly string[],
  count: number,
): Promise<KeptMark[]> {
  const { index, open } = context;
  const isKept = ({ run, path }: { run: string; path: string }): boolean =>
    !hasOwnFiles({ path }) && (index.run(run)?.format ?? "nightjar") !== "nightjar";
  const writing = [...open].filter(({ row }) => ids.includes(row.channel));
  const isLost = (row: RecordingRow): boolean =>
    ids.includes(row.channel) && !writing.some((writer) => writer.row.id === row.id);
  // What was being written when its storage went away is newer than all that can be read.
  if (index.rowsInState("open").some(isLost)) return [];
  const newest = writing.sort((a, b) => b.row.firstMediaSequence - a.row.firstMediaSequence);
  const marks: KeptMark[] = [];
  for (const writer of newest) {
    if (marks.length >= count) return marks;
    if (!isKept(writer.row)) return marks;
    marks.unshift(...openMarks(writer, count - marks.length));
  }
  let before = newest.at(-1)?.row.firstMediaSequence ?? Number.MAX_SAFE_INTEGER;
  while (marks.length < count) {
    const rows = ids.flatMap((id) => index.newestRow(id, before) ?? []);
    const row = rows.sort((a, b) => b.firstMediaSequence - a.firstMediaSequence)[0];
    if (!row || !isKept(row)) return marks;
    const found = await closedMarks(context, row, count - marks.length);
    if (found.length === 0) return marks;
    marks.unshift(...found);
    before = row.firstMediaSequence;
  }
  return marks;
}
