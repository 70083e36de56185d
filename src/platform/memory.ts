/** How often memory is looked at, in milliseconds. */
const PERIOD_MS = 5000;
/** What lies outside the engine's own heap may be this much before it is asked to let go of what is young, in bytes. */
const MUCH_BYTES = 40 << 20;
/** And this much before it has to look through everything, which holds the program up for some 15 ms, in bytes. */
const TOO_MUCH_BYTES = 128 << 20;

/**
 * Has buffers that nobody needs any more given back while the program runs. The engine sees how small its own heap is
 * and waits, while the media that passes through lives just long enough to be counted as old: what a slow disk or a
 * large list once held would stay for as long as there is little to do.
 */
export function giveBackBuffers(periodMs = PERIOD_MS): void {
  let leastBytes = process.memoryUsage.rss();
  const timer = setInterval(() => {
    const { external, rss } = process.memoryUsage();
    leastBytes = Math.min(leastBytes, rss);
    // The engine also counts what was given back since it looked last: all that passes through.
    const heldBytes = Math.min(external, rss - leastBytes);
    if (heldBytes > MUCH_BYTES) Bun.gc(heldBytes > TOO_MUCH_BYTES);
  }, periodMs);
  timer.unref();
}
