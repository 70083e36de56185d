/** A span of each day, by the clock on the wall. */

/** Minutes since midnight; a span whose end is not after its beginning goes over midnight. */
export type DailySpan = { readonly fromMinute: number; readonly toMinute: number };

const MINUTES_A_DAY = 24 * 60;

/** `22:00-06:00`; `undefined` for anything else, and for a span without a length. */
export function parseDailySpan(text: string): DailySpan | undefined {
  const match = /^(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})$/.exec(text.trim());
  if (!match) return undefined;
  const [fromHour = 0, fromRest = 0, toHour = 0, toRest = 0] = match.slice(1).map(Number);
  const isTime = fromHour < 24 && toHour < 24 && fromRest < 60 && toRest < 60;
  const span = { fromMinute: fromHour * 60 + fromRest, toMinute: toHour * 60 + toRest };
  return isTime && span.fromMinute !== span.toMinute ? span : undefined;
}

const two = (n: number): string => String(n).padStart(2, "0");

/** `22:00` of minutes since midnight. */
export const minuteText = (minute: number): string => `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;

/** `22:00-06:00`, as it is written in a configuration. */
export const dailySpanText = ({ fromMinute, toMinute }: DailySpan): string =>
  `${minuteText(fromMinute)}-${minuteText(toMinute)}`;

/** How long it is on a day of 24 hours. */
export const dailySpanMinutes = ({ fromMinute, toMinute }: DailySpan): number =>
  (toMinute - fromMinute + MINUTES_A_DAY) % MINUTES_A_DAY;

const zonedOf = (ms: number, zone: string): Temporal.ZonedDateTime =>
  Temporal.Instant.fromEpochMilliseconds(Math.floor(ms)).toZonedDateTimeISO(zone);

/** When the clock of the zone shows a minute on a date, or is set forward over it. */
function instantOf(date: Temporal.PlainDate, minute: number, zone: string): number {
  const plainTime = new Temporal.PlainTime(Math.floor(minute / 60), minute % 60);
  const at = date.toZonedDateTime({ timeZone: zone, plainTime });
  const isSkipped = !at.toPlainTime().equals(plainTime);
  return (isSkipped ? (at.getTimeZoneTransition("previous") ?? at) : at).epochMilliseconds;
}

/**
 * When the span that an instant lies in ends, ms UTC; `undefined` outside of it. On a day on which the clock is set, it
 * ends when the clock shows its end.
 */
export function dailySpanEndMs(span: DailySpan, atMs: number, zone: string): number | undefined {
  const at = zonedOf(atMs, zone);
  const minute = at.hour * 60 + at.minute;
  const passedMinutes = (minute - span.fromMinute + MINUTES_A_DAY) % MINUTES_A_DAY;
  if (passedMinutes >= dailySpanMinutes(span)) return undefined;
  const date = at.toPlainDate();
  return instantOf(minute >= span.toMinute ? date.add({ days: 1 }) : date, span.toMinute, zone);
}

/** When the span begins next after an instant, ms UTC. */
export function dailySpanNextMs(span: DailySpan, atMs: number, zone: string): number {
  const date = zonedOf(atMs, zone).toPlainDate();
  const todayMs = instantOf(date, span.fromMinute, zone);
  return todayMs > atMs ? todayMs : instantOf(date.add({ days: 1 }), span.fromMinute, zone);
}
