import type { Footage, FootageChannel } from "../archive/footage.ts";
import type { EndReason } from "../media/reasons.ts";
import { daySpanMs, localDateOf, type LocalDate } from "../platform/zone.ts";
import { withMissingFiles, type SpanHistory } from "./missing-files.ts";

/** `[startMs, endMs)` in ms UTC. */
export type Span = { startMs: number; endMs: number };

/** A time without footage, and why. An open one lasts still; its end is the time of asking. */
export type Gap = Span & { reason: EndReason; detail: string; isOpen: boolean };

/** What a channel has of one local date. Time that is neither in a span nor in a gap has nothing kept. */
export type DayCoverage = {
  date: LocalDate;
  zone: string;
  /** The day itself: 23 to 25 hours. */
  startMs: number;
  endMs: number;
  /** The time of asking; what lies behind it is future. */
  nowMs: number;
  /** Recorded time within the day, in order, never touching each other. */
  spans: readonly Span[];
  /** Cut to the day, in order. */
  gaps: readonly Gap[];
};

/** Wall times of neighbouring recordings are rounded and slewed; a smaller step than this is no hole. */
const JOIN_MS = 100;

/** Orders spans, joins those that overlap or touch, and cuts them to `[within.startMs, within.endMs)`. */
export function joinSpans(spans: readonly Span[], within: Span): Span[] {
  const joined: Span[] = [];
  for (const span of spans.toSorted((a, b) => a.startMs - b.startMs)) {
    const startMs = Math.max(span.startMs, within.startMs);
    const endMs = Math.min(span.endMs, within.endMs);
    if (endMs <= startMs) continue;
    const last = joined.at(-1);
    if (last && startMs - last.endMs <= JOIN_MS) last.endMs = Math.max(last.endMs, endMs);
    else joined.push({ startMs, endMs });
  }
  return joined;
}

/** Sum of the lengths of spans, in ms. */
export const lengthMs = (spans: readonly Span[]): number =>
  spans.reduce((sum, span) => sum + span.endMs - span.startMs, 0);

/** Gaps of a channel within a span, with the one that lasts still; cut to the span: what lasts beyond it is not open. */
export function gapsWithin(
  footage: Pick<Footage, "gaps" | "outage">,
  channel: string,
  within: Span,
  nowMs: number,
): Gap[] {
  const gaps: Gap[] = footage.gaps(channel, within.startMs, within.endMs).map((gap) => ({
    startMs: gap.startMs,
    endMs: gap.endMs,
    reason: gap.reason,
    detail: gap.detail,
    isOpen: false,
  }));
  const outage = footage.outage(channel);
  if (outage) {
    gaps.push({
      startMs: outage.sinceMs,
      endMs: nowMs,
      reason: outage.reason,
      detail: outage.detail,
      isOpen: true,
    });
  }
  return gaps
    .map((gap) => ({
      ...gap,
      startMs: Math.max(gap.startMs, within.startMs),
      endMs: Math.min(gap.endMs, within.endMs),
      isOpen: gap.isOpen && gap.endMs <= within.endMs,
    }))
    .filter((gap) => gap.endMs > gap.startMs);
}

/**
 * Days of channels, drawn from the index. A recording is of one uninterrupted run, so its begin and end tell all:
 * none of a day's 43,200 segments is looked at. Only where segments are files, their spans tell.
 */
export class CoverageReader {
  readonly #footage: Pick<Footage, "gaps" | "outage">;
  readonly #history: SpanHistory;

  constructor(footage: Pick<Footage, "gaps" | "outage">, history: SpanHistory) {
    this.#footage = footage;
    this.#history = history;
  }

  /** The channel's local date in which `nowMs` lies. */
  today(channel: FootageChannel, nowMs: number): DayCoverage {
    return this.day(channel, localDateOf(nowMs, channel.zone), nowMs);
  }

  /** A local date of a channel. */
  day(channel: FootageChannel, date: LocalDate, nowMs: number): DayCoverage {
    const day = daySpanMs(date, channel.zone);
    const extents = this.#history.extents(channel.id, day.startMs, day.endMs);
    const gaps = gapsWithin(this.#footage, channel.id, day, nowMs);
    return {
      date,
      zone: channel.zone,
      ...day,
      nowMs,
      spans: joinSpans(extents, day),
      gaps: withMissingFiles(this.#history, channel.id, day, { extents, gaps }),
    };
  }
}
