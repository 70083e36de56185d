import { dirname } from "node:path";
import type { RecordingRow } from "../../db/index/rows.ts";
import type { RunEnd } from "../../media/reasons.ts";
import { segmentBytes } from "../../media/segment-list.ts";
import { errorText } from "../../platform/errors.ts";
import type { Files } from "../../platform/files.ts";
import {
  journalEnd,
  journalGap,
  journalRedate,
  journalSynced,
  parseJournal,
  type Journal,
  type JournalGap,
  type ParsedEntry,
} from "../journal/journal.ts";
import { journalPathOf } from "./recording-paths.ts";
import { crcOfRange } from "./segment-check.ts";

/** A recording that was being written when everything stopped, as far as it is whole. */
export type Recovered = {
  row: RecordingRow;
  mediaPath: string;
  journal: Journal;
  /** Bytes of the media file that count. */
  sizeBytes: number;
  /** Whether something behind the last whole segment was cut off. */
  wasTorn: boolean;
};

/**
 * Which entries of a journal count: all up to the last `SYNCED`, and those after it as long as their range lies in
 * the file and the CRC of their bytes agrees. A synced one outside the file (it was cut by somebody) ends it, too.
 */
export async function wholeEntries(
  files: Files,
  mediaPath: string,
  journal: Journal,
): Promise<ParsedEntry[]> {
  const sizeBytes = (await files.stat(mediaPath))?.sizeBytes ?? 0;
  const { baseOffsetBytes } = journal.head;
  const whole: ParsedEntry[] = [];
  for (const [i, entry] of journal.entries.entries()) {
    const fromBytes = baseOffsetBytes + entry.offsetBytes;
    const lengthBytes = segmentBytes(entry);
    if (fromBytes + lengthBytes > sizeBytes) break;
    if (i >= journal.synced) {
      const previous = whole.at(-1);
      if (entry.offsetBytes !== (previous ? previous.offsetBytes + segmentBytes(previous) : 0)) break;
      if ((await crcOfRange(files, mediaPath, fromBytes, lengthBytes)) !== entry.crc32) break;
    }
    whole.push(entry);
  }
  return whole;
}

/** Whether a journal whose head can't be read ever called anything durable. */
const hasSynced = (bytes: Uint8Array): boolean => Buffer.from(bytes).includes("#NJ:SYNCED ");

/**
 * Looks at the files of an open recording and changes nothing. `nothing` when no segment of it can be kept;
 * `foreign` when what lies there is another recording's. Throws when it can't be read, or not by this version.
 */
export async function examine(
  files: Files,
  row: RecordingRow,
  mediaPath: string,
): Promise<Recovered | "nothing" | "foreign"> {
  const media = await files.stat(mediaPath);
  const journalPath = journalPathOf(mediaPath);
  if (!media || media.sizeBytes === 0 || !(await files.stat(journalPath))) return "nothing";
  const bytes = await files.read(journalPath);
  let journal: Journal;
  try {
    journal = parseJournal(bytes);
  } catch (error) {
    if (!hasSynced(bytes)) return "nothing";
    throw new Error(`${journalPath}: ${errorText(error)}`, { cause: error });
  }
  if (journal.head.recording !== row.id) return "foreign";
  const entries = await wholeEntries(files, mediaPath, journal);
  const last = entries.at(-1);
  if (!last) return "nothing";
  const sizeBytes = journal.head.baseOffsetBytes + last.offsetBytes + segmentBytes(last);
  const wasTorn = sizeBytes < media.sizeBytes || entries.length < journal.entries.length;
  const synced = Math.min(journal.synced, entries.length);
  return { row, mediaPath, journal: { ...journal, entries, synced }, sizeBytes, wasTorn };
}

/** What recovery adds to a journal: a gap that opened before the recording, and how its run ended. */
export type Seal = { gap: JournalGap | undefined; end: RunEnd | undefined };

/** Cuts both files behind the last whole segment, says in the journal how it ended, and makes all of it durable. */
export async function seal(files: Files, recovered: Recovered, { gap, end }: Seal): Promise<void> {
  const { mediaPath, journal, sizeBytes } = recovered;
  const journalPath = journalPathOf(mediaPath);
  const keepBytes = journal.entries.at(-1)?.endsAtBytes ?? 0;
  const lines = [
    journal.redatedMs === undefined ? "" : journalRedate(journal.redatedMs, journal.gapsRedatedMs),
    journalSynced(journal.entries.length),
    gap ? journalGap(gap) : "",
    journalEnd(end),
  ].join("");
  const media = await files.open(mediaPath);
  try {
    await media.truncate(sizeBytes);
    await media.datasync();
  } finally {
    await media.close();
  }
  const file = await files.open(journalPath);
  try {
    await file.truncate(keepBytes);
    // The entries may never have been synced; what calls them synced must not be durable before them.
    await file.datasync();
    await file.write([new TextEncoder().encode(lines)], keepBytes);
    await file.datasync();
  } finally {
    await file.close();
  }
  await files.syncFolder(dirname(mediaPath));
}
