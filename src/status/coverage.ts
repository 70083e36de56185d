import type { Footage, FootageChannel } from "../archive/footage.ts";
import type { Recording } from "../db/index/rows.ts";
import type { EndReason } from "../media/reasons.ts";
import { daySpanMs, localDateOf, type LocalDate } from "../platform/zone.ts";

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

/** Wall times of neighbouring segments are rounded and slewed; a smaller step than this is no hole. */
const JOIN_MS = 100;

/** The recorded time of recordings by their segments, cut to `[fromMs, toMs)`, joined where they touch. */
export function recordedSpans(
  recordings: readonly Recording[],
  ticksPerSecond: (run: string) => number,
  within: Span,
): Span[] {
  const pieces: Span[] = [];
  for (const recording of recordings) {
    const ticksPerMs = ticksPerSecond(recording.run) / 1000;
    for (const segment of recording.segments) {
      const endMs = segment.startMs + Math.round(segment.durationTicks / ticksPerMs);
      const last = pieces.at(-1);
      if (last && segment.startMs >= last.startMs && segment.startMs - last.endMs <= JOIN_MS) {
        last.endMs = Math.max(last.endMs, endMs);
      } else {
        pieces.push({ startMs: segment.startMs, endMs });
      }
    }
  }
  return joinSpans(pieces, within);
}

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

/** Gaps of a channel within a span, with the one that lasts still; cut to the span. */
export function gapsWithin(footage: Footage, channel: string, within: Span, nowMs: number): Gap[] {
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
    }))
    .filter((gap) => gap.endMs > gap.startMs);
}

type Settled = { key: string; spans: Span[]; untilMs: number; renewMs: number };

/** How long the closed part of a day is believed; deleted footage leaves the bars after this. */
const RENEW_MS = 60_000;
/** What is newer than this is read anew each time: the recordings being written. */
const TAIL_MS = 10 * 60_000;

/**
 * Days of channels, drawn from the index. A day has up to 43,200 segments and pages ask every few seconds, so
 * all but the last minutes are kept from one question to the next, for a minute at most.
 */
export class CoverageReader {
  readonly #footage: Footage;
  readonly #settled = new Map<string, Settled>();

  constructor(footage: Footage) {
    this.#footage = footage;
  }

  /** The channel's local date in which `nowMs` lies. */
  today(channel: FootageChannel, nowMs: number): DayCoverage {
    const date = localDateOf(nowMs, channel.zone);
    const day = daySpanMs(date, channel.zone);
    const settled = this.#settledPart(channel.id, date, day, nowMs);
    const fresh = this.#read(channel.id, { startMs: settled.untilMs, endMs: day.endMs });
    return {
      date,
      zone: channel.zone,
      ...day,
      nowMs,
      spans: joinSpans([...settled.spans, ...fresh], day),
      gaps: gapsWithin(this.#footage, channel.id, day, nowMs),
    };
  }

  #settledPart(channel: string, date: LocalDate, day: Span, nowMs: number): Settled {
    const known = this.#settled.get(channel);
    const isFresh = known?.key === date && nowMs < known.renewMs && nowMs >= known.renewMs - RENEW_MS;
    if (known && isFresh) return known;
    const untilMs = Math.max(day.startMs, nowMs - TAIL_MS);
    const spans = untilMs > day.startMs ? this.#read(channel, { startMs: day.startMs, endMs: untilMs }) : [];
    const settled = { key: date, spans, untilMs, renewMs: nowMs + RENEW_MS };
    this.#settled.set(channel, settled);
    return settled;
  }

  #read(channel: string, within: Span): Span[] {
    const recordings = this.#footage.recordings(channel, within.startMs, within.endMs);
    const scale = (run: string) => this.#footage.run(run)?.videoTimescale ?? 90_000;
    return recordedSpans(recordings, scale, within);
  }
}
