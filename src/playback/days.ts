import { badParameter, notFound } from "../platform/errors.ts";
import { addDays, localDateOf, type LocalDate } from "../platform/zone.ts";

const WANTED = "today, a date such as 2026-11-20, or a day of the week from 0 (Monday) to 6";

function checkedDate(text: string): LocalDate {
  try {
    const date = Temporal.PlainDate.from(text, { overflow: "reject" });
    if (date.year >= 1970 && date.year < 2200) return date.toString();
  } catch {
    // Falls through to the refusal: no such day.
  }
  throw badParameter("day", text.slice(0, 40), WANTED);
}

/**
 * The local date that a day of an address means: a date, or 0 (Monday) to 6 for the latest such day before
 * today. Throws `bad-request`, and `not-found` for a day that has not begun.
 */
export function dateOfDay(text: string, zone: string, nowMs: number): { date: LocalDate; isToday: boolean } {
  const today = localDateOf(nowMs, zone);
  if (/^[0-6]$/.test(text)) {
    const back = (Temporal.PlainDate.from(today).dayOfWeek - 1 - Number(text) + 7) % 7 || 7;
    return { date: addDays(today, -back), isToday: false };
  }
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) throw badParameter("day", text.slice(0, 40), WANTED);
  const date = checkedDate(text);
  if (date > today) throw notFound(`${date} has not begun; today is ${today}`);
  return { date, isToday: date === today };
}
