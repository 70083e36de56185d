import type { Footage, FootageChannel } from "../archive/footage.ts";
import { hasOwnFiles, type Recording } from "../db/index/rows.ts";
import { outlineOf } from "../media/segment-outline.ts";
import { listedSegments, ListedNumbers, MOST_LISTED, type ListedStore } from "./listed-numbers.ts";
import type { ListNumbers } from "./media-playlist.ts";
import { sequenceOf } from "./sequence.ts";
import { lastSegments, withoutFirst, type Stretch } from "./stretch.ts";

/** A recording without the files that came when newer ones had been listed. */
function withoutLate(recording: Recording): Recording[] {
  if (!hasOwnFiles(recording)) return [recording];
  const { segments } = recording;
  const inTime = segments.filter(({ file }) => file?.isLate !== true);
  if (inTime.length === segments.length) return [recording];
  if (inTime.length === 0) return [];
  // Its text is not the one of all its segments: a version that no stored row has keeps them apart.
  return [{ ...recording, segments: inTime, outline: outlineOf(inTime), version: -1 - recording.version }];
}

/**
 * What growing lists show of channels whose segments are files. These come in any order, so lists go only as far as
 * nothing older is waited for, leave out what comes later still, and number what they list themselves.
 */
export class GrowingFiles {
  readonly #footage: Footage;
  readonly #numbers: ListedNumbers;

  constructor(footage: Footage, store?: ListedStore) {
    this.#footage = footage;
    this.#numbers = new ListedNumbers(store);
  }

  /** Everything from `fromMs` up to the segment that begins at `settledMs`, in order. */
  sequence(channel: FootageChannel, fromMs: number, settledMs: number): Stretch[] {
    const toMs = settledMs + 1;
    const recordings = this.#footage.recordings(channel.id, fromMs, toMs).flatMap(withoutLate);
    return sequenceOf(recordings, (id) => this.#footage.run(id), fromMs, toMs);
  }

  /** The end of such a sequence as a list may have it, with its numbers; none of an empty one. */
  numbered(
    channel: FootageChannel,
    stretches: readonly Stretch[],
    settledMs: number,
  ): { stretches: readonly Stretch[]; numbers?: ListNumbers } {
    const shown = lastSegments(stretches, MOST_LISTED);
    const listed = listedSegments(shown);
    const first = listed[0];
    if (!first) return { stretches: [] };
    const knownFromMs = this.#numbers.knownFromMs(channel.id);
    const reaches = knownFromMs === undefined || first.segment.startMs <= knownFromMs;
    const since = reaches ? listed : listedSegments(this.sequence(channel, knownFromMs, settledMs));
    const { skipped, numbers } = this.#numbers.numbered(channel.id, listed, since);
    return { stretches: withoutFirst(shown, skipped), numbers };
  }
}
