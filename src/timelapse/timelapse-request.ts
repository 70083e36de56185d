import { z } from "zod";
import { addDays, localDateOf } from "../platform/zone.ts";
import { dateWords, minuteWords } from "../status/words.ts";

export const MIN_LENGTH_MS = 1000;
export const MAX_LENGTH_MS = 3_600_000;
export const MIN_SPEED = 2;
export const MAX_SPEED = 100_000;
export const MAX_SPAN_MS = 366 * 86_400_000;

const channel = z.string().min(1).max(64);

/** What a timelapse is to show: a whole day, or any interval (ms UTC) in a film of a length or at a speed. */
export const timelapseRequest = z.union([
  z.strictObject({ channel, date: z.iso.date() }),
  z.strictObject({
    channel,
    startMs: z.int(),
    endMs: z.int(),
    lengthMs: z.int().min(MIN_LENGTH_MS).max(MAX_LENGTH_MS).optional(),
    speed: z.number().min(MIN_SPEED).max(MAX_SPEED).optional(),
  }),
]);
export type TimelapseRequest = z.output<typeof timelapseRequest>;

const local = (ms: number, zone: string): Temporal.ZonedDateTime =>
  Temporal.Instant.fromEpochMilliseconds(Math.round(ms)).toZonedDateTimeISO(zone);

/** `Fri 20 Nov 2026, 10:00 to 14:30`; up to midnight `10:00 to 24:00`. */
function intervalText(startMs: number, endMs: number, zone: string): string {
  const [from, to] = [localDateOf(startMs, zone), localDateOf(endMs, zone)];
  const begin = `${dateWords(startMs, zone)}, ${minuteWords(startMs, zone)}`;
  const end = minuteWords(endMs, zone);
  if (from === to) return `${begin} to ${end}`;
  if (end === "00:00" && to === addDays(from, 1)) return `${begin} to 24:00`;
  return `${begin} to ${dateWords(endMs, zone)}, ${end}`;
}

/** What a timelapse is called. */
export const requestTitle = (request: TimelapseRequest, zone: string): string =>
  "date" in request
    ? `Timelapse of ${dateWords(Date.parse(request.date), "UTC")}`
    : `Timelapse of ${intervalText(request.startMs, request.endMs, zone)}`;

/** Names the work: the same is not done twice at once. */
export const workKey = (request: TimelapseRequest): string =>
  "date" in request
    ? `timelapse ${request.channel} ${request.date}`
    : `timelapse ${request.channel} ${request.startMs} ${request.endMs} ${request.lengthMs ?? ""} ${request.speed ?? ""}`;

/** Local date and time by which an interval's film is named. */
export const localSecond = (ms: number, zone: string): string =>
  local(ms, zone).toPlainDateTime().toString({ smallestUnit: "second" });
