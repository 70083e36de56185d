import type { FootageChannel } from "../archive/footage.ts";
import type { Recording } from "../db/index/rows.ts";
import { notFound } from "../platform/errors.ts";
import { daySpanMs, isoOf, localDateOf } from "../platform/zone.ts";
import { nearestSpans, type Span } from "./coverage.ts";
import { dateOfDay } from "./days.ts";
import type { PlaybackDeps } from "./deps.ts";
import type { ListKind } from "./media-playlist.ts";
import type { Segment } from "../media/segment-list.ts";
import {
  ESTIMATE_MS,
  lastTicks,
  mediaSequenceOf,
  numberedTail,
  sequenceOf,
  type Stretch,
} from "./sequence.ts";
import type { Interval } from "./time-parameters.ts";

/** What a list shows, and how it will change. */
export type List = {
  stretches: readonly Stretch[];
  kind: ListKind;
  isEnded: boolean;
  /** Where players shall begin, in seconds from the start of the list. */
  startOffsetSeconds?: number;
  /** A long list that grows: those who reload it may have the changes alone. */
  offersDelta?: boolean;
  /** A short list that ends with the newest footage, which it may also tell in parts. */
  isLive?: boolean;
};

/** Length of a live list: VLC joins 20 s before its end, and whoever pauses has the rest of it. */
const LIVE_MS = 60_000;
/** With long segments a live list is longer: players want three, and some room behind them (RFC 8216 6.3.3). */
const LIVE_SEGMENTS = 6;
/** A day that has just begun keeps so much of the one before it. */
const BEFORE_MIDNIGHT_MS = 600_000;
/** Longest recording; one that ended before a day tells that the day's start is still there. */
const RECORDING_MS = 3_600_000;

const timeText = (ms: number, zone: string): string => isoOf(ms, zone).replace(/\.\d{3}/, "");
/** A span for people, in local time. */
export const spanText = (span: Span, zone: string): string =>
  `${timeText(span.startMs, zone)} to ${timeText(span.endMs, zone)}`;

/** Which segments each kind of list shows. */
export class Lists {
  readonly #deps: PlaybackDeps;

  constructor(deps: PlaybackDeps) {
    this.#deps = deps;
  }

  /**
   * Where lists that grow end: right behind the start of the segment that was stored last, ms UTC. What lies later
   * was dated by a clock that has been set back since; with it, new segments would come in the middle.
   */
  #growsUntilMs(channel: FootageChannel, recordings: readonly Recording[]): number {
    const newest = recordings.reduce<Recording | undefined>(
      (best, each) => (best && best.firstMediaSequence > each.firstMediaSequence ? best : each),
      undefined,
    );
    const last = newest?.segments.at(-1);
    if (!newest || !last) return Number.MAX_SAFE_INTEGER;
    return Math.max(last.startMs, this.#joinMs(channel, newest, last)) + 1;
  }

