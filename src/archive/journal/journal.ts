import type { Segment } from "../../media/segment-list.ts";
import type { Journal, JournalGap, JournalRun } from "./journal-types.ts";

export * from "./journal-types.ts";
export {
  filmJournal,
  type FilmRecording,
  journalEnd,
  journalEntry,
  journalFiles,
  journalGap,
  journalHead,
  journalRedate,
  journalSynced,
} from "./journal-write.ts";
export { parseJournal } from "./journal-parse.ts";

/** The entries as segments with their valid wall times. */
export const journalSegments = (journal: Journal): Segment[] =>
  journal.entries.map(({ crc32: _crc, endsAtBytes: _end, sourceTicks: _source, ...segment }) => ({
    ...segment,
    startMs: segment.startMs + (journal.redatedMs ?? 0),
  }));

/**
 * The gaps that the recording ended, with their valid wall times. All but the beginning of the first one were
 * told by the same clock as the recording's own times.
 */
export const journalGaps = (journal: Journal): JournalGap[] =>
  journal.head.gaps.map((gap, i) => ({
    ...gap,
    startMs: gap.startMs + (i === 0 ? journal.gapsRedatedMs : (journal.redatedMs ?? 0)),
    endMs: gap.endMs + (journal.redatedMs ?? 0),
  }));

/** The recording's run with its valid wall times; once re-dated it is no longer unsure. */
export const journalRun = (journal: Journal): JournalRun =>
  journal.redatedMs === undefined
    ? journal.head.run
    : { ...journal.head.run, startMs: journal.head.run.startMs + journal.redatedMs, unsure: false };
