const zoned = (ms: number, zone: string): Temporal.ZonedDateTime =>
  Temporal.Instant.fromEpochMilliseconds(Math.floor(ms)).toZonedDateTimeISO(zone);

const HOUR_MS = 3_600_000;

/** A moment to come, for people: `22:00` within a day, and beyond it with its date. */
export function timeWords(ms: number, nowMs: number, zone: string): string {
  const at = zoned(ms, zone);
  const time = at.toPlainTime().toString({ smallestUnit: "minute" });
  return ms - nowMs < 24 * HOUR_MS ? time : `${time} on ${at.toPlainDate().toString()}`;
}
