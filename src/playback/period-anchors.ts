import type { MediaPlace } from "./addresses.ts";
import type { PeriodPlace, PeriodStretches } from "./manifest.ts";

/** Lists whose periods are remembered; the one that was asked for longest ago goes first. */
const MAX_LISTS = 200;
/** A place farther away than this is replaced: segments are looked for from it, over all gaps since. */
const MAX_PLACE_AGE_MS = 24 * 3_600_000;

type Anchor = { startTicks: number; place: MediaPlace };

/**
 * Where the periods of lists that lose segments at their front begin. On their timeline a period begins at its media
 * time, and must not move when its first segments are not listed any more: so what was told first is remembered, for
 * as long as the period is listed.
 */
export class PeriodAnchors {
  readonly #lists = new Map<string, Map<number, Anchor>>();

  /**
   * Places of a list's periods; `list` names the list. The media time of the periods must have no holes.
   * @param firstNumber discontinuity number of the first of them, where the stored ones do not count
   */
  places(list: string, periods: readonly PeriodStretches[], firstNumber?: number): PeriodPlace[] {
    const known = this.#lists.get(list);
    const listed = new Map<number, Anchor>();
    const places = periods.map(([stretch], index): PeriodPlace => {
      const { recording, startTicks, first } = stretch;
      const number = firstNumber === undefined ? recording.discontinuitySequence : firstNumber + index;
      const here = { startTicks, place: { startMs: first.startMs, startTicks } };
      const anchor = renewed(known?.get(number), here);
      listed.set(number, anchor);
      const start = { startTicks: anchor.startTicks, offsetTicks: anchor.startTicks };
      return { id: `d${number}`, ...start, place: anchor.place };
    });
    this.#lists.delete(list);
    this.#lists.set(list, listed);
    for (const oldest of this.#lists.keys()) {
      if (this.#lists.size <= MAX_LISTS) break;
      this.#lists.delete(oldest);
    }
    return places;
  }
}

function renewed(known: Anchor | undefined, here: Anchor): Anchor {
  if (!known || known.startTicks > here.startTicks) return here;
  const ageMs = here.place.startMs - known.place.startMs;
  return ageMs >= 0 && ageMs <= MAX_PLACE_AGE_MS ? known : { ...known, place: here.place };
}