  /** End of the run before, where it ends a little after the newest one begins: its last segments were listed before. */
  #joinMs(channel: FootageChannel, newest: Recording, last: Segment): number {
    const { footage } = this.#deps;
    const joinMs = (footage.run(newest.run)?.startMs ?? 0) + ESTIMATE_MS;
    if (last.startMs >= joinMs) return 0;
    const ends = footage
      .recordings(channel.id, last.startMs, joinMs)
      .filter((each) => each.firstMediaSequence < newest.firstMediaSequence && each.endMs <= joinMs)
      .map(({ endMs }) => endMs);
    return Math.max(0, ...ends);
  }

  #sequence(channel: FootageChannel, { fromMs, toMs }: Interval): Stretch[] {
    const { footage } = this.#deps;
    return sequenceOf(footage.recordings(channel.id, fromMs, toMs), (id) => footage.run(id), fromMs, toMs);
  }

  /** The newest minute, or what is asked for, in ms. Throws `not-found` before anything was recorded. */
  live(channel: FootageChannel, lengthMs = LIVE_MS): List {
    const { footage, segmentTargetMs } = this.#deps;
    const wantedMs = Math.max(lengthMs, LIVE_SEGMENTS * segmentTargetMs);
    const recordings = footage.newest(channel.id, 4 * wantedMs);
    const toMs = this.#growsUntilMs(channel, recordings);
    const newest = sequenceOf(recordings, (id) => footage.run(id), Number.NEGATIVE_INFINITY, toMs);
    const stretches = lastTicks(numberedTail(newest), wantedMs * 90, LIVE_SEGMENTS);
    if (stretches.length === 0) throw this.#nothing(channel, undefined);
    return { stretches, kind: "sliding", isEnded: channel.isRetired, isLive: true };
  }

  /** From midnight on, growing; in a day's first minutes with the last ones of the day before. */
  today(channel: FootageChannel): List {
    const nowMs = this.#deps.clock.nowMs();
    const day = daySpanMs(localDateOf(nowMs, channel.zone), channel.zone);
    const { footage } = this.#deps;
    const earliestMs = day.startMs - BEFORE_MIDNIGHT_MS;
    const toMs = Math.min(day.endMs, this.#growsUntilMs(channel, footage.newest(channel.id, 1)));
    const recordings = footage.recordings(channel.id, earliestMs, toMs);
    const runOf = (id: string) => footage.run(id);
    const sinceMidnight = sequenceOf(recordings, runOf, day.startMs, toMs);
    const ticks = sinceMidnight.reduce((sum, stretch) => sum + stretch.endTicks - stretch.startTicks, 0);
    const isLongEnough = ticks >= BEFORE_MIDNIGHT_MS * 90;
    const stretches = numberedTail(
      isLongEnough ? sinceMidnight : sequenceOf(recordings, runOf, earliestMs, toMs),
    );
    if (stretches.length === 0) throw this.#nothing(channel, { fromMs: day.startMs, toMs: nowMs });
    return { stretches, kind: "sliding", isEnded: channel.isRetired, offersDelta: true };
  }

  /** A day by its date or its place in the week; see `dateOfDay`. */
  day(channel: FootageChannel, text: string): List {
    const nowMs = this.#deps.clock.nowMs();
    const { date, isToday } = dateOfDay(text, channel.zone, nowMs);
    const { startMs, endMs } = daySpanMs(date, channel.zone);
    return this.#between(channel, { fromMs: startMs, toMs: endMs }, isToday);
  }

  /** An interval; an open one grows until its end has come. */
  interval(channel: FootageChannel, interval: Interval & { isOpen: boolean }): List {
    const toMs = interval.isOpen ? Math.max(interval.toMs, this.#deps.clock.nowMs()) : interval.toMs;
    const list = this.#between(channel, { fromMs: interval.fromMs, toMs }, interval.isOpen);
    const first = list.stretches[0]?.first;
    if (list.isEnded || !first) return list;
    // A growing list plays from its live edge unless told otherwise, and this one was asked for from its start.
    return { ...list, startOffsetSeconds: Math.max(0, (interval.fromMs - first.startMs) / 1000) };
  }

  #between(channel: FootageChannel, interval: Interval, isGrowing: boolean): List {
    const untilMs = isGrowing
      ? this.#growsUntilMs(channel, this.#deps.footage.newest(channel.id, 1))
      : interval.toMs;
    const toMs = Math.min(interval.toMs, untilMs);
    const stretches = this.#sequence(channel, { fromMs: interval.fromMs, toMs });
    if (stretches.length === 0) throw this.#nothing(channel, interval);
    if (!isGrowing || channel.isRetired) return { stretches, kind: "vod", isEnded: true };
    if (this.#isStartThere(channel, stretches, interval.fromMs))
      return { stretches, kind: "event", isEnded: false, offersDelta: true };
    return { stretches: numberedTail(stretches), kind: "sliding", isEnded: false, offersDelta: true };
  }

  /** Whether nothing was deleted from the start of a growing list: then it can't lose entries at its front. */
  #isStartThere(channel: FootageChannel, stretches: readonly Stretch[], fromMs: number): boolean {
    const first = stretches[0];
    if (!first) return false;
    if (first.first.startMs <= fromMs || mediaSequenceOf(first.recording, first.first) === 0) return true;
    return this.#deps.footage.recordings(channel.id, fromMs - RECORDING_MS, fromMs).length > 0;
  }

  /** Why there is nothing to list, with the nearest footage. */
  #nothing(channel: FootageChannel, interval: Interval | undefined) {
    const { zone } = channel;
    if (!interval) return notFound(`Nothing has been recorded on ${channel.id} yet`);
    const { before, after } = nearestSpans(this.#deps.footage, channel.id, interval);
    const details = [
      ...(before ? [`Nearest footage before: ${spanText(before, zone)}`] : []),
      ...(after ? [`Nearest footage after: ${spanText(after, zone)}`] : []),
    ];
    const asked = spanText({ startMs: interval.fromMs, endMs: interval.toMs }, zone);
    return notFound(`Nothing was recorded on ${channel.id} from ${asked}`, details);
  }
}
