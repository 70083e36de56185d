import type { IndexDatabase } from "../db/index/index-database.ts";
import type { GapRow, RecordingRow } from "../db/index/rows.ts";
import { daySpanMs, localDateOf, type LocalDate } from "../platform/zone.ts";

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

function spansOf(rows: readonly RecordingRow[]): ListedSpan[] {
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

function listedDay(
  index: IndexDatabase,
  channel: string,
  date: LocalDate,
  zone: string,
  locked: ReadonlySet<string>,
): ListedDay | undefined {
  const { startMs, endMs } = daySpanMs(date, zone);
  const rows = index.rowsBetween(channel, startMs, endMs);
  const gaps = index.gapsBetween(channel, startMs, endMs);
  if (rows.length === 0 && gaps.length === 0) return undefined;
  const clip = <T extends { startMs: number; endMs: number }>(span: T): T => ({
    ...span,
    startMs: Math.max(span.startMs, startMs),
    endMs: Math.min(span.endMs, endMs),
  });
  const spans = spansOf(rows).map(clip);
  return {
    date,
    spans,
    gaps: gaps.map(clip).map(({ startMs, endMs, reason, detail }) => ({ startMs, endMs, reason, detail })),
    coveredMs: spans.reduce((sum, span) => sum + span.endMs - span.startMs, 0),
    sizeBytes: rows.filter((row) => row.startMs >= startMs).reduce((sum, row) => sum + row.sizeBytes, 0),
    lockedRecordings: rows.filter((row) => locked.has(row.id)).length,
  };
}

/**
 * What the index knows of closed footage, channel by channel and day by day. Days without footage and gaps are
 * left out. `zoneOf` gives the time zone of a channel's days.
 */
export function* listFootage(
  index: IndexDatabase,
  zoneOf: (channel: string) => string,
  filter: { channel?: string; date?: LocalDate } = {},
): Generator<ListedChannel> {
  const locked = new Set(index.locks().map(({ recording }) => recording));
  for (const total of index.totals()) {
    if (filter.channel !== undefined && total.channel.toLowerCase() !== filter.channel.toLowerCase()) continue;
    const zone = zoneOf(total.channel);
    const days: ListedDay[] = [];
    let ms = total.startMs;
    for (let i = 0; i < MAX_DAYS && ms < total.endMs; i++) {
      const date = localDateOf(ms, zone);
      const { endMs } = daySpanMs(date, zone);
      if (filter.date === undefined || filter.date === date) {
        const day = listedDay(index, total.channel, date, zone, locked);
        if (day) days.push(day);
      }
      ms = endMs;
    }
    const { channel, startMs, endMs, recordings, sizeBytes } = total;
    yield { id: channel, zone, startMs, endMs, recordings, sizeBytes, days };
  }
}
