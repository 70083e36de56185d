/** How often memory is looked at, in milliseconds. */
const PERIOD_MS = 5000;
/** Buffers may hold this much, needed or not, before what is not needed is given back, in bytes. */
const MAX_BUFFER_BYTES = 32 << 20;

/**
 * Has buffers that nobody needs any more given back while the program runs. The engine sees how small its own heap is
 * and waits, while the media that passes through lives just long enough to be counted as old: with four cameras the
 * process grew by 20 MB a minute, without end. The collection runs beside the main thread, about once for each 32 MB
 * that were recorded.
 */
export function giveBackBuffers(): void {
  const timer = setInterval(() => {
    if (process.memoryUsage().arrayBuffers > MAX_BUFFER_BYTES) Bun.gc(false);
  }, PERIOD_MS);
  timer.unref();
}
