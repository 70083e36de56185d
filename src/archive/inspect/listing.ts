import type { ChannelTotals, IndexDatabase } from "../../db/index/index-database.ts";
import type { Extent, GapRow, RecordingRow } from "../../db/index/rows.ts";
import type { Files } from "../../platform/files.ts";
import { daySpanMs, localDateOf, type LocalDate } from "../../platform/zone.ts";
import { parseJournal } from "../journal/journal.ts";
import { rowsOfJournal } from "../journal/journal-rows.ts";
import { journalPathOf, pathBelow } from "../write/recording-paths.ts";

/** Recordings that follow each other closer than this are one span. */
const SPAN_BREAK_MS = 1000;
const MAX_DAYS = 100_000;

/** A time during which footage was recorded without a break, in ms UTC. */
export type ListedSpan = { startMs: number; endMs: number; recordings: number; sizeBytes: number };

export type ListedDay = {
  date: LocalDate;
  spans: ListedSpan[];
  gaps: { startMs: number; endMs: number; reason: GapRow["reason"]; detail: string }[];
  /** Time covered, in milliseconds. */
  coveredMs: number;
  /** Bytes of the recordings that begin on this day. */
  sizeBytes: number;
  lockedRecordings: number;
};

export type ListedChannel = {
  id: string;
  zone: string;
  startMs: number;
  endMs: number;
  recordings: number;
  sizeBytes: number;
  days: ListedDay[];
};

function spansOf(rows: readonly Extent[]): ListedSpan[] {
  const spans: ListedSpan[] = [];
  for (const { startMs, endMs, sizeBytes } of rows) {
    const last = spans.at(-1);
    if (last && startMs - last.endMs < SPAN_BREAK_MS) {
      last.endMs = Math.max(last.endMs, endMs);
      last.recordings += 1;
      last.sizeBytes += sizeBytes;
    } else spans.push({ startMs, endMs, recordings: 1, sizeBytes });
  }
  return spans;
}

/** A channel as it is called now, and the ids that its footage is stored under. */
type Totals = ChannelTotals & { storedAs: string[] };

type Sources = {
  index: IndexDatabase;
  /** Recordings that are being written, with what is whole of them. */
  open: readonly RecordingRow[];
  locked: ReadonlySet<string>;
};

function listedDay(
  { index, open, locked }: Sources,
  storedAs: readonly string[],
  date: LocalDate,
  zone: string,
): ListedDay | undefined {
  const { startMs, endMs } = daySpanMs(date, zone);
  const isOfDay = (row: RecordingRow) =>
    storedAs.includes(row.channel) && row.startMs < endMs && row.endMs > startMs;
  const rows = [...storedAs.flatMap((id) => index.rowsBetween(id, startMs, endMs)), ...open.filter(isOfDay)];
  const gaps = storedAs
    .flatMap((id) => index.gapsBetween(id, startMs, endMs))
    .sort((a, b) => a.startMs - b.startMs);
  if (rows.length === 0 && gaps.length === 0) return undefined;
  const clip = <T extends { startMs: number; endMs: number }>(span: T): T => ({
    ...span,
    startMs: Math.max(span.startMs, startMs),
    endMs: Math.min(span.endMs, endMs),
  });
  const closed = storedAs.flatMap((id) => index.extentsBetween(id, startMs, endMs));
  const extents = [...closed, ...open.filter(isOfDay)];
  // Those of an hour of files with two inits lie between one another.
  const spans = spansOf(extents.sort((a, b) => a.startMs - b.startMs)).map(clip);
  return {
    date,
    spans,
    gaps: gaps.map(clip).map(({ startMs, endMs, reason, detail }) => ({ startMs, endMs, reason, detail })),
    coveredMs: spans.reduce((sum, span) => sum + span.endMs - span.startMs, 0),
    sizeBytes: rows.filter((row) => row.startMs >= startMs).reduce((sum, row) => sum + row.sizeBytes, 0),
    lockedRecordings: rows.filter((row) => locked.has(row.id)).length,
  };
}

/** Totals of all channels, what is being written included, by id. */
function totalsOf({ index, open }: Sources, heirOf: (id: string) => string): Totals[] {
  const totals = new Map<string, Totals>();
  const parts = [...index.totals(), ...open.map((row): ChannelTotals => ({ ...row, recordings: 1 }))];
  for (const { channel: id, recordings, sizeBytes, startMs, endMs } of parts) {
    const channel = heirOf(id);
    const before = totals.get(channel);
    totals.set(channel, {
      channel,
      storedAs: [...new Set([...(before?.storedAs ?? []), id])],
      recordings: (before?.recordings ?? 0) + recordings,
      sizeBytes: (before?.sizeBytes ?? 0) + sizeBytes,
      startMs: Math.min(before?.startMs ?? Infinity, startMs),
      endMs: Math.max(before?.endMs ?? -Infinity, endMs),
    });
  }
  return [...totals.values()].sort((a, b) => (a.channel < b.channel ? -1 : 1));
}

/**
 * What is known of footage, channel by channel and day by day. Days without footage and gaps are left out.
 * `zoneOf` gives the time zone of a channel's days, `heirOf` the id that a channel has now; `open` are the recordings
 * that are being written.
 */
export function* listFootage(
  index: IndexDatabase,
  open: readonly RecordingRow[],
  zoneOf: (channel: string) => string,
  filter: { channel?: string; date?: LocalDate } = {},
  heirOf: (id: string) => string = (id) => id,
): Generator<ListedChannel> {
  const sources = { index, open, locked: index.lockedIds() };
  const wanted = filter.channel?.toLowerCase();
  for (const total of totalsOf(sources, heirOf)) {
    const names = [total.channel, ...total.storedAs].map((id) => id.toLowerCase());
    if (wanted !== undefined && !names.includes(wanted)) continue;
    const zone = zoneOf(total.channel);
    const days: ListedDay[] = [];
    let ms = total.startMs;
    for (let i = 0; i < MAX_DAYS && ms < total.endMs; i++) {
      const date = localDateOf(ms, zone);
      const { endMs } = daySpanMs(date, zone);
      if (filter.date === undefined || filter.date === date) {
        const day = listedDay(sources, total.storedAs, date, zone);
        if (day) days.push(day);
      }
      ms = endMs;
    }
    const { channel, startMs, endMs, recordings, sizeBytes } = total;
    yield { id: channel, zone, startMs, endMs, recordings, sizeBytes, days };
  }
}

/** Recordings that are being written, as far as their journals call them whole; those that can't be read are left out. */
export async function openRecordings(
  files: Files,
  index: IndexDatabase,
  pathOf: (rootId: string) => string | undefined,
): Promise<RecordingRow[]> {
  const open: RecordingRow[] = [];
  for (const row of index.rowsInState("open")) {
    const root = pathOf(row.root);
    if (root === undefined) continue;
    try {
      const journal = parseJournal(await files.read(journalPathOf(pathBelow(root, row.path))));
      const media = await files.stat(pathBelow(root, row.path));
      const place = { root: row.root, path: row.path, mediaBytes: media?.sizeBytes ?? 0 };
      const { recording, segments } = rowsOfJournal({ ...journal, isComplete: true }, place);
      if (segments.length > 0) open.push({ ...recording, state: "open" });
    } catch {
      continue;
    }
  }
  return open;
}
