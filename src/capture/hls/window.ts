import type { ParsedKey, ParsedMediaPlaylist, ParsedSegment } from "../../media/m3u8-parse.ts";
import type { ByteRange } from "./body.ts";

/** A resource, or a part of one, and what it is encrypted with. */
export type Piece = { url: string; range?: ByteRange; keys: readonly ParsedKey[] };

/** A segment of a source's window. */
export type Entry = Piece & {
  /** Its number in the source's list; it begins again when the source does. */
  sequence: number;
  map?: Piece;
  durationSeconds: number;
  /** Wall time by the source's list, ms UTC. */
  dateMs?: number;
  /** What the arrival of the list says: its newest segment ends then. ms UTC. */
  arrivalStartMs: number;
  isDiscontinuity: boolean;
  isGap: boolean;
};

/** A source's list at one moment. */
export type Listing = {
  entries: readonly Entry[];
  targetSeconds: number;
  isEnded: boolean;
};

const rangeOf = (range: ByteRange | undefined): { range?: ByteRange } =>
  range === undefined ? {} : { range };

const secondsOf = (segments: readonly Pick<ParsedSegment, "durationSeconds">[]): number =>
  segments.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0);

/** Wall times by the list: at a tag, after one by the sum of durations, and before the first one back from it. */
function datesOf(segments: readonly ParsedSegment[]): (number | undefined)[] {
  const dates: (number | undefined)[] = [];
  let nextMs: number | undefined;
  for (const { programDateTimeMs, durationSeconds } of segments) {
    const dateMs: number | undefined = programDateTimeMs ?? nextMs;
    dates.push(dateMs);
    nextMs = dateMs === undefined ? undefined : dateMs + durationSeconds * 1000;
  }
  const first = dates.findIndex((date) => date !== undefined);
  for (let index = first - 1; index >= 0 && !segments[index + 1]?.isDiscontinuity; index -= 1) {
    const afterMs = dates[index + 1];
    const segment = segments[index];
    if (afterMs !== undefined && segment !== undefined)
      dates[index] = afterMs - segment.durationSeconds * 1000;
  }
  return dates;
}

/**
 * A list with absolute addresses and with times.
 * @param base the list's own address, behind redirects
 * @param arrivalMs when it came, ms UTC
 */
export function listingOf(list: ParsedMediaPlaylist, base: URL, arrivalMs: number): Listing {
  const dates = datesOf(list.segments);
  let untilEndSeconds = secondsOf(list.segments);
  const entries = list.segments.map((segment, index): Entry => {
    const arrivalStartMs = arrivalMs - untilEndSeconds * 1000;
    untilEndSeconds -= segment.durationSeconds;
    const { mapUri, mapByteRange, mapKeys = [] } = segment;
    const dateMs = dates[index];
    return {
      url: absolute(segment.uri, base),
      ...rangeOf(segment.byteRange),
      keys: absoluteKeys(segment.keys ?? [], base),
      ...(mapUri === undefined
        ? {}
        : {
            map: { url: absolute(mapUri, base), ...rangeOf(mapByteRange), keys: absoluteKeys(mapKeys, base) },
          }),
      sequence: segment.mediaSequence,
      durationSeconds: segment.durationSeconds,
      ...(dateMs === undefined ? {} : { dateMs }),
      arrivalStartMs,
      isDiscontinuity: segment.isDiscontinuity,
      isGap: segment.isGap ?? false,
    };
  });
  return { entries, targetSeconds: Math.max(1, list.targetDurationSeconds), isEnded: list.isEnded };
}

/** What is no address is left as it is: asking for it fails, and says so. */
const absolute = (uri: string, base: URL): string =>
  URL.canParse(uri, base) ? new URL(uri, base).href : uri;

const absoluteKeys = (keys: readonly ParsedKey[], base: URL): ParsedKey[] =>
  keys.map((key) => (key.uri === undefined ? key : { ...key, uri: absolute(key.uri, base) }));

/** What a new list brings. */
export type Step =
  /** Segments that were not listed before, oldest first, and how many went by unseen before them. */
  | { kind: "grown"; fresh: readonly Entry[]; missed: number }
  /** Nothing new, or an older state of the list, as some caches give it. */
  | { kind: "same" }
  /** The numbers began anew: which of its segments are known, the numbers don't say. */
  | { kind: "reset" };

/** An older list may come for so long, in target durations, before it is taken for a new one. */
const STALE_TARGETS = 3;
/** So many of the newest segments are compared with those of the next list. */
const COMPARED = 100;
/** Between two lists the same segment may differ by so much: some round otherwise each time. */
const SAME_SECONDS = 0.1;
const SAME_DATE_MS = 1000;

