import { badParameter } from "../platform/errors.ts";
import { isZone } from "../platform/zone.ts";

/** `[fromMs, toMs)` in ms UTC. */
export type Interval = { fromMs: number; toMs: number };

const DAY_MS = 24 * 3_600_000;

/** Longest interval that one list answers: 302,400 segments of 2 s. */
const MAX_LIST_DAYS = 7;
export const MAX_INTERVAL_MS = MAX_LIST_DAYS * DAY_MS;

const EARLIEST_MS = Date.UTC(1970, 0, 1);
const LATEST_MS = Date.UTC(2200, 0, 1);

const DAY_FIRST =
  /^(\d{1,2})\/(\d{1,2})\/(\d{4})(?:[T ](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,6}))?)?)?$/;
const ISO =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,](\d{1,9}))?)?)?\s*(Z|z|[+-]\d{2}:?\d{2})?$/;
const UNIX = /^(\d{1,15})(?:\.(\d{1,6}))?$/;
/** Unix times from here on are milliseconds: as seconds they would lie beyond the year 5138. */
const FIRST_UNIX_MS = 100_000_000_000;

const WANTED =
  "D/M/YYYYTHH:MM:SS (day first), ISO 8601 such as 2024-07-05T12:22:03 or 2024-07-05T12:22:03+02:00, or Unix time in seconds or milliseconds, between 1970 and 2200";

type Parts = {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  millisecond: number;
};

const number = (text: string | undefined): number => (text === undefined ? 0 : Number(text));
const milliseconds = (fraction: string | undefined): number =>
  number((fraction ?? "0").padEnd(3, "0").slice(0, 3));

function localMs(parts: Parts, zone: string): number | undefined {
  try {
    return Temporal.PlainDateTime.from(parts, { overflow: "reject" }).toZonedDateTime(zone).epochMilliseconds;
  } catch {
    return undefined;
  }
}

function parsedMs(text: string, zone: string): number | undefined {
  const unix = UNIX.exec(text);
  if (unix) {
    const value = Number(text);
    return Math.floor(value < FIRST_UNIX_MS ? value * 1000 : value);
  }
  const dayFirst = DAY_FIRST.exec(text);
  if (dayFirst) {
    const [, day, month, year, hour, minute, second, fraction] = dayFirst;
    const time = {
      hour: number(hour),
      minute: number(minute),
      second: number(second),
      millisecond: milliseconds(fraction),
    };
    return localMs({ year: number(year), month: number(month), day: number(day), ...time }, zone);
  }
  // A plus sign that was not escaped arrives as a space.
  const iso = ISO.exec(
    text.replace(/ (\d{2}:?\d{2})$/, (whole, offset: string, at: number) => (at > 10 ? `+${offset}` : whole)),
  );
  if (!iso) return undefined;
  const [, year, month, day, hour, minute, second, fraction, offset] = iso;
  const time = {
    hour: number(hour),
    minute: number(minute),
    second: number(second),
    millisecond: milliseconds(fraction),
  };
  const parts = { year: number(year), month: number(month), day: number(day), ...time };
  if (offset === undefined) return localMs(parts, zone);
  const isUtc = offset.toUpperCase() === "Z";
  return localMs(
    parts,
    isUtc ? "UTC" : offset.includes(":") ? offset : `${offset.slice(0, 3)}:${offset.slice(3)}`,
  );
}

/**
 * A time that a person or a program gave, as ms UTC. Without an offset it is local time of `zone`; in the hour
 * that autumn repeats the first, in the one that spring leaves out as if the clock had not been set yet.
 * Throws `bad-request`.
 */
export function parseTime(name: string, given: string, zone: string): number {
  const text = given.trim();
  const ms = text.length > 64 ? undefined : parsedMs(text, zone);
  if (ms === undefined || ms < EARLIEST_MS || ms >= LATEST_MS)
    throw badParameter(name, given.slice(0, 80), WANTED);
  return ms;
}

/** The zone of `tz=`, or the one given. Throws `bad-request`. */
export function zoneParameter(query: URLSearchParams, zone: string): string {
  const given = query.get("tz");
  if (given === null || given === "") return zone;
  const name = /^ ?\d{2}:\d{2}$/.test(given) ? `+${given.trim()}` : given;
  if (given.length > 64 || !isZone(name)) {
    throw badParameter("tz", given.slice(0, 80), "a time zone such as Europe/Berlin, UTC or +02:00");
  }
  return name;
}

