import { endTicks, follows, wallTicks, type FileSegment } from "./file-segment.ts";

/** Ties in media time that are mended for one change; each moves what follows by a tick. */
const MAX_MENDED = 100;

/** The file before (-1) or after (1) another in time. */
export type Beside = (segment: FileSegment, step: 1 | -1) => Promise<FileSegment | undefined>;

/**
 * Media time of files, counted through the whole channel: what follows on the source's clock begins exactly where the
 * file before it ended, whatever else does not.
 */
export class JoinedTimes {
  readonly #beside: Beside;
  readonly #moved: (segment: FileSegment) => void;

  /** `moved` is told of each file whose media time has changed. */
  constructor(beside: Beside, moved: (segment: FileSegment) => void) {
    this.#beside = beside;
    this.#moved = moved;
  }

  /** Gives a file that came its media time: it goes on with what it follows, and what follows goes on with it. */
  async place(segment: FileSegment): Promise<void> {
    const [before, after] = [await this.#beside(segment, -1), await this.#beside(segment, 1)];
    if (before && follows(before, segment)) segment.ticks = endTicks(before);
    else if (after && follows(segment, after)) segment.ticks = after.ticks - segment.durationTicks;
    else {
      const isTied = () =>
        (before && endTicks(before) === segment.ticks) || (after && endTicks(segment) === after.ticks);
      for (segment.ticks = wallTicks(segment.startMs); isTied(); segment.ticks++);
    }
    this.#moved(segment);
    await this.join(before, segment);
    await this.join(segment, after);
  }

  /**
   * Makes the media time of two neighbours agree with whether the second goes on with the first. Of all that hangs
   * together on either side, the shorter part is moved: in any order of arrival each file is moved a few times at most.
   */
  async join(before: FileSegment | undefined, after: FileSegment | undefined): Promise<void> {
    for (let n = 0; before && after && n < MAX_MENDED; n++) {
      const isOne = follows(before, after);
      const apartTicks = after.ticks - endTicks(before);
      if (isOne === (apartTicks === 0)) return;
      const { chain, isLater } = await this.#shorterSide(before, after);
      const shiftTicks = isOne ? (isLater ? -apartTicks : apartTicks) : isLater ? 1 : -1;
      for (const segment of chain) {
        segment.ticks += shiftTicks;
        this.#moved(segment);
      }
      const end: FileSegment | undefined = chain.at(-1);
      if (!end) return;
      const beyond: FileSegment | undefined = await this.#beside(end, isLater ? 1 : -1);
      [before, after] = isLater ? [end, beyond] : [beyond, end];
    }
  }

  async #shorterSide(
    before: FileSegment,
    after: FileSegment,
  ): Promise<{ chain: FileSegment[]; isLater: boolean }> {
    const [earlier, later] = [[before], [after]];
    for (let [first, last] = [before, after]; ;) {
      const next = await this.#beside(last, 1);
      if (!next || !follows(last, next)) return { chain: later, isLater: true };
      later.push(next);
      last = next;
      const previous = await this.#beside(first, -1);
      if (!previous || !follows(previous, first)) return { chain: earlier, isLater: false };
      earlier.push(previous);
      first = previous;
    }
  }
}
