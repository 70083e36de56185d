/** Which form of a segment is wanted: all tracks, all tracks with the init in front, one track, or MPEG-TS as it came. */
export const segmentForms = ["m4s", "i.m4s", "v.m4s", "a.m4s", "ts"] as const;
export type SegmentForm = (typeof segmentForms)[number];

/** Which tracks an init describes. */
export type InitForm = "mp4" | "v.mp4" | "a.mp4";

/** Addresses relative to a channel's folder. They never change their meaning, so anything may keep them. */
export const segmentAddress = (recording: string, ordinal: number, form: SegmentForm): string =>
  `${segmentAddressHead(recording)}${ordinal}.${form}`;
/** What the addresses of all segments of a recording begin with. */
export const segmentAddressHead = (recording: string): string => `segment/${recording}-`;
export const initAddress = (run: string, form: InitForm): string => `init/${run}.${form}`;

/** A place in a channel's media: its wall time in ms UTC, and its media time in 90,000ths of a second. */
export type MediaPlace = {
  startMs: number;
  startTicks: number;
  /** Of an aged day, the number of its timeline below 0: what it was made from had the same media time. */
  film?: number;
};

/**
 * A segment by its media time, as a DASH template has to name it. Media time is counted through the whole
 * channel and so names one segment only; the place, at or before it, tells where to look.
 */
export const timedAddress = (place: MediaPlace, ticks: number | "$Time$", form: "v.m4s" | "a.m4s"): string =>
  `media/${place.startMs}-${place.startTicks}${place.film === undefined ? "" : `-f${place.film}`}/${ticks}.${form}`;

/** What stands behind `/<channel>/media/`, or `undefined` when it is no such address. */
export function parseTimedAddress(
  placeText: string,
  name: string,
): { place: MediaPlace; ticks: number; form: "v.m4s" | "a.m4s" } | undefined {
  const [, startMs, startTicks, film] = /^(\d{1,15})-(\d{1,15})(?:-f(\d{1,15}))?$/.exec(placeText) ?? [];
  const [, ticks, form] = /^(\d{1,15})\.([va]\.m4s)$/.exec(name) ?? [];
  if (startMs === undefined || startTicks === undefined || ticks === undefined) return undefined;
  const place = {
    startMs: Number(startMs),
    startTicks: Number(startTicks),
    ...(film === undefined ? {} : { film: Number(film) }),
  };
  return { place, ticks: Number(ticks), form: form === "a.m4s" ? "a.m4s" : "v.m4s" };
}

/** What stands behind `/<channel>/segment/`, or `undefined` when it is no segment's address. */
export function parseSegmentAddress(
  name: string,
): { recording: string; ordinal: number; form: SegmentForm } | undefined {
  const match = /^([A-Za-z0-9]{1,32})-(\d{1,9})\.((?:[iva]\.)?m4s|ts)$/.exec(name);
  const form = segmentForms.find((known) => known === match?.[3]);
  return match?.[1] && match[2] && form
    ? { recording: match[1], ordinal: Number(match[2]), form }
    : undefined;
}

/** What stands behind `/<channel>/init/`, or `undefined` when it is no init's address. */
export function parseInitAddress(name: string): { run: string; form: InitForm } | undefined {
  const match = /^([A-Za-z0-9]{1,32})\.((?:[va]\.)?mp4)$/.exec(name);
  return match?.[1] && match[2] ? { run: match[1], form: match[2] as InitForm } : undefined;
}

/**
 * The way from the folder of a requested path to the channel's folder, to be put before relative addresses.
 * Relative ones work behind every proxy; a trailing slash of the request makes its folder one deeper.
 */
export function channelPrefix(pathname: string, channel: string): string {
  const parts = pathname.split("/").slice(1);
  const depth = parts.length - 1;
  return parts[0] === channel && depth > 0 ? "../".repeat(depth - 1) : `${"../".repeat(depth)}${channel}/`;
}
