/** Local dates and times of a time zone. Days are 23 to 25 hours long, and some do not begin at midnight. */

/** A local date, `YYYY-MM-DD`. */
export type LocalDate = string;

/** First instant of the local date, in milliseconds UTC. */
export function dayStartMs(date: LocalDate, zone: string): number {
  return Temporal.PlainDate.from(date).toZonedDateTime(zone).startOfDay().epochMilliseconds;
}

/** The span of a local date, `[startMs, endMs)`. */
export function daySpanMs(date: LocalDate, zone: string): { startMs: number; endMs: number } {
  const next = Temporal.PlainDate.from(date).add({ days: 1 }).toString();
  return { startMs: dayStartMs(date, zone), endMs: dayStartMs(next, zone) };
}

const zoned = (ms: number, zone: string): Temporal.ZonedDateTime =>
  Temporal.Instant.fromEpochMilliseconds(Math.floor(ms)).toZonedDateTimeISO(zone);

/** The local date in which an instant lies. */
export const localDateOf = (ms: number, zone: string): LocalDate => zoned(ms, zone).toPlainDate().toString();

/** Moves a local date by whole calendar days. */
export const addDays = (date: LocalDate, days: number): LocalDate =>
  Temporal.PlainDate.from(date).add({ days }).toString();

const HOUR_MS = 3_600_000;

/** The next full hour of local time after an instant; half-hour zones and changes of the clock included. */
export function nextLocalHourMs(ms: number, zone: string): number {
  const offsetMs = (at: number) => zoned(at, zone).offsetNanoseconds / 1_000_000;
  const next = (at: number) => Math.floor((at + offsetMs(at)) / HOUR_MS + 1) * HOUR_MS - offsetMs(at);
  const hourMs = next(ms);
  // Where a clock is set by half an hour, the hour that was next may have become a half.
  return (hourMs + offsetMs(hourMs)) % HOUR_MS === 0 ? hourMs : next(hourMs);
}

/** `HH-MM-SS±hhmm` of an instant, as recordings are named on disk. */
export function fileTimeOf(ms: number, zone: string): string {
  const here = zoned(ms, zone);
  const two = (n: number) => String(n).padStart(2, "0");
  return `${two(here.hour)}-${two(here.minute)}-${two(here.second)}${here.offset.replaceAll(":", "").slice(0, 5)}`;
}

/** ISO 8601 with milliseconds and the zone's offset, for EXT-X-PROGRAM-DATE-TIME. */
export const isoOf = (ms: number, zone = "UTC"): string =>
  zone === "UTC"
    ? new Date(ms).toISOString()
    : zoned(ms, zone).toString({ timeZoneName: "never", fractionalSecondDigits: 3 });

/** Local date and time as a date-time field holds them, and as films are named: `2026-11-20T14:03:27`. */
export const fieldTime = (ms: number, zone: string): string =>
  zoned(ms, zone).toPlainDateTime().toString({ smallestUnit: "second" });

/** Whether the name is a time zone that this program knows. */
export function isZone(name: string): boolean {
  try {
    Temporal.Now.zonedDateTimeISO(name);
    return true;
  } catch {
    return false;
  }
}

/** The system's time zone. */
export const systemZone = (): string => Temporal.Now.timeZoneId();
