import type { LiveFootage } from "../archive/live/live-edge.ts";
import type { Clock } from "../platform/clock.ts";

export type LiveWait = {
  live: LiveFootage;
  clock: Clock;
  channel: string;
  /** Of the request: whoever has gone away is not waited for. */
  signal: AbortSignal;
  limitMs: number;
};

/** Answers what `look` finds, now or as soon as the channel's footage has changed so that it finds something. */
export async function whenLive<T>(
  { live, clock, channel, signal, limitMs }: LiveWait,
  look: () => T | undefined,
): Promise<T | undefined> {
  const found = Promise.withResolvers<T>();
  const over = new AbortController();
  // Called from within the recording, which must not fail for the sake of a viewer.
  const lookAgain = (): void => {
    try {
      const value = look();
      if (value !== undefined) found.resolve(value);
    } catch (error) {
      found.reject(error);
    }
  };
  const unlisten = live.onLiveChange(channel, lookAgain);
  try {
    lookAgain();
    const timeout = clock.sleep(limitMs, AbortSignal.any([signal, over.signal]));
    return await Promise.race([found.promise, timeout.then(() => undefined)]);
  } finally {
    unlisten();
    over.abort();
  }
}
