import { readFileSync } from "node:fs";

/** How often memory is looked at, in milliseconds. */
const PERIOD_MS = 5000;
/** What lies outside the engine's own heap may be this much before it is asked to let go of what is young, in bytes. */
const MUCH_BYTES = 40 << 20;
/** And this much before it has to look through everything, which holds the program up for some 15 ms, in bytes. */
const TOO_MUCH_BYTES = 128 << 20;

/** Memory of this process that is no file's, in bytes: how much of its code is in memory comes and goes by itself. */
function ownBytes(): number {
  const [, kibibytes] = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  return kibibytes === undefined ? process.memoryUsage.rss() : Number(kibibytes) * 1024;
}

/**
 * Has buffers that nobody needs any more given back while the program runs. The engine sees how small its own heap is
 * and waits, while the media that passes through lives just long enough to be counted as old: what a slow disk or a
 * large list once held would stay for as long as there is little to do.
 */
export function giveBackBuffers(periodMs = PERIOD_MS): void {
  let leastBytes = ownBytes();
  const timer = setInterval(() => {
    const { external } = process.memoryUsage();
    const bytes = ownBytes();
    leastBytes = Math.min(leastBytes, bytes);
    // The engine also counts what was given back since it looked last: all that passes through.
    const heldBytes = Math.min(external, bytes - leastBytes);
    if (heldBytes > MUCH_BYTES) Bun.gc(heldBytes > TOO_MUCH_BYTES);
  }, periodMs);
  timer.unref();
}
