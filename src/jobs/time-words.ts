import { dateWords, minuteWords } from "../status/words.ts";

const HOUR_MS = 3_600_000;

/** A moment to come, for people: `22:00` within a day, and beyond it `22:00 on Fri 20 Nov 2026`. */
export function timeWords(ms: number, nowMs: number, zone: string): string {
  const time = minuteWords(ms, zone);
  return ms - nowMs < 24 * HOUR_MS ? time : `${time} on ${dateWords(ms, zone)}`;
}
