import { NightjarError } from "../../platform/errors.ts";
import type { Sample, TrackKind } from "../parameters.ts";
import { convertTicksNearest } from "../ticks.ts";
import { NumberList } from "./number-list.ts";
import type { SampleColumns } from "./sample-columns.ts";
import { usualInterval } from "./usual-interval.ts";

/** No sample stands for longer: a segment says it in 32 bits of 90,000ths of a second, 13 hours. */
const MAX_STEP_TICKS = 2 ** 31 - 1;

/** A sample and where it is. */
export type PlacedSample = Sample & { offsetBytes: number; decodeTicks: number };

/** The columns that an `Mp4Track` keeps. */
type Kept = {
  kind: TrackKind;
  timescale: number;
  offsets: NumberList;
  sizes: Uint16Array | Uint32Array;
  decodeTicks: NumberList;
  compositionTicks: Int16Array | Int32Array | undefined;
  keys: Uint8Array | undefined;
  endTicks: number;
};

/**
 * The samples of a track of an MP4 file in decode order, in six to 13 bytes each. Times are in ticks of `timescale`, which
 * is 90,000 for pictures and the sampling rate for sound, since the moment at which the file's first picture is shown;
 * sound may begin before it.
 *
 * As in footage of our own, the n-th picture in decode order is decoded at the n-th presentation time: presentation
 * begins at the first decode time, and composition offsets are signed.
 */
export class Mp4Track {
  readonly kind: TrackKind;
  readonly timescale: number;
  readonly count: number;
  /** When the last sample ends. */
  readonly endTicks: number;
  readonly #columns: Kept;

  constructor(columns: Kept) {
    this.kind = columns.kind;
    this.timescale = columns.timescale;
    this.count = columns.sizes.length;
    this.endTicks = columns.endTicks;
    this.#columns = columns;
  }

  /** Memory that the tables take: what keeps some of them may want to know. */
  get heldBytes(): number {
    const { offsets, sizes, decodeTicks, compositionTicks, keys } = this.#columns;
    const columns = [offsets, sizes, decodeTicks, compositionTicks, keys];
    return columns.reduce((sum, column) => sum + (column?.byteLength ?? 0), 0);
  }

  /** Position in the file. */
  offsetAt(index: number): number {
    return this.#columns.offsets.at(index);
  }

  sizeAt(index: number): number {
    return this.#columns.sizes[index] ?? 0;
  }

  decodeTicksAt(index: number): number {
    return index < this.count ? this.#columns.decodeTicks.at(index) : this.endTicks;
  }

  isKeyAt(index: number): boolean {
    return this.#columns.keys === undefined || this.#columns.keys[index] === 1;
  }

  sampleAt(index: number): PlacedSample {
    const decodeTicks = this.decodeTicksAt(index);
    return {
      offsetBytes: this.offsetAt(index),
      sizeBytes: this.sizeAt(index),
      decodeTicks,
      durationTicks: this.decodeTicksAt(index + 1) - decodeTicks,
      compositionOffsetTicks: this.#columns.compositionTicks?.[index] ?? 0,
      isKey: this.isKeyAt(index),
    };
  }

  /** Number of the first sample that is decoded at a time or later; `count` when there is none. */
  indexFrom(ticks: number): number {
    return this.#columns.decodeTicks.indexFrom(ticks);
  }
}

/** When a track's samples are shown, in its own ticks with its edit list. */
export type TrackTimes = { timescale: number; editOffsetTicks: number };

/** The pictures, and when the first one is shown and the last one ends, in the track's own ticks. */
export type VideoColumns = { track: Mp4Track; firstTicks: number; activityBytes: number };

/**
 * The track of the pictures. Throws `unprocessable` for times that can't be.
 * @param times how the file counts them
 * @param timescale how they are to be counted
 */
