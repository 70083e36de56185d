import { formatDuration, parseDuration } from "../config/duration.ts";
import { fileTimeOf, localDateOf } from "../platform/zone.ts";
import { clipKinds, type ClipKind, type NewClip } from "./clip.ts";

/** The folder of films in a channel's. */
export const CLIPS_FOLDER = "clips";

/** What is being made begins with this; what a start finds of it was left half made. */
export const WORK_PREFIX = ".making-";

const form = new RegExp(
  String.raw`^(${clipKinds.join("|")})_(\d{4}-\d{2}-\d{2})_(\d{2})-(\d{2})-(\d{2})([+-]\d{2})(\d{2})_(\w+?)(?:-\d+)?\.mp4$`,
);

/**
 * The name of a film's file without its extension: kind, local date and time with the offset, length of what it shows.
 * `timelapse_2026-06-18_00-00-00+0200_1d`. From it alone a film is known again.
 */
export function clipName({ kind, startMs, endMs, localTime }: NewClip, zone: string): string {
  const [date = "", time] = localTime.split("T");
  const born = fileTimeOf(startMs, zone);
  const isNamed = time !== undefined && /^\d{2}:\d{2}:\d{2}$/.test(time);
  const clock = isNamed ? `${time.replaceAll(":", "-")}${born.slice(-5)}` : born;
  const day = isNamed ? date : localDateOf(startMs, zone);
  return `${kind}_${day}_${clock}_${formatDuration(Math.max(0, Math.round(endMs - startMs)))}`;
}

/** What the name of a film's MP4 says; `undefined` for any other name. */
export function parseClipName(
  name: string,
  channel: { id: string; isDay: (startMs: number, endMs: number) => boolean },
): NewClip | undefined {
  const [, kind, date, hour, minute, second, offsetHours, offsetMinutes, span = ""] = form.exec(name) ?? [];
  const lengthMs = parseDuration(span);
  const startMs = Date.parse(`${date}T${hour}:${minute}:${second}${offsetHours}:${offsetMinutes}`);
  if (kind === undefined || lengthMs === undefined || Number.isNaN(startMs)) return undefined;
  const endMs = startMs + lengthMs;
  const isWholeDay = kind === "timelapse" && channel.isDay(startMs, endMs);
  return {
    kind: kind as ClipKind,
    channel: channel.id,
    startMs,
    endMs,
    localTime: isWholeDay ? (date ?? "") : `${date}T${hour}:${minute}:${second}`,
    isWholeDay,
  };
}
