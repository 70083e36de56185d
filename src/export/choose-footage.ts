import type { Footage } from "../archive/footage.ts";
import { haveOneInit } from "../playback/interval-parts.ts";
import { sequenceOf } from "../playback/sequence.ts";
import { segmentEndMs, type Stretch } from "../playback/stretch.ts";

/** `[startMs, endMs)` in ms UTC. */
export type Window = { startMs: number; endMs: number };

/** Footage that one ffmpeg can read from its begin to its end. */
export type FootageGroup = Window & { stretches: readonly Stretch[] };

/** A smaller step between the wall times of neighbours is rounding, and no hole. */
export const JOIN_MS = 100;

const endOf = ({ last, run }: Stretch): number => segmentEndMs(last, run);

const groupOf = (stretches: readonly Stretch[]): FootageGroup => ({
  stretches,
  startMs: Math.min(...stretches.map(({ first }) => first.startMs)),
  endMs: Math.max(...stretches.map(endOf)),
});

/** What is shown of a channel in a window, its first segment the one that plays at the window's start. */
export const footageIn = (footage: Footage, channel: string, { startMs, endMs }: Window): Stretch[] =>
  sequenceOf(footage.recordings(channel, startMs, endMs), (id) => footage.run(id), startMs, endMs);

/** Neighbours of one init, whatever lies between them. */
export function byInit(stretches: readonly Stretch[]): FootageGroup[] {
  const groups: Stretch[][] = [];
  for (const stretch of stretches) {
    const group = groups.at(-1);
    if (group?.[0] && haveOneInit([group[0], stretch])) group.push(stretch);
    else groups.push([stretch]);
  }
  return groups.map(groupOf);
}

/** Neighbours of one init without a hole between them, by wall time and on the media's own clock. */
export function unbroken(stretches: readonly Stretch[]): FootageGroup[] {
  const groups: Stretch[][] = [];
  for (const stretch of stretches) {
    const group = groups.at(-1);
    const before = group?.at(-1);
    const follows =
      before !== undefined &&
      haveOneInit([before, stretch]) &&
      Math.abs(stretch.first.startMs - endOf(before)) <= JOIN_MS &&
      !stretch.isDiscontinuity;
    if (group && follows) group.push(stretch);
    else groups.push([stretch]);
  }
  return groups.map(groupOf);
}

/** How much of a window a span covers, in ms. */
export const overlapMs = (span: Window, window: Window): number =>
  Math.max(0, Math.min(span.endMs, window.endMs) - Math.max(span.startMs, window.startMs));

/** The group that covers most of a window; `undefined` where none does. */
export function longest(groups: readonly FootageGroup[], window: Window): FootageGroup | undefined {
  const [best] = groups.toSorted((a, b) => overlapMs(b, window) - overlapMs(a, window));
  return best && overlapMs(best, window) > 0 ? best : undefined;
}
