import type { FootageChannel } from "../archive/footage.ts";
import { nothingYet } from "../archive/nothing-yet.ts";
import { hasOwnFiles, type Recording } from "../db/index/rows.ts";
import { NightjarError, notFound } from "../platform/errors.ts";
import { daySpanMs, isoOf, localDateOf } from "../platform/zone.ts";
import { nearestSpans, type Span } from "./coverage.ts";
import { dateOfDay } from "./days.ts";
import type { PlaybackDeps } from "./deps.ts";
import { GrowingFiles } from "./growing-files.ts";
import { MOST_LISTED } from "./listed-numbers.ts";
import type { ListKind, ListNumbers } from "./media-playlist.ts";
import type { Segment } from "../media/segment-list.ts";
import { ESTIMATE_MS, numberedTail, sequenceOf } from "./sequence.ts";
import {
  firstSegments,
  lastSegments,
  lastTicks,
  mediaSequenceOf,
  segmentCount,
  type Stretch,
} from "./stretch.ts";
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
  /** What it begins with, where the stored numbers do not count: segments that are files. */
  numbers?: ListNumbers;
  /** The least target duration, in seconds. */
  leastTargetSeconds?: number;
};

/** Length of a live list: VLC joins 20 s before its end, and whoever pauses has the rest of it. */
const LIVE_MS = 60_000;
/** With long segments a live list is longer: players want three, and some room behind them (RFC 8216 6.3.3). */
const LIVE_SEGMENTS = 6;
/** A day that has just begun keeps so much of the one before it. */
const BEFORE_MIDNIGHT_MS = 600_000;
/** So far back from the newest file a live list looks for more. */
const FILES_REACH_MS = 2 * 3_600_000;
/** A day of files that is just over goes on as it was, so that players get its end; then it is all that is there. */
const DAY_END_MS = 900_000;
/** No file that came in time is held back so long after the end of its day. */
const LAST_FILE_MS = 300_000;
/** Longest recording; one that ended before a day tells that the day's start is still there. */
const RECORDING_MS = 3_600_000;

const timeText = (ms: number, zone: string): string => isoOf(ms, zone).replace(/\.\d{3}/, "");
/** A span for people, in local time. */
export const spanText = (span: Span, zone: string): string =>
  `${timeText(span.startMs, zone)} to ${timeText(span.endMs, zone)}`;

/** Length in 90,000ths of a second. */
const ticksOf = (stretches: readonly Stretch[]): number =>
  stretches.reduce((sum, stretch) => sum + stretch.endTicks - stretch.startTicks, 0);

/** Which segments each kind of list shows. */
export class Lists {
  readonly #deps: PlaybackDeps;
  readonly #files: GrowingFiles;

  /** One object for all routes: what growing lists of files have named is remembered here. */
  constructor(deps: PlaybackDeps) {
    this.#deps = deps;
    this.#files = new GrowingFiles(deps.footage, deps.listed);
  }

