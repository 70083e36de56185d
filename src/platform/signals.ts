/**
 * Resolves with the first signal that asks for the end. SIGHUP calls `reload`, one at a time. A second signal to
 * end does it at once: the user is in a hurry, and recovery is made for that.
 */
export function onSignals({ reload }: { reload: () => Promise<void> }): Promise<NodeJS.Signals> {
  let reloading: Promise<void> = Promise.resolve();
  process.on("SIGHUP", () => {
    reloading = reloading.then(reload);
  });
  return new Promise((resolve) => {
    let isEnding = false;
    const end = (signal: NodeJS.Signals) => {
      if (isEnding) process.exit(1);
      isEnding = true;
      resolve(signal);
    };
    process.on("SIGINT", end);
    process.on("SIGTERM", end);
  });
}
