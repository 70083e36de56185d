import type { QuietTime } from "../config/notify.ts";

const MINUTES_A_DAY = 24 * 60;

/**
 * When the quiet time that an instant lies in ends, ms UTC; `undefined` outside of it. On a day on which the clock
 * is set, it ends when the clock shows its end.
 */
export function quietEndMs(quiet: QuietTime, atMs: number, zone: string): number | undefined {
  const at = Temporal.Instant.fromEpochMilliseconds(Math.floor(atMs)).toZonedDateTimeISO(zone);
  const minute = at.hour * 60 + at.minute;
  const lengthMinutes = (quiet.toMinute - quiet.fromMinute + MINUTES_A_DAY) % MINUTES_A_DAY;
  const passedMinutes = (minute - quiet.fromMinute + MINUTES_A_DAY) % MINUTES_A_DAY;
  if (passedMinutes >= lengthMinutes) return undefined;
  const time = new Temporal.PlainTime(Math.floor(quiet.toMinute / 60), quiet.toMinute % 60);
  const date = at.toPlainDate();
  const isTomorrow = minute >= quiet.toMinute;
  const end = (isTomorrow ? date.add({ days: 1 }) : date).toZonedDateTime({
    timeZone: zone,
    plainTime: time,
  });
  return end.epochMilliseconds;
}
