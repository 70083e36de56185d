import type { ListedRow } from "../db/index/rows.ts";
import type { Segment } from "../media/segment-list.ts";
import type { ListNumbers } from "./media-playlist.ts";
import type { Stretch } from "./stretch.ts";

/** Keeps where a channel's lists stand; without one the numbers end with the process. */
export type ListedStore = {
  read(channel: string): ListedRow | undefined;
  write(row: ListedRow): void;
};

/** A segment of a list that grows. */
export type ListedSegment = { recording: string; segment: Segment; isDiscontinuity: boolean };

/** As many segments are remembered as a list has at most. */
export const MOST_LISTED = 43_200;
/** What is stored is at most so old: with less kept than this the numbers would have to begin anew. */
const STORE_MS = 600_000;
/** Files come once a second at most, so numbers that begin with the seconds since then are never behind older ones. */
const EPOCH_MS = Date.UTC(2020, 0, 1);
/**
 * The first discontinuity number: a list may begin with so many less. No more than it has to be: hls.js stands still for
 * seconds where these numbers have nine digits.
 */
const FIRST_DISCONTINUITY = MOST_LISTED;

/** The segments of stretches one by one. */
export const listedSegments = (stretches: readonly Stretch[]): ListedSegment[] =>
  stretches.flatMap(({ recording, segments, isDiscontinuity }) =>
    segments.map((segment, index) => ({
      recording: recording.id,
      segment,
      isDiscontinuity: index === 0 && isDiscontinuity,
    })),
  );

const nameOf = ({ recording, segment }: ListedSegment): string => `${recording}-${segment.ordinal}`;

/** What was listed: names from number `first` on, and which of them begin with a discontinuity, where that is known. */
type Memory = { first: number; names: string[]; discontinuities: (boolean | undefined)[] };

/** Where a segment stands: what it is, and its numbers. */
type Anchor = Omit<ListedRow, "channel">;

const after = (anchor: Anchor, steps: number, discontinuities: number): ListNumbers => ({
  mediaSequence: anchor.mediaSequence + steps,
  discontinuitySequence: anchor.discontinuitySequence + discontinuities,
});

const countDiscontinuities = (segments: readonly ListedSegment[]): number =>
  segments.reduce((sum, { isDiscontinuity }) => sum + (isDiscontinuity ? 1 : 0), 0);

/**
 * Numbers of segments that are files, given in the order in which they are first listed. All growing lists of a channel
 * end with the same segment and share them. A number never means another segment: where one that was listed has gone or
 * another has come between, lists begin behind that place.
 */
export class ListedNumbers {
  readonly #store: ListedStore | undefined;
  readonly #anchors = new Map<string, Anchor>();
  readonly #stored = new Map<string, Anchor>();
  readonly #memories = new Map<string, Memory>();

  constructor(store?: ListedStore) {
    this.#store = store;
  }

  /** From when on (ms UTC) `numbered` has to know the channel's segments; `undefined` before any was numbered. */
  knownFromMs(channel: string): number | undefined {
    return this.#anchor(channel)?.startMs;
  }

