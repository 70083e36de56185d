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

/**
 * Follows a recording's pictures through the loop that was sent. A lossless run has no jumps and no foreign ones.
 * Equal pictures in the loop are told apart by what comes before them.
 */
export function followLoop(recorded: readonly HashedFrame[], loop: readonly HashedFrame[]): LoopMatch {
  const places = new Map<string, number[]>();
  for (const [index, frame] of loop.entries()) {
    const known = places.get(frame.hash);
    if (known === undefined) places.set(frame.hash, [index]);
    else known.push(index);
  }
  const match: LoopMatch = { start: -1, jumps: [], foreign: 0 };
  let expected: number | undefined;
  for (const [index, frame] of recorded.entries()) {
    const here = places.get(frame.hash);
    if (here === undefined) {
      match.foreign += 1;
      expected = undefined;
      continue;
    }
    const place = expected !== undefined && here.includes(expected) ? expected : here[0]!;
    if (match.start < 0) match.start = place;
    else if (place !== expected) match.jumps.push(index);
    expected = (place + 1) % loop.length;
  }
  return match;
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
