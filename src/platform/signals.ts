import { watchTerminal } from "./parent.ts";

/** Some senders send twice at once, to a process and to its group; that is one wish. */
const SAME_WISH_MS = 500;

/**
 * Resolves with the first signal that asks for the end. SIGHUP calls `reload`, one at a time, unless it means that the
 * terminal was closed: that is the end, too. Another signal to end later on does it at once: the user is in a hurry,
 * and recovery is made for that.
 */
export function onSignals({ reload }: { reload: () => Promise<void> }): Promise<NodeJS.Signals> {
  let reloading: Promise<void> = Promise.resolve();
  const isTerminalGone = watchTerminal();
  return new Promise((resolve) => {
    let firstMs: number | undefined;
    const end = (signal: NodeJS.Signals) => {
      const nowMs = performance.now();
      if (firstMs !== undefined && nowMs - firstMs > SAME_WISH_MS) process.exit(1);
      firstMs ??= nowMs;
      resolve(signal);
    };
    process.on("SIGHUP", () => {
      if (isTerminalGone()) resolve("SIGHUP");
      else reloading = reloading.then(reload);
    });
    process.on("SIGINT", end);
    process.on("SIGTERM", end);
  });
}
