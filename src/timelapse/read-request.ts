import type { FootageChannel } from "../archive/footage.ts";
import { parseDuration } from "../config/duration.ts";
import { badParameter } from "../platform/errors.ts";
import { dayStartMs, localDateOf } from "../platform/zone.ts";
import { dateOfDay } from "../playback/days.ts";
import { parseTime } from "../playback/time-parameters.ts";
import {
  MAX_LENGTH_MS,
  MAX_SPAN_MS,
  MAX_SPEED,
  MIN_LENGTH_MS,
  MIN_SPEED,
  type TimelapseRequest,
} from "./timelapse-request.ts";

/** What a person or a program asks for; all texts as they were given. */
export type TimelapseFields = Partial<Record<"date" | "from" | "to" | "length" | "speed", string>>;

function lengthOf(text: string): number {
  const lengthMs = parseDuration(text.trim()) ?? 0;
  if (lengthMs >= MIN_LENGTH_MS && lengthMs <= MAX_LENGTH_MS) return lengthMs;
  throw badParameter("length", text.slice(0, 40), "a duration from 1s to 1h, such as 30s");
}

function speedOf(text: string): number {
  const speed = /^\s*\d{1,6}(\.\d{1,3})?\s*$/.test(text) ? Number(text) : 0;
  if (speed >= MIN_SPEED && speed <= MAX_SPEED) return speed;
  throw badParameter("speed", text.slice(0, 40), `a number from ${MIN_SPEED} to ${MAX_SPEED}`);
}

function formOf({ length = "", speed = "" }: TimelapseFields): { lengthMs?: number; speed?: number } {
  if (length !== "" && speed !== "")
    throw badParameter("speed", speed.slice(0, 40), "either length or speed, as one follows from the other");
  if (speed !== "") return { speed: speedOf(speed) };
  return length === "" ? {} : { lengthMs: lengthOf(length) };
}

/**
 * What is asked for of a channel: `date`, a day that is over or with `today` all that there is of it so far; or `from` and
 * `to`, in the channel's zone where they have no offset. Throws `bad-request`; `not-found` for a day that has not begun.
 */
export function readRequest(
  { id, zone }: FootageChannel,
  fields: TimelapseFields,
  nowMs: number,
): TimelapseRequest {
  const form = formOf(fields);
  const { date = "", from = "", to = "" } = fields;
  if (date !== "") {
    if (from !== "" || to !== "")
      throw badParameter("date", date.slice(0, 40), "either date, or from and to");
    const day = dateOfDay(date === "today" ? localDateOf(nowMs, zone) : date, zone, nowMs);
    const endMs = Math.floor(nowMs);
    if (day.isToday) return { channel: id, startMs: dayStartMs(day.date, zone), endMs, ...form };
    if (form.lengthMs === undefined && form.speed === undefined) return { channel: id, date: day.date };
    throw badParameter("date", date.slice(0, 40), "from and to where length or speed is given");
  }
  if (from === "") throw badParameter("from", from, "a time, such as 2026-11-20T14:00");
  const startMs = parseTime("from", from, zone);
  const endMs = to === "" ? Math.floor(nowMs) : Math.min(parseTime("to", to, zone), Math.floor(nowMs));
  if (endMs <= startMs) throw badParameter("to", to.slice(0, 40), "a time after from, and from before now");
  if (endMs - startMs > MAX_SPAN_MS) throw badParameter("to", to.slice(0, 40), "at most 366 days after from");
  return { channel: id, startMs, endMs, ...form };
}