  /** Up to where growing lists of a channel go whose segments are files, ms UTC; `undefined` for all others. */
  #settledMs(channel: FootageChannel): number | undefined {
    return channel.isRetired ? undefined : this.#deps.settledMs?.(channel.id);
  }

  /** A list that grows, of a channel whose segments are files. Throws `not-found` when there is nothing yet. */
  #growing(
    channel: FootageChannel,
    stretches: readonly Stretch[],
    settledMs: number,
    asked: Interval | undefined,
  ): List {
    const shown = this.#files.numbered(channel, stretches, settledMs);
    if (shown.stretches.length === 0)
      throw this.#settling(channel, settledMs, asked) ?? this.#nothing(channel, asked);
    return { ...shown, kind: "sliding", isEnded: false };
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
    const settledMs = this.#settledMs(channel);
    if (settledMs !== undefined) {
      const reachMs = Math.max(FILES_REACH_MS, 2 * wantedMs);
      const newest = this.#files.sequence(channel, settledMs - reachMs, settledMs);
      const stretches = lastTicks(newest, wantedMs * 90, LIVE_SEGMENTS);
      return { ...this.#growing(channel, stretches, settledMs, undefined), isLive: true };
    }
    const recordings = footage.newest(channel.id, 4 * wantedMs);
    const toMs = this.#growsUntilMs(channel, recordings);
    const newest = sequenceOf(recordings, (id) => footage.run(id), Number.NEGATIVE_INFINITY, toMs);
    const stretches = lastTicks(numberedTail(newest), wantedMs * 90, LIVE_SEGMENTS);
    if (stretches.length === 0) throw this.#nothing(channel, undefined);
    if (channel.isRetired && stretches.some(({ recording }) => hasOwnFiles(recording)))
      return { stretches, kind: "vod", isEnded: true };
    return { stretches, kind: "sliding", isEnded: channel.isRetired, isLive: true };
  }

  /** From midnight on, growing; in a day's first minutes with the last ones of the day before. */
  today(channel: FootageChannel): List {
    const nowMs = this.#deps.clock.nowMs();
    const day = daySpanMs(localDateOf(nowMs, channel.zone), channel.zone);
    const { footage } = this.#deps;
    const earliestMs = day.startMs - BEFORE_MIDNIGHT_MS;
    const settledMs = this.#settledMs(channel);
    if (settledMs !== undefined) {
      const since = (fromMs: number) => this.#files.sequence(channel, fromMs, settledMs);
      const today = since(day.startMs);
      const shown = ticksOf(today) >= BEFORE_MIDNIGHT_MS * 90 ? today : since(earliestMs);
      return this.#growing(channel, shown, settledMs, { fromMs: day.startMs, toMs: nowMs });
    }
    const toMs = Math.min(day.endMs, this.#growsUntilMs(channel, footage.newest(channel.id, 1)));
    const recordings = footage.recordings(channel.id, earliestMs, toMs);
    const runOf = (id: string) => footage.run(id);
    const sinceMidnight = sequenceOf(recordings, runOf, day.startMs, toMs);
    const isLongEnough = ticksOf(sinceMidnight) >= BEFORE_MIDNIGHT_MS * 90;
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
    const settledMs = this.#settledMs(channel);
    const sinceMs = nowMs - endMs;
    if (settledMs === undefined || isToday || sinceMs > DAY_END_MS)
      return this.#between(channel, { fromMs: startMs, toMs: endMs }, isToday);
    const list = this.#between(channel, { fromMs: startMs, toMs: endMs }, true);
    return { ...list, isEnded: settledMs >= endMs || sinceMs > LAST_FILE_MS };
  }

  /**
   * From a day (its date) on, through all that follow, open at its end. A list has so many segments at most: the oldest
   * ones leave it. Throws `not-found` when nothing of that day is there.
   */
  since(channel: FootageChannel, text: string): List {
    const nowMs = this.#deps.clock.nowMs();
    const { date } = dateOfDay(text, channel.zone, nowMs);
    const day = daySpanMs(date, channel.zone);
    const interval = { fromMs: day.startMs, toMs: day.endMs };
    if (this.#sequence(channel, interval).length === 0) throw this.#nothing(channel, interval);
    const list = this.#between(channel, { fromMs: day.startMs, toMs: Number.MAX_SAFE_INTEGER }, true);
    if (list.numbers || list.isEnded) return list;
    return { ...list, kind: "sliding", stretches: lastSegments(numberedTail(list.stretches), MOST_LISTED) };
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
    const settledMs = isGrowing ? this.#settledMs(channel) : undefined;
    if (settledMs !== undefined) {
      const { fromMs, toMs } = interval;
      const asked = { fromMs, toMs: Math.min(toMs, this.#deps.clock.nowMs()) };
      const all = this.#files.sequence(channel, fromMs, settledMs);
      const list = this.#growing(channel, all, settledMs, asked);
      const behind = all.flatMap(({ segments }) => segments).filter(({ startMs }) => startMs >= toMs).length;
      const stretches = firstSegments(list.stretches, segmentCount(list.stretches) - behind);
      if (stretches.length === 0)
        throw this.#settling(channel, settledMs, asked) ?? this.#nothing(channel, asked);
      return { ...list, stretches, offersDelta: true };
    }
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

  /**
   * What is answered while all that was asked for came so lately that older files may still come before it: players refuse
   * lists without a segment. `undefined` when nothing of that kind is there.
   */
  #settling(
    channel: FootageChannel,
    settledMs: number,
    asked: Interval | undefined,
  ): NightjarError | undefined {
    const { footage, settlesInMs } = this.#deps;
    const inMs = settlesInMs?.(channel.id);
    if (inMs === undefined) return undefined;
    const fromMs = Math.max(asked?.fromMs ?? 0, settledMs + 1);
    const toMs = asked?.toMs ?? Number.MAX_SAFE_INTEGER;
    const isWaiting = ({ startMs }: Segment): boolean => startMs >= fromMs && startMs < toMs;
    const young = fromMs < toMs ? footage.recordings(channel.id, fromMs, toMs) : [];
    if (!young.some(({ segments }) => segments.some(isWaiting))) return undefined;
    const retryAfterSeconds = Math.max(1, Math.ceil(inMs / 1000));
    return new NightjarError(
      "not-found",
      `The first files of ${channel.id} are still settling: lists that grow wait for older ones`,
      { details: [`Ask again in ${retryAfterSeconds} s`], retryAfterSeconds },
    );
  }

  /** Why there is nothing to list, with the nearest footage. */
  #nothing(channel: FootageChannel, interval: Interval | undefined) {
    const { zone } = channel;
    if (!interval) return nothingYet(this.#deps.footage, channel);
    const { before, after } = nearestSpans(this.#deps.footage, channel.id, interval);
    const details = [
      ...(before ? [`Nearest footage before: ${spanText(before, zone)}`] : []),
      ...(after ? [`Nearest footage after: ${spanText(after, zone)}`] : []),
    ];
    const asked = spanText({ startMs: interval.fromMs, endMs: interval.toMs }, zone);
    return notFound(`Nothing was recorded on ${channel.id} from ${asked}`, details);
  }
}