/** Whether two entries with the same number are the same segment; the query may hold a token that changes. */
function isSame(a: Entry, b: Entry): boolean {
  const path = (url: string): string => url.replace(/[?#].*$/s, "").replace(/^[a-z]+:\/\/[^/]*/i, "");
  if (path(a.url) !== path(b.url) || a.range?.offsetBytes !== b.range?.offsetBytes) return false;
  if (Math.abs(a.durationSeconds - b.durationSeconds) > SAME_SECONDS) return false;
  if (a.dateMs === undefined || b.dateMs === undefined) return true;
  return Math.abs(a.dateMs - b.dateMs) <= SAME_DATE_MS;
}

/**
 * Follows a source's list from one state to the next by its media sequence numbers, so that each segment is told once, in
 * order. Pure: nothing is fetched here.
 */
export class WindowTracker {
  /** Number of the segment after the newest that was told; `undefined` before the first list. */
  #next: number | undefined;
  #known: readonly Entry[] = [];
  /** A list that ends before what was told: since when (monotonic ms), and with which number it ended last. */
  #stale: { sinceMs: number; last: number } | undefined;

  /** Takes a list as known: what comes after its newest segment is new. */
  attach({ entries }: Listing): void {
    const last = entries.at(-1);
    this.#next = last && last.sequence + 1;
    this.#known = entries.slice(-COMPARED);
    this.#stale = undefined;
  }

  /** @param nowMs monotonic */
  take(listing: Listing, nowMs: number): Step {
    const { entries } = listing;
    const next = this.#next;
    if (next === undefined) return { kind: "reset" };
    const [first] = entries;
    const last = entries.at(-1);
    if (first === undefined || last === undefined) return { kind: "same" };
    if (!this.#agrees(entries)) return { kind: "reset" };
    if (last.sequence < next - 1) return this.#older(entries, listing.targetSeconds, nowMs);
    this.#stale = undefined;
    this.#known = entries.slice(-COMPARED);
    const fresh = entries.filter(({ sequence }) => sequence >= next);
    if (fresh.length === 0) return { kind: "same" };
    this.#next = last.sequence + 1;
    return { kind: "grown", fresh, missed: Math.max(0, first.sequence - next) };
  }

  /** A list that ends earlier than the one before it: an old state of the same, unless it has nothing of it, or grows. */
  #older(entries: readonly Entry[], targetSeconds: number, nowMs: number): Step {
    const [oldest] = this.#known;
    const last = entries.at(-1)?.sequence ?? 0;
    const { sinceMs = nowMs, last: before = last } = this.#stale ?? {};
    this.#stale = { sinceMs, last };
    const isApart = oldest === undefined || last < oldest.sequence;
    const isNew = isApart || last > before || nowMs - sinceMs > STALE_TARGETS * targetSeconds * 1000;
    return { kind: isNew ? "reset" : "same" };
  }

  /** Whether what both lists hold by number is the same in both; lists that share no number don't disagree. */
  #agrees(entries: readonly Entry[]): boolean {
    const known = new Map(this.#known.map((entry) => [entry.sequence, entry]));
    return entries.every((entry) => {
      const former = known.get(entry.sequence);
      return former === undefined || isSame(former, entry);
    });
  }
}

/**
 * How long to wait before a list is asked for again, from when it was last asked for (RFC 8216 6.3.4): a target duration
 * when it had changed, else half of one; less for a list that is shorter than it should be.
 */
export function pollMs(listing: Listing, hasChanged: boolean): number {
  const targetMs = listing.targetSeconds * 1000;
  const windowMs = secondsOf(listing.entries) * 1000;
  const waitMs = hasChanged ? Math.min(targetMs, Math.max(windowMs / 2, targetMs / 4)) : targetMs / 2;
  return Math.min(60_000, Math.max(500, waitMs));
}

const RETRY_MS = { first: 500, most: 5000 };
/** A list that is there again is asked for before more than this share of its window has gone by. */
const WINDOW_SHARE = 1 / 8;

/**
 * How long to wait before a list that could not be had is asked for again, after so many failures in a row: longer each time,
 * but of a short window little is lost when its origin comes back.
 */
export function retryMs(listing: Listing, failures: number): number {
  const windowMs = secondsOf(listing.entries) * 1000;
  const mostMs = Math.max(RETRY_MS.first, Math.min(RETRY_MS.most, windowMs * WINDOW_SHARE));
  return Math.min(mostMs, RETRY_MS.first * 2 ** (failures - 1));
}
