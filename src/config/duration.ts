/** The units of a duration, the largest first, in milliseconds. */
const units = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
  ["ms", 1],
] as const;

const form = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+)s)?(?:(\d+)ms)?$/;

/**
 * Milliseconds of a duration such as `90s`, `15m`, `48h`, `5d` or `1d12h`: whole numbers with their units, the
 * largest unit first. `undefined` for anything else, a number without a unit included.
 */
export function parseDuration(text: string): number | undefined {
  const parts = form.exec(text)?.slice(1);
  if (parts === undefined || parts.every((part) => part === undefined)) return undefined;
  let totalMs = 0;
  for (const [index, [, unitMs]] of units.entries()) totalMs += Number(parts[index] ?? 0) * unitMs;
  return Number.isSafeInteger(totalMs) ? totalMs : undefined;
}

/** Writes whole milliseconds the way `parseDuration` reads them: `1d12h`; `0s` for none. */
export function formatDuration(ms: number): string {
  let restMs = ms;
  let text = "";
  for (const [name, unitMs] of units) {
    const count = Math.floor(restMs / unitMs);
    restMs -= count * unitMs;
    if (count > 0) text += `${count}${name}`;
  }
  return text === "" ? "0s" : text;
}
