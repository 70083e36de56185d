import type { HashedFrame } from "./ffmpeg.ts";

/** Where a recording was found in the endless loop of its source. */
export type LoopMatch = {
  /** Index of the recording's first picture in the loop. */
  start: number;
  /** Index in the recording of each picture that does not follow the one before it. */
  jumps: number[];
  /** Pictures of the recording that are none of the loop's. */
  foreign: number;
};

/** Where each hash stands in the loop; equal pictures stand in several places. */
function placesIn(loop: readonly HashedFrame[]): Map<string, number[]> {
  const places = new Map<string, number[]>();
  for (const [index, { hash }] of loop.entries()) {
    const known = places.get(hash);
    if (known === undefined) places.set(hash, [index]);
    else known.push(index);
  }
  return places;
}

/** Follows the recording from one place of the loop on. */
function followFrom(
  start: number,
  recorded: readonly HashedFrame[],
  places: ReadonlyMap<string, number[]>,
  loopLength: number,
): LoopMatch {
  const match: LoopMatch = { start, jumps: [], foreign: 0 };
  let expected = start;
  for (const [index, { hash }] of recorded.entries()) {
    const here = places.get(hash);
    if (here === undefined) {
      match.foreign += 1;
      continue;
    }
    const isExpected: boolean = here.includes(expected);
    if (!isExpected) match.jumps.push(index);
    expected = ((isExpected ? expected : here[0]!) + 1) % loopLength;
  }
  return match;
}

/**
 * Follows a recording's pictures through the loop that was sent. A lossless run has no jumps and no foreign ones.
 * Where the loop has equal pictures, the start with the fewest jumps is the right one.
 */
export function followLoop(recorded: readonly HashedFrame[], loop: readonly HashedFrame[]): LoopMatch {
  const places = placesIn(loop);
  let best: LoopMatch = { start: -1, jumps: [], foreign: recorded.length };
  for (const start of places.get(recorded[0]?.hash ?? "") ?? []) {
    const match = followFrom(start, recorded, places, loop.length);
    if (best.start < 0 || match.jumps.length < best.jumps.length) best = match;
    if (best.jumps.length === 0) break;
  }
  return best;
}

/** Length of the common part of two recordings of one stream, from the first frame that both have; -1 if none. */
export function commonRun(a: readonly HashedFrame[], b: readonly HashedFrame[]): number {
  const inB = new Map(b.map((frame, index) => [frame.hash, index]));
  const startA = a.findIndex((frame) => inB.has(frame.hash));
  if (startA < 0) return -1;
  let startB = inB.get(a[startA]!.hash)!;
  let from = startA;
  // The first frame of `a` that `b` has may stand in the middle of `b`, or the other way round.
  while (from > 0 && startB > 0 && a[from - 1]!.hash === b[startB - 1]!.hash) {
    from -= 1;
    startB -= 1;
  }
  let length = 0;
  while (from + length < a.length && startB + length < b.length) {
    if (a[from + length]!.hash !== b[startB + length]!.hash) break;
    length += 1;
  }
  return length;
}
