import type { FootageHistory } from "../archive/footage-history.ts";
import type { Footage, FootageChannel } from "../archive/footage.ts";
import { addDays, dayStartMs, localDateOf, type LocalDate } from "../platform/zone.ts";
import { gapsWithin, joinSpans, lengthMs } from "./coverage.ts";
import { withMissingFiles } from "./missing-files.ts";

/** What there is of a local date: of one channel, or of several together. */
export type CalendarDay = {
  date: LocalDate;
  /** Recorded time of all channels together. */
  recordedMs: number;
  /** Length of the day up to now, times the number of channels. */
  possibleMs: number;
  /** Bytes of the recordings that begin on this day. */
  sizeBytes: number;
  gaps: number;
  gapMs: number;
  /** Channels that have footage of it. */
  channels: number;
};

/** The days of a month, `2026-11`, newest last; days without footage and gaps are left out. */
export type CalendarMonth = { month: string; days: CalendarDay[] };

export type Calendar = {
  /** Newest first. */
  months: CalendarMonth[];
  /** The month before the last one shown in which there is footage, `2026-08`. */
  earlier: string | undefined;
};

export const monthOf = (date: LocalDate): string => date.slice(0, 7);
const firstOf = (month: string): LocalDate => `${month}-01`;
/** `2026-10` for `2026-11`. */
const monthBefore = (month: string): string => monthOf(addDays(firstOf(month), -1));
const monthAfter = (month: string): string => monthOf(addDays(firstOf(month), 31));

/** Months on one page: three of sixteen channels are 36,000 recordings. */
export const SHOWN_MONTHS = 3;

type Facts = { footage: Pick<Footage, "gaps" | "outage">; history: FootageHistory; nowMs: number };

/** Days of one channel from one local date up to another, the last one left out. */
export function calendarDays(
  { footage, history, nowMs }: Facts,
  channel: FootageChannel,
  from: LocalDate,
  to: LocalDate,
): CalendarDay[] {
  const { id, zone } = channel;
  const within = { startMs: dayStartMs(from, zone), endMs: dayStartMs(to, zone) };
  const extents = history.extents(id, within.startMs, within.endMs);
  const known = gapsWithin(footage, id, within, nowMs);
  const gaps = withMissingFiles(history, id, within, { extents, gaps: known });
  const days: CalendarDay[] = [];
  let [firstExtent, firstGap] = [0, 0];
  let startMs = within.startMs;
  for (let date = from; date < to && startMs <= nowMs; date = addDays(date, 1)) {
    const endMs = dayStartMs(addDays(date, 1), zone);
    const day = { startMs, endMs };
    while ((extents[firstExtent]?.endMs ?? Infinity) <= startMs) firstExtent += 1;
    while ((gaps[firstGap]?.endMs ?? Infinity) <= startMs) firstGap += 1;
    const touching = untilStart(extents, firstExtent, endMs);
    const holes = joinSpans(untilStart(gaps, firstGap, endMs), day);
    if (touching.length > 0 || holes.length > 0) {
      days.push({
        date,
        recordedMs: lengthMs(joinSpans(touching, day)),
        possibleMs: Math.min(endMs, nowMs) - startMs,
        sizeBytes: touching
          .filter((extent) => extent.startMs >= startMs)
          .reduce((sum, extent) => sum + extent.sizeBytes, 0),
        gaps: holes.length,
        gapMs: lengthMs(holes),
        channels: touching.length > 0 ? 1 : 0,
      });
    }
    startMs = endMs;
  }
  return days;
}

/** The items from `first` on that begin before `endMs`; they are in order of their starts. */
function untilStart<T extends { startMs: number }>(items: readonly T[], first: number, endMs: number): T[] {
  let end = first;
  while ((items[end]?.startMs ?? Infinity) < endMs) end += 1;
  return items.slice(first, end);
}

/** Days of the same date as one. */
function together(days: Iterable<CalendarDay>): CalendarDay[] {
  const sums = new Map<LocalDate, CalendarDay>();
  for (const day of days) {
    const sum = sums.get(day.date);
    if (!sum) {
      sums.set(day.date, { ...day });
      continue;
    }
    sum.recordedMs += day.recordedMs;
    sum.possibleMs += day.possibleMs;
    sum.sizeBytes += day.sizeBytes;
    sum.gaps += day.gaps;
    sum.gapMs += day.gapMs;
    sum.channels += day.channels;
  }
  return [...sums.values()].sort((a, b) => (a.date < b.date ? -1 : 1));
}

/** The newest month with footage of these channels that is not later than `latest`. */
function newestMonth(
  history: FootageHistory,
  channels: readonly FootageChannel[],
  latest: string,
): string | undefined {
  const months = channels.flatMap(({ id, zone }) => {
    const found = history.lastBefore(id, dayStartMs(firstOf(monthAfter(latest)), zone));
    return found ? [monthOf(localDateOf(Math.max(found.startMs, found.endMs - 1), zone))] : [];
  });
  const newest = months.sort().at(-1);
  return newest !== undefined && newest > latest ? latest : newest;
}

/** A month of some channels, day by day, each for itself. */
export type MonthOfChannels = {
  month: string;
  days: readonly { channel: FootageChannel; day: CalendarDay }[];
};

/** Months of channels, newest first, from `latest` (`2026-11`) back; months without footage are left out. */
export function monthsOf(
  facts: Facts,
  channels: readonly FootageChannel[],
  latest: string,
  shownMonths = SHOWN_MONTHS,
): { months: MonthOfChannels[]; earlier: string | undefined } {
  const months: MonthOfChannels[] = [];
  let next = newestMonth(facts.history, channels, latest);
  while (next !== undefined && months.length < shownMonths) {
    const month: string = next;
    const [from, to] = [firstOf(month), firstOf(monthAfter(month))];
    const days = channels.flatMap((channel) =>
      calendarDays(facts, channel, from, to).map((day) => ({ channel, day })),
    );
    months.push({ month, days });
    next = newestMonth(facts.history, channels, monthBefore(month));
  }
  return { months, earlier: next };
}

/** The same with the days of all channels added up. */
export function calendarOf(facts: Facts, channels: readonly FootageChannel[], latest: string): Calendar {
  const { months, earlier } = monthsOf(facts, channels, latest);
  const sums = months.map(({ month, days }) => ({ month, days: together(days.map(({ day }) => day)) }));
  return { months: sums, earlier };
}
