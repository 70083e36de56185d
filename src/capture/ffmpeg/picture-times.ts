import { VIDEO_TIMESCALE, type Fragment, type Sample } from "../../media/parameters.ts";

/** A fragment of one track as the container gave it, in its own ticks. */
export type RawFragment = { decodeTicks: number; samples: Sample[]; payload: Uint8Array };

/** One picture on its way, in decode order; times in 90 kHz ticks. */
type Picture = {
  presentTicks: number;
  /** Decode time given anew, once it is certain. */
  decodeTicks: number | undefined;
  sizeBytes: number;
  isKey: boolean;
  payload: Uint8Array;
  offsetBytes: number;
  arrivalMs: number;
};

/** Far more than any codec reorders; a stream with senseless times must not be held for ever. */
const MAX_WAITING = 40;

/** A picture that lasts so many times longer than the one before it is not handed on before the next has come. */
const MAX_STRETCH = 3;

/**
 * Gives decode times anew: the n-th picture in decode order gets the n-th presentation time in rising order, so
 * that presentation starts at the first decode time and offsets are signed. The decode times that came with the
 * pictures (false ones at the start of streams with B-frames) only say which presentation times can still come:
 * none before them.
 *
 * A picture is handed on when the next one's decode time is known, so every duration is exact; or, when it is known to
 * be whole, by `settle`, with the duration that the container says. The last picture of a run is not handed on: nobody
 * knows whether all of it came.
 */
export class PictureTimes {
  #waiting: Picture[] = [];
  /** Presentation times that no picture has got as its decode time yet, rising. */
  readonly #free: number[] = [];
  #lastDurationTicks: number | undefined;
  #newestGivenTicks = Number.NEGATIVE_INFINITY;
  #endTicks = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly timescale: number,
    /** Added to all times: the track's edit list, minus the run's zero, in the track's ticks. */
    private readonly offsetTicks: number,
  ) {}

  #ticks90k(ticks: number): number {
    return Math.round(((ticks + this.offsetTicks) * VIDEO_TIMESCALE) / this.timescale);
  }

  /** Takes one picture; times in the track's ticks, the payload being that of the fragment it stands in. */
  take(picture: {
    sample: Sample;
    ticks: number;
    payload: Uint8Array;
    offsetBytes: number;
    arrivalMs: number;
  }): void {
    const { sample, ticks, payload, offsetBytes, arrivalMs } = picture;
    const presentTicks = this.#ticks90k(ticks + sample.compositionOffsetTicks);
    const { sizeBytes, isKey } = sample;
    this.#waiting.push({
      presentTicks,
      decodeTicks: undefined,
      sizeBytes,
      isKey,
      payload,
      offsetBytes,
      arrivalMs,
    });
    let at = this.#free.length;
    while (at > 0 && (this.#free[at - 1] ?? 0) > presentTicks) at -= 1;
    this.#free.splice(at, 0, presentTicks);
    const boundTicks = this.#ticks90k(ticks);
    while (this.#free.length > 0 && ((this.#free[0] ?? 0) <= boundTicks || this.#free.length > MAX_WAITING))
      this.#give();
  }

  /** The container's fragment ends here, in the track's ticks: what follows is decoded, and shown, at this time or later. */
  endFragment(endTicks: number): void {
    this.#endTicks = this.#ticks90k(endTicks);
    while (this.#free.length > 0 && (this.#free[0] ?? 0) < this.#endTicks) this.#give();
  }

  /** The stream goes on behind the last fragment, so its last picture is whole: hands it on, unless pictures are reordered. */
  settle(): Fragment[] {
    const fragments = this.release();
    const last = this.#waiting[0];
    if (last?.decodeTicks === undefined || this.#waiting.length > 1) return fragments;
    const durationTicks = Math.max(1, this.#endTicks - last.decodeTicks);
    // Behind a jump of the source's time it would stand for as long as that.
    if (durationTicks > MAX_STRETCH * (this.#lastDurationTicks ?? durationTicks)) return fragments;
    this.#waiting = [];
    return [...fragments, fragmentOf([sampleOf(last, last.decodeTicks, durationTicks)], last)];
  }

  /**
   * At the end of the run: all but the last picture. With the time at which something else follows, in the
   * track's ticks, the last one is known to be whole and comes too.
   */
  flush(endTicks?: number): Fragment[] {
    while (this.#free.length > 0) this.#give();
    const usualTicks = this.#lastDurationTicks;
    const fragments = this.release();
    const last = this.#waiting[0];
    if (endTicks !== undefined && last?.decodeTicks !== undefined) {
      const durationTicks = Math.max(1, this.#ticks90k(endTicks) - last.decodeTicks);
      return [...fragments, fragmentOf([sampleOf(last, last.decodeTicks, durationTicks)], last)];
    }
    const final = fragments.at(-1)?.samples.at(-1);
    // With B-frames the picture left out may be one that is shown later than those that never came.
    if (final && usualTicks !== undefined) final.durationTicks = Math.min(final.durationTicks, usualTicks);
    return fragments;
  }

  /** The lowest free presentation time becomes the decode time of the oldest picture without one. */
  #give(): void {
    const oldest = this.#waiting.find((picture) => picture.decodeTicks === undefined);
    const ticks = this.#free.shift();
    if (oldest === undefined || ticks === undefined) return;
    oldest.decodeTicks = Math.max(ticks, this.#newestGivenTicks + 1);
    this.#newestGivenTicks = oldest.decodeTicks;
  }

  /** The pictures whose durations are known by now; a fragment never reaches over a key picture. */
  release(): Fragment[] {
    const fragments: Fragment[] = [];
    let first: Picture | undefined;
    let samples: Sample[] = [];
    let endBytes = 0;
    let done = 0;
    for (; done + 1 < this.#waiting.length; done += 1) {
      const picture = this.#waiting[done];
      const next = this.#waiting[done + 1];
      if (picture?.decodeTicks === undefined || next?.decodeTicks === undefined) break;
      const goesOn = first?.payload === picture.payload && endBytes === picture.offsetBytes && !picture.isKey;
      if (!goesOn) {
        if (first) fragments.push(fragmentOf(samples, first));
        first = picture;
        samples = [];
      }
      this.#lastDurationTicks = next.decodeTicks - picture.decodeTicks;
      samples.push(sampleOf(picture, picture.decodeTicks, this.#lastDurationTicks));
      endBytes = picture.offsetBytes + picture.sizeBytes;
    }
    if (first) fragments.push(fragmentOf(samples, first));
    this.#waiting = this.#waiting.slice(done);
    return fragments;
  }
}

const sampleOf = (picture: Picture, decodeTicks: number, durationTicks: number): Sample => ({
  sizeBytes: picture.sizeBytes,
  durationTicks,
  compositionOffsetTicks: picture.presentTicks - decodeTicks,
  isKey: picture.isKey,
});

/** A fragment of pictures that lie one after the other, the first of which is given. */
function fragmentOf(samples: Sample[], first: Picture): Fragment {
  const sizeBytes = samples.reduce((sum, sample) => sum + sample.sizeBytes, 0);
  return {
    track: "video",
    decodeTicks: first.decodeTicks ?? 0,
    samples,
    payload: first.payload.subarray(first.offsetBytes, first.offsetBytes + sizeBytes),
    arrivalMs: first.arrivalMs,
  };
}
