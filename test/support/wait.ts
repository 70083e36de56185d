/**
 * Polls until `probe` returns something other than `undefined` or `false`, and returns that.
 * @throws Error that names `what`, after `timeoutMs`; a probe that throws counts as not yet.
 */
export async function waitFor<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  { timeoutMs = 10_000, everyMs = 50 }: { timeoutMs?: number; everyMs?: number } = {},
): Promise<T> {
  const endMs = performance.now() + timeoutMs;
  let reason = "";
  do {
    try {
      const found = await probe();
      if (found !== undefined && found !== false) return found;
    } catch (error) {
      reason = ` (${error instanceof Error ? error.message : String(error)})`;
    }
    await Bun.sleep(everyMs);
  } while (performance.now() < endMs);
  throw new Error(`Not seen within ${timeoutMs} ms: ${what}${reason}`);
}

/** Rejects when `promise` takes longer than `timeoutMs`; the message names `what`. */
export async function within<T>(what: string, timeoutMs: number, promise: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`${what}: not done after ${timeoutMs} ms`)),
    timeoutMs,
  );
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
