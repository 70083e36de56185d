import type { RawFragment } from "./picture-times.ts";

/**
 * When the first picture of a stream is shown, in the track's ticks. Its own time is not to be trusted: RTP
 * clients see it before they know the sender's clock, and ffmpeg then puts it at 0, or onto the second one. In
 * that case it goes one interval before the earliest of those that follow.
 *
 * @param isGuess the time is known to be made up; otherwise it is corrected only where it can't be
 */
export function firstShownTicks(raw: RawFragment, isGuess: boolean): number {
  const shown: number[] = [];
  let ticks = raw.decodeTicks;
  for (const sample of raw.samples) {
    shown.push(ticks + sample.compositionOffsetTicks);
    ticks += sample.durationTicks;
  }
  const [own = raw.decodeTicks, ...others] = shown;
  others.sort((a, b) => a - b);
  const steps = others.slice(1).map((time, index) => time - (others[index] ?? time));
  const interval = steps.sort((a, b) => a - b)[steps.length >> 1];
  const earliest = others[0];
  if (interval === undefined || earliest === undefined) return own;
  return isGuess || own > earliest - interval / 4 ? earliest - interval : own;
}
