import { endWords } from "../media/reasons.ts";
import type { DayCoverage, Gap, Span } from "./coverage.ts";
import { capitalised, countWords, durationWords, endTimeWords, minuteWords, timeWords } from "./words.ts";

/** A hatched mark of a coverage bar: one gap, or several that lie too close to be drawn apart. */
export type GapMark = Span & { words: string };

export type Bar = {
  recorded: Span[];
  gaps: GapMark[];
  /** Local hours to write below it. */
  hours: { atMs: number; label: string }[];
};

/** More marks than this can't be told apart on a phone, and make a page heavy. */
const MAX_MARKS = 300;
/** Gaps nearer to each other than this are a pixel or two apart; drawn one by one they would be a solid block. */
const APART_MS = 2 * 60_000;
const JOIN_STEPS_MS = [APART_MS, 5 * 60_000, 15 * 60_000, Number.POSITIVE_INFINITY];

/**
 * What to draw of a day. Gaps that lie close together are drawn as one mark, which covers all of them and says
 * how many it stands for: a hole is never smoothed away.
 */
export function barOf(day: DayCoverage): Bar {
  return { recorded: joined(day.spans), gaps: gapMarks(day.gaps, day.zone), hours: hourMarks(day) };
}

function joined(spans: readonly Span[]): Span[] {
  if (spans.length <= MAX_MARKS) return [...spans];
  return fewGroups(spans).map(outline);
}

const gapMarks = (gaps: readonly Gap[], zone: string): GapMark[] =>
  fewGroups(gaps).map((group) => ({ ...outline(group), words: markWords(group, zone) }));

function fewGroups<T extends Span>(spans: readonly T[]): T[][] {
  let groups: T[][] = [];
  for (const joinMs of JOIN_STEPS_MS) {
    groups = grouped(spans, joinMs);
    if (groups.length <= MAX_MARKS) break;
  }
  return groups;
}

function grouped<T extends Span>(spans: readonly T[], joinMs: number): T[][] {
  const groups: T[][] = [];
  let endMs = Number.NEGATIVE_INFINITY;
  for (const span of spans) {
    const group = groups.at(-1);
    if (group && span.startMs - endMs <= joinMs) group.push(span);
    else groups.push([span]);
    endMs = Math.max(endMs, span.endMs);
  }
  return groups;
}

function outline(group: readonly Span[]): Span {
  return {
    startMs: Math.min(...group.map((span) => span.startMs)),
    endMs: Math.max(...group.map((span) => span.endMs)),
  };
}

function markWords(group: readonly Gap[], zone: string): string {
  const [first] = group;
  if (first && group.length === 1) return gapSentence(first, zone);
  const span = outline(group);
  const totalMs = group.reduce((sum, gap) => sum + gap.endMs - gap.startMs, 0);
  const times = `${timeWords(span.startMs, zone)} to ${endTimeWords(span.endMs, zone)}`;
  return `${times}: ${countWords(group.length, "gap")}, ${durationWords(totalMs)} in all`;
}

/** `03:10:05 to 03:42:11, 32 min: the source did not answer (connection refused)`. */
export function gapSentence(gap: Gap, zone: string): string {
  const times = gap.isOpen
    ? `Since ${timeWords(gap.startMs, zone)}`
    : `${timeWords(gap.startMs, zone)} to ${endTimeWords(gap.endMs, zone)}`;
  return `${times}, ${durationWords(gap.endMs - gap.startMs)}: ${endWords(gap)}`;
}

/** What a screen reader says of a whole bar. */
export function barSummary(day: DayCoverage): string {
  const recordedMs = day.spans.reduce((sum, span) => sum + span.endMs - span.startMs, 0);
  if (recordedMs === 0) return "Nothing recorded on this day";
  const first = day.spans[0];
  const from = first ? `, from ${minuteWords(first.startMs, day.zone)}` : "";
  const gaps = day.gaps.length === 0 ? "no gaps" : countWords(day.gaps.length, "gap");
  return `${capitalised(durationWords(recordedMs))} recorded${from}, ${gaps}`;
}

function hourMarks(day: DayCoverage): Bar["hours"] {
  const date = Temporal.PlainDate.from(day.date);
  return [0, 6, 12, 18].map((hour) => ({
    atMs: Math.max(
      day.startMs,
      date.toZonedDateTime({ timeZone: day.zone, plainTime: Temporal.PlainTime.from({ hour }) })
        .epochMilliseconds,
    ),
    label: `${String(hour).padStart(2, "0")}:00`,
  }));
}