export function videoTrack(columns: SampleColumns, times: TrackTimes, timescale: number): VideoColumns {
  const { count, decodeTicks, compositionTicks, keys, sizes } = columns;
  const shown = new Float64Array(count);
  let firstTicks = Number.POSITIVE_INFINITY;
  let lastTicks = Number.NEGATIVE_INFINITY;
  let lastIndex = 0;
  let activityBytes = 0;
  for (let index = 0; index < count; index++) {
    const ticks = (decodeTicks[index] ?? 0) + (compositionTicks[index] ?? 0);
    shown[index] = ticks;
    if (ticks < firstTicks) firstTicks = ticks;
    if (ticks >= lastTicks) [lastTicks, lastIndex] = [ticks, index];
    if (keys[index] === 0) activityBytes += sizes[index] ?? 0;
  }
  const lastStands = (decodeTicks[lastIndex + 1] ?? columns.endTicks) - (decodeTicks[lastIndex] ?? 0);
  const convert = converter(times.timescale, timescale);
  for (let index = 0; index < count; index++) shown[index] = convert((shown[index] ?? 0) - firstTicks);
  const given = columns.hasComposition ? shown.slice().sort() : shown.slice();
  let endTicks = convert(lastTicks + (lastIndex < count - 1 || lastStands > 0 ? lastStands : 0) - firstTicks);
  const finalTicks = raise(given);
  if (endTicks <= finalTicks) endTicks = finalTicks + (usualInterval(given.slice(-256)) ?? 1);
  checkSteps(given, endTicks);
  const track = new Mp4Track({
    kind: "video",
    timescale,
    offsets: new NumberList(columns.offsets.subarray(0, count)),
    sizes: narrowSizes(sizes.subarray(0, count)),
    decodeTicks: new NumberList(given),
    compositionTicks: columns.hasComposition ? offsetsFrom(given, shown) : undefined,
    keys: keys.slice(0, count),
    endTicks,
  });
  return { track, firstTicks: firstTicks + times.editOffsetTicks, activityBytes };
}

/** The track of the sound. `zeroTicks` is when the first picture is shown, in ticks of `timescale`. */
export function audioTrack(
  columns: SampleColumns,
  times: TrackTimes,
  timescale: number,
  zeroTicks: number,
): Mp4Track {
  const { count, decodeTicks } = columns;
  const convert = converter(times.timescale, timescale);
  const given = new Float64Array(count);
  for (let index = 0; index < count; index++)
    given[index] = convert((decodeTicks[index] ?? 0) + times.editOffsetTicks) - zeroTicks;
  const finalTicks = raise(given);
  const endTicks = Math.max(finalTicks + 1, convert(columns.endTicks + times.editOffsetTicks) - zeroTicks);
  checkSteps(given, endTicks);
  return new Mp4Track({
    kind: "audio",
    timescale,
    offsets: new NumberList(columns.offsets.subarray(0, count)),
    sizes: narrowSizes(columns.sizes.subarray(0, count)),
    decodeTicks: new NumberList(given),
    compositionTicks: undefined,
    keys: undefined,
    endTicks,
  });
}

/** What each presentation time is ahead of the decode time, in two bytes where that is enough. */
function offsetsFrom(given: Float64Array, shown: Float64Array): Int16Array | Int32Array {
  const offsets = Int32Array.from(shown, (ticks, index) => checkedStep(ticks - (given[index] ?? 0)));
  return offsets.every((ticks) => Math.abs(ticks) < 2 ** 15) ? Int16Array.from(offsets) : offsets;
}

const narrowSizes = (sizes: Uint32Array): Uint16Array | Uint32Array =>
  sizes.every((sizeBytes) => sizeBytes < 2 ** 16) ? Uint16Array.from(sizes) : sizes.slice();

/** `convertTicksNearest`, quickly for the times that occur. */
function converter(from: number, to: number): (ticks: number) => number {
  if (from === to) return (ticks) => ticks;
  return (ticks) => {
    const doubled = 2 * ticks * to + from;
    // A quotient of safe integers is rounded over the next integer by no more than that integer itself.
    return Number.isSafeInteger(doubled)
      ? Math.floor(doubled / (2 * from))
      : convertTicksNearest(ticks, from, to);
  };
}

/** Makes each time greater than the one before it; returns the last one. */
function raise(times: Float64Array): number {
  let before = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < times.length; index++) {
    const ticks = Math.max(times[index] ?? 0, before + 1);
    times[index] = ticks;
    before = ticks;
  }
  return before;
}

function checkSteps(times: Float64Array, endTicks: number): void {
  for (let index = 0; index < times.length; index++)
    checkedStep((times[index + 1] ?? endTicks) - (times[index] ?? 0));
}

function checkedStep(ticks: number): number {
  if (Math.abs(ticks) <= MAX_STEP_TICKS) return ticks;
  throw new NightjarError(
    "unprocessable",
    "The times of this MP4 lie hours apart from one sample to the next",
  );
}
