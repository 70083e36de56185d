/** How pages, the API and logs say times, lengths and sizes: one way, everywhere. */

const zoned = (ms: number, zone: string): Temporal.ZonedDateTime =>
  Temporal.Instant.fromEpochMilliseconds(Math.floor(ms)).toZonedDateTimeISO(zone);

const two = (n: number): string => String(n).padStart(2, "0");
const weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `14:03:27` in the zone. */
export function timeWords(ms: number, zone: string): string {
  const at = zoned(ms, zone);
  return `${two(at.hour)}:${two(at.minute)}:${two(at.second)}`;
}

/** The same of an end: midnight is that of the day that ends, `24:00:00`. */
export function endTimeWords(ms: number, zone: string): string {
  const words = timeWords(ms, zone);
  return words === "00:00:00" ? "24:00:00" : words;
}

/** `14:03` in the zone. */
export function minuteWords(ms: number, zone: string): string {
  const at = zoned(ms, zone);
  return `${two(at.hour)}:${two(at.minute)}`;
}

/** `Fri 20 Nov 2026` in the zone. */
export function dateWords(ms: number, zone: string): string {
  const at = zoned(ms, zone);
  return `${weekdays[at.dayOfWeek - 1]} ${at.day} ${months[at.month - 1]} ${at.year}`;
}

/** `14:03:27 to 14:05:00, Fri 20 Nov 2026`. */
export const spanWords = ({ startMs, endMs }: { startMs: number; endMs: number }, zone: string): string => {
  const [from, to] = [dateWords(startMs, zone), dateWords(endMs, zone)];
  return from === to
    ? `${timeWords(startMs, zone)} to ${timeWords(endMs, zone)}, ${from}`
    : `${timeWords(startMs, zone)}, ${from}, to ${timeWords(endMs, zone)}, ${to}`;
};

/** `14:03`, or `Fri 20 Nov 2026, 14:03` when the instant lies on another local date than `nowMs`. */
export function sinceWords(ms: number, nowMs: number, zone: string): string {
  const isToday = zoned(ms, zone).toPlainDate().equals(zoned(nowMs, zone).toPlainDate());
  return isToday ? minuteWords(ms, zone) : `${dateWords(ms, zone)}, ${minuteWords(ms, zone)}`;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * A length of time in at most two units: `3 h 12 min`, `4 min`, `12 s`, `5 d 3 h`; `under 1 s`. The smaller unit
 * is rounded, seconds are left out from ten minutes on.
 */
export function durationWords(ms: number): string {
  if (ms < SECOND / 2) return "under 1 s";
  if (ms < MINUTE - SECOND / 2) return `${Math.round(ms / SECOND)} s`;
  if (ms < 10 * MINUTE - SECOND / 2) return pair(ms, MINUTE, "min", SECOND, "s");
  if (ms < HOUR - MINUTE / 2) return `${Math.round(ms / MINUTE)} min`;
  if (ms < DAY - MINUTE / 2) return pair(ms, HOUR, "h", MINUTE, "min");
  return pair(ms, DAY, "d", HOUR, "h");
}

function pair(ms: number, large: number, largeName: string, small: number, smallName: string): string {
  const smalls = Math.round(ms / small);
  const rest = smalls % (large / small);
  const head = `${Math.floor(smalls / (large / small))} ${largeName}`;
  return rest === 0 ? head : `${head} ${rest} ${smallName}`;
}

const scaled = (value: number, units: readonly string[]): string => {
  let scaledValue = value;
  let unit = 0;
  while (scaledValue >= 999.5 && unit < units.length - 1) {
    scaledValue /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || scaledValue >= 9.95 ? 0 : 1;
  return `${scaledValue.toFixed(digits)} ${units[unit]}`;
};

/** `4.1 GB`, `812 kB`: decimal units, as disks are sold. */
export const sizeWords = (bytes: number): string =>
  scaled(Math.max(0, bytes), ["B", "kB", "MB", "GB", "TB", "PB"]);

/** `4.1 Mbit/s`. */
export const bitrateWords = (bitsPerSecond: number): string =>
  scaled(Math.max(0, bitsPerSecond), ["bit/s", "kbit/s", "Mbit/s", "Gbit/s"]);

/** `1 gap`, `3 gaps`; with an irregular plural as the third argument. */
export const countWords = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;

/** Makes a clause into a sentence's beginning: `the disk is full` becomes `The disk is full`. */
export const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const monthNames = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

/** `November 2026` for `2026-11`. */
export function monthWords(month: string): string {
  const [year, number] = month.split("-");
  return `${monthNames[Number(number) - 1]} ${year}`;
}
