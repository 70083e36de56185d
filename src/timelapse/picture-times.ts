import type { Footage } from "../archive/footage.ts";
import { dailySpanEndMs, dailySpanNextMs, type DailySpan } from "../platform/daily-span.ts";
import { sequenceOf } from "../playback/sequence.ts";
import { segmentEndMs, type Stretch } from "../playback/stretch.ts";

/** A part of what was recorded that is shown, `[fromMs, toMs)`, ms UTC. */
export type Shown = { stretch: Stretch; fromMs: number; toMs: number };

/** A time of which a picture is wanted. */
export type PictureTime = { stretch: Stretch; atMs: number };

export type ShownOptions = {
  startMs: number;
  endMs: number;
  /** The time of day that is left out, and the zone that it is in. */
  skip?: DailySpan | undefined;
  zone: string;
};

/** Longest interval without a change of skipping: a day has two. */
const MOST_SPANS = 100_000;

/** The parts of an interval that are not left out, in order. */
function* keptSpans({ startMs, endMs, skip, zone }: ShownOptions): Generator<[fromMs: number, toMs: number]> {
  if (!skip) return yield [startMs, endMs];
  let atMs = startMs;
  for (let count = 0; atMs < endMs && count < MOST_SPANS; count++) {
    const skippedToMs = dailySpanEndMs(skip, atMs, zone);
    if (skippedToMs !== undefined) {
      atMs = skippedToMs;
      continue;
    }
    const nextMs = Math.min(endMs, dailySpanNextMs(skip, atMs, zone));
    yield [atMs, nextMs];
    atMs = nextMs;
  }
}

/** What was recorded of a channel in an interval, in order, without what is left out of each day. */
export function shownOf(footage: Footage, channel: string, options: ShownOptions): Shown[] {
  const { startMs, endMs } = options;
  const recordings = footage.recordings(channel, startMs, endMs);
  const stretches = sequenceOf(recordings, (id) => footage.run(id), startMs, endMs);
  const shown: Shown[] = [];
  let place = 0;
  for (const [fromMs, toMs] of keptSpans(options)) {
    // A stretch that reaches over the end of one span also begins the next.
    for (let index = place; index < stretches.length; index++) {
      const stretch = stretches[index]!;
      if (stretch.first.startMs >= toMs) break;
      const stretchEndMs = segmentEndMs(stretch.last, stretch.run);
      if (stretchEndMs <= toMs) place = index + 1;
      const part = {
        stretch,
        fromMs: Math.max(fromMs, stretch.first.startMs),
        toMs: Math.min(toMs, stretchEndMs),
      };
      if (part.toMs > part.fromMs) shown.push(part);
    }
  }
  return shown;
}

/** How much is shown, in ms. */
export const shownMs = (parts: readonly Shown[]): number =>
  parts.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);

/** `count` times at equal distances over what is shown, holes left out; each in the middle of its share. */
export function* pictureTimes(parts: readonly Shown[], count: number): Generator<PictureTime> {
  const stepMs = shownMs(parts) / count;
  let before = 0;
  let picture = 0;
  for (const { stretch, fromMs, toMs } of parts) {
    for (; picture < count; picture++) {
      const atMs = fromMs + (picture + 0.5) * stepMs - before;
      if (atMs >= toMs) break;
      yield { stretch, atMs };
    }
    before += toMs - fromMs;
  }
}

/** How many pictures a film of a length has; at least one. */
export const pictureCount = (lengthMs: number, fps: number): number =>
  Math.max(1, Math.round((lengthMs / 1000) * fps));
