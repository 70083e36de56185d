/** Times and lengths in the words that the server uses. */

/** `14:03:27` in the zone. */
export const timeWords = (ms, zone) =>
  new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  }).format(ms);

/** `Fri 20 Nov 2026` in the zone. */
export function dateWords(ms, zone) {
  const form = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    weekday: "short",
    day: "numeric",
    month: "short",
    year: "numeric",
  });
  const part = Object.fromEntries(form.formatToParts(ms).map(({ type, value }) => [type, value]));
  return `${part.weekday} ${part.day} ${part.month} ${part.year}`;
}

/** `12 s`, `4 min`, `3 h 12 min`. */
export function durationWords(ms) {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const rest = minutes % 60;
  return rest === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${rest} min`;
}

/** A moment as a date-time field holds it, `2026-11-20T14:03:27`, in the zone. */
export function inputText(ms, zone) {
  const form = new Intl.DateTimeFormat("en-CA", {
    timeZone: zone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  });
  const part = Object.fromEntries(form.formatToParts(ms).map(({ type, value }) => [type, value]));
  return `${part.year}-${part.month}-${part.day}T${part.hour}:${part.minute}:${part.second}`;
}

/** The moment that such a field holds, ms UTC; NaN when it holds none. Of the hour that autumn repeats the first one. */
export function inputTime(text, zone) {
  const asUtc = Date.parse(`${text}Z`);
  const offsetAt = (ms) => Date.parse(`${inputText(ms, zone)}Z`) - ms;
  if (!Number.isFinite(asUtc)) return Number.NaN;
  const early = asUtc - offsetAt(asUtc - 86_400_000);
  return offsetAt(early) === asUtc - early ? early : asUtc - offsetAt(asUtc);
}
