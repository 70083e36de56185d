import { segmentEndMs, type Stretch } from "./stretch.ts";

/** A camera's clock that has walked by so much against the server's is followed. */
const DRIFT_MS = 50;

/** How long after its end a segment is listed at most, and how long the next one then takes, in ms. */
export const allowanceMs = (longestTicks: number): number => 2 * (longestTicks / 90) + 3000;

/**
 * The wall time at which a channel's media time was 0, as the newest run tells it. Media time has no holes and wall
 * time has, so it moves with each gap, and by nothing else: players that join count from it to where the newest
 * segment must be. While nothing is recorded it moves on with the time, so that they still find the end.
 */
export class PresentationClock {
  readonly #channels = new Map<string, { run: string; zeroMs: number }>();

  /** In ms UTC. `newest` is the channel's newest stretch, `longestTicks` its longest segment. */
  zeroMs(channel: string, newest: Stretch, longestTicks: number, nowMs: number): number {
    const { run, last, endTicks } = newest;
    const told = segmentEndMs(last, run) - endTicks / 90;
    const latest = nowMs - endTicks / 90;
    const earliest = latest - allowanceMs(longestTicks);
    const known = this.#channels.get(channel);
    if (
      known?.run === run.id &&
      Math.abs(known.zeroMs - told) <= DRIFT_MS &&
      known.zeroMs >= earliest &&
      known.zeroMs <= latest
    ) {
      return known.zeroMs;
    }
    const zeroMs = Math.round(Math.min(latest, Math.max(earliest, told)));
    this.#channels.set(channel, { run: run.id, zeroMs });
    return zeroMs;
  }
}