  #anchor(channel: string): Anchor | undefined {
    const known = this.#anchors.get(channel) ?? this.#store?.read(channel);
    if (known) this.#anchors.set(channel, known);
    return known;
  }

  /**
   * Numbers the segments of a list, which end with the newest one.
   * @param listed the list
   * @param since all segments from `knownFromMs` on
   * @returns how many segments at the front can't be listed, and the numbers of the first one behind them
   */
  numbered(
    channel: string,
    listed: readonly ListedSegment[],
    since: readonly ListedSegment[],
  ): { skipped: number; numbers: ListNumbers } {
    const last = listed.at(-1);
    if (!last) throw new RangeError("a list needs at least one segment");
    const { numbers: newest, isNew } = this.#newest(channel, last, since);
    const floor = this.#anchor(channel)?.firstSequence ?? 0;
    const memory = this.#memories.get(channel);
    const firstIf = newest.mediaSequence - (listed.length - 1);
    let skipped = listed.length - 1;
    let { discontinuitySequence } = newest;
    while (skipped > 0) {
      const here = listed[skipped];
      const before = listed[skipped - 1];
      if (!here || !before || !isAsKnown(memory, firstIf + skipped, here)) break;
      if (firstIf + skipped - 1 < floor || !isSameName(memory, firstIf + skipped - 1, before)) break;
      if (here.isDiscontinuity) discontinuitySequence--;
      skipped--;
    }
    const mediaSequence = firstIf + skipped;
    const isCut = skipped > 0;
    this.#remember(channel, listed.slice(skipped), mediaSequence, isCut);
    // What stood before a cut has had other numbers, and is not listed again.
    const isMoved = isCut && mediaSequence !== floor;
    const firstSequence = isCut ? mediaSequence : floor;
    this.#keep(channel, { ...placeOf(last), ...newest, firstSequence }, isNew || isMoved);
    return { skipped, numbers: { mediaSequence, discontinuitySequence } };
  }

  /** The numbers of the newest segment. */
  #newest(
    channel: string,
    last: ListedSegment,
    since: readonly ListedSegment[],
  ): { numbers: ListNumbers; isNew: boolean } {
    const anchor = this.#anchor(channel);
    const fresh = Math.max(0, Math.floor((last.segment.startMs - EPOCH_MS) / 1000));
    if (!anchor)
      return { numbers: { mediaSequence: fresh, discontinuitySequence: FIRST_DISCONTINUITY }, isNew: true };
    const at = since.findIndex(
      ({ recording, segment }) => recording === anchor.recording && segment.ordinal === anchor.ordinal,
    );
    if (at >= 0) {
      const behind = since.slice(at + 1);
      return { numbers: after(anchor, behind.length, countDiscontinuities(behind)), isNew: false };
    }
    // What was listed last is gone.
    const memory = this.#memories.get(channel);
    const known = memory?.names.lastIndexOf(nameOf(last)) ?? -1;
    if (memory && known >= 0) {
      const lost = memory.discontinuities.slice(known + 1).filter((each) => each === true).length;
      const mediaSequence = memory.first + known;
      return {
        numbers: { mediaSequence, discontinuitySequence: anchor.discontinuitySequence - lost },
        isNew: true,
      };
    }
    const steps = since.filter(({ segment }) => segment.startMs > anchor.startMs).length;
    const next = memory ? anchor.mediaSequence + Math.max(1, steps) : 0;
    const mediaSequence = Math.max(next, memory && steps > 0 ? 0 : fresh, anchor.mediaSequence + 1);
    return {
      numbers: { mediaSequence, discontinuitySequence: anchor.discontinuitySequence + Math.max(1, steps) },
      isNew: true,
    };
  }

  #remember(channel: string, listed: readonly ListedSegment[], first: number, isCut: boolean): void {
    const former = isCut ? undefined : this.#memories.get(channel);
    const names = listed.map(nameOf);
    const discontinuities: (boolean | undefined)[] = listed.map(({ isDiscontinuity }) => isDiscontinuity);
    discontinuities[0] = undefined;
    const kept = former ? Math.min(former.names.length, Math.max(0, first - former.first)) : 0;
    const joins = former !== undefined && kept > 0 && former.first + kept === first;
    if (former && first >= former.first) discontinuities[0] = former.discontinuities[first - former.first];
    const memory = joins
      ? {
          first: former.first,
          names: [...former.names.slice(0, kept), ...names],
          discontinuities: [...former.discontinuities.slice(0, kept), ...discontinuities],
        }
      : { first, names, discontinuities };
    const surplus = Math.max(0, memory.names.length - MOST_LISTED);
    this.#memories.set(channel, {
      first: memory.first + surplus,
      names: memory.names.slice(surplus),
      discontinuities: memory.discontinuities.slice(surplus),
    });
  }

  #keep(channel: string, anchor: Anchor, mustStore: boolean): void {
    this.#anchors.set(channel, anchor);
    const stored = this.#stored.get(channel) ?? this.#store?.read(channel);
    if (stored && !mustStore && Math.abs(anchor.startMs - stored.startMs) < STORE_MS) {
      this.#stored.set(channel, stored);
      return;
    }
    this.#stored.set(channel, anchor);
    this.#store?.write({ channel, ...anchor });
  }
}

const placeOf = ({ recording, segment: { ordinal, startMs } }: ListedSegment) => ({
  recording,
  ordinal,
  startMs,
});

function isSameName(memory: Memory | undefined, number: number, listed: ListedSegment): boolean {
  const known = memory?.names[number - memory.first];
  return known === undefined || known === nameOf(listed);
}

function isAsKnown(memory: Memory | undefined, number: number, listed: ListedSegment): boolean {
  const known = memory?.discontinuities[number - memory.first];
  return isSameName(memory, number, listed) && (known === undefined || known === listed.isDiscontinuity);
}