/** Refuses intervals that end before they begin, or are too long to be answered at once. Throws `bad-request`. */
function checkedInterval(
  interval: Interval,
  endName: string,
  endGiven: string,
  maxDays = MAX_LIST_DAYS,
): Interval {
  const lengthMs = interval.toMs - interval.fromMs;
  if (lengthMs <= 0) throw badParameter(endName, endGiven, "a time after the start of the interval");
  if (lengthMs > maxDays * DAY_MS) {
    throw badParameter(
      endName,
      endGiven,
      `an interval of ${maxDays} days (${(maxDays * DAY_MS) / 1000} s) at most`,
    );
  }
  return interval;
}

/**
 * The interval of `startTime`, `endTime`, `startTimestamp`, `endTimestamp` and `tz`. The date and time win over
 * the time stamps; a missing end is now. Throws `bad-request`.
 */
export function intervalParameters(
  query: URLSearchParams,
  zone: string,
  nowMs: number,
  maxDays = MAX_LIST_DAYS,
): Interval {
  const local = zoneParameter(query, zone);
  const given = (...names: string[]): { name: string; value: string } | undefined => {
    for (const name of names) {
      const value = query.get(name);
      if (value !== null && value !== "") return { name, value };
    }
    return undefined;
  };
  const start = given("startTime", "startTimestamp");
  if (!start) throw badParameter("startTime", "", WANTED);
  const end = given("endTime", "endTimestamp");
  const fromMs = parseTime(start.name, start.value, local);
  if (end)
    return checkedInterval(
      { fromMs, toMs: parseTime(end.name, end.value, local) },
      end.name,
      end.value,
      maxDays,
    );
  if (fromMs >= nowMs)
    throw badParameter(start.name, start.value, "a time in the past when no endTime is given");
  return checkedInterval({ fromMs, toMs: nowMs }, start.name, start.value, maxDays);
}

/** The interval of an address such as `archive-1719400000-3600` or `-now`: Unix seconds, and how many. */
export function addressInterval(text: string, nowMs: number): Interval & { isOpen: boolean } {
  const match = /^([^-]{1,20})-([^-]{1,20})$/.exec(text);
  const [, from = text.slice(0, 40), duration = ""] = match ?? [];
  if (!/^\d{1,12}$/.test(from)) throw badParameter("from", from, "Unix time in whole seconds");
  const fromMs = parseTime("from", from, "UTC");
  if (duration === "now") {
    if (fromMs >= nowMs) throw badParameter("from", from, "a time in the past");
    return { ...checkedInterval({ fromMs, toMs: nowMs }, "from", from), isOpen: true };
  }
  if (!/^\d{1,12}$/.test(duration)) throw badParameter("duration", duration, "a number of seconds, or now");
  const interval = checkedInterval({ fromMs, toMs: fromMs + Number(duration) * 1000 }, "duration", duration);
  return { ...interval, isOpen: interval.toMs > nowMs };
}

/** Unix seconds, or `now`, of `from` and `to` as Flussonic's clients give them; all that is there by default. */
export function recordedStatusInterval(query: URLSearchParams, nowMs: number): Interval {
  const at = (name: string, absentMs: number): number => {
    const given = query.get(name);
    if (given === null || given === "") return absentMs;
    if (given === "now") return nowMs;
    if (!/^\d{1,12}$/.test(given))
      throw badParameter(name, given.slice(0, 40), "Unix time in whole seconds, or now");
    return parseTime(name, given, "UTC");
  };
  const fromMs = at("from", EARLIEST_MS);
  const toMs = at("to", nowMs);
  if (toMs <= fromMs) throw badParameter("to", query.get("to") ?? "", "a time after from");
  return { fromMs, toMs };
}

/** The interval of `from`, `to` and `tz`; a missing end is now. Throws `bad-request`. */
export function timelinesInterval(query: URLSearchParams, zone: string, nowMs: number): Interval {
  const local = zoneParameter(query, zone);
  const from = query.get("from") ?? "";
  const to = query.get("to") ?? "";
  const fromMs = parseTime("from", from, local);
  const toMs = to === "" ? nowMs : parseTime("to", to, local);
  return checkedInterval({ fromMs, toMs }, to === "" ? "from" : "to", to === "" ? from : to);
}
