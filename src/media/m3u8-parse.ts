import { NightjarError } from "../platform/errors.ts";

/** A segment of a parsed media playlist. */
export type ParsedSegment = {
  uri: string;
  durationSeconds: number;
  /** Position in the list's numbering: EXT-X-MEDIA-SEQUENCE plus its place. */
  mediaSequence: number;
  discontinuitySequence: number;
  /** An EXT-X-DISCONTINUITY stands before it. */
  isDiscontinuity: boolean;
  /** Address of its initialization section; the last EXT-X-MAP holds. */
  mapUri?: string;
  /** Wall time in ms UTC, where a tag stands at this very segment. */
  programDateTimeMs?: number;
  byteRange?: { lengthBytes: number; offsetBytes?: number };
};

export type ParsedMediaPlaylist = {
  version: number;
  targetDurationSeconds: number;
  mediaSequence: number;
  discontinuitySequence: number;
  type?: "VOD" | "EVENT";
  isEnded: boolean;
  segments: ParsedSegment[];
};

const MAX_LINES = 2_000_000;

const wrong = (line: number, text: string, wanted: string) =>
  new NightjarError(
    "unprocessable",
    `playlist line ${line}: found ${JSON.stringify(text.slice(0, 120))}; wanted: ${wanted}`,
  );

/** Attribute list (RFC 8216 4.2) as a map; quotation marks are taken off. */
export function parseAttributes(text: string): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const match of text.matchAll(/([A-Z0-9-]+)=("[^"]*"|[^",]*)(?:,|$)/g)) {
    attributes.set(match[1] ?? "", (match[2] ?? "").replace(/^"(.*)"$/, "$1"));
  }
  return attributes;
}

function integerOf(text: string, line: number): number {
  if (!/^\d{1,16}$/.test(text)) throw wrong(line, text, "a whole number");
  return Number(text);
}

function byteRangeOf(text: string, line: number): { lengthBytes: number; offsetBytes?: number } {
  const [length = "", offset] = text.split("@");
  const lengthBytes = integerOf(length, line);
  return offset === undefined ? { lengthBytes } : { lengthBytes, offsetBytes: integerOf(offset, line) };
}

/** Reads a media playlist. Tags that it doesn't know are skipped. Throws `unprocessable` on what is no playlist. */
export function parseMediaPlaylist(text: string): ParsedMediaPlaylist {
  const lines = text.split(/\r?\n/);
  if (lines.length > MAX_LINES) throw wrong(MAX_LINES, "more lines", `at most ${MAX_LINES} lines`);
  if (lines[0]?.trim() !== "#EXTM3U") throw wrong(1, lines[0] ?? "", "#EXTM3U");
  const playlist: ParsedMediaPlaylist = {
    version: 1,
    targetDurationSeconds: 0,
    mediaSequence: 0,
    discontinuitySequence: 0,
    isEnded: false,
    segments: [],
  };
  let pending: Partial<ParsedSegment> = {};
  let discontinuities = 0;
  let mapUri: string | undefined;
  for (const [index, raw] of lines.entries()) {
    const line = raw.trim();
    const number = index + 1;
    const colon = line.indexOf(":");
    const tag = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1);
    if (line === "") continue;
    if (!line.startsWith("#")) {
      if (pending.durationSeconds === undefined) throw wrong(number, line, "an #EXTINF before each address");
      playlist.segments.push({
        isDiscontinuity: false,
        ...pending,
        uri: line,
        durationSeconds: pending.durationSeconds,
        mediaSequence: playlist.mediaSequence + playlist.segments.length,
        discontinuitySequence: playlist.discontinuitySequence + discontinuities,
        ...(mapUri === undefined ? {} : { mapUri }),
      });
      pending = {};
    } else if (tag === "#EXT-X-VERSION") playlist.version = integerOf(value, number);
    else if (tag === "#EXT-X-TARGETDURATION") playlist.targetDurationSeconds = integerOf(value, number);
    else if (tag === "#EXT-X-MEDIA-SEQUENCE") playlist.mediaSequence = integerOf(value, number);
    else if (tag === "#EXT-X-DISCONTINUITY-SEQUENCE")
      playlist.discontinuitySequence = integerOf(value, number);
    else if (tag === "#EXT-X-PLAYLIST-TYPE") {
      if (value !== "VOD" && value !== "EVENT") throw wrong(number, value, "VOD or EVENT");
      playlist.type = value;
    } else if (tag === "#EXT-X-ENDLIST") playlist.isEnded = true;
    else if (tag === "#EXT-X-DISCONTINUITY") {
      discontinuities++;
      pending.isDiscontinuity = true;
    } else if (tag === "#EXTINF") {
      const seconds = Number.parseFloat(value);
      if (!Number.isFinite(seconds) || seconds < 0) throw wrong(number, value, "a duration in seconds");
      pending.durationSeconds = seconds;
    } else if (tag === "#EXT-X-PROGRAM-DATE-TIME") {
      const ms = Date.parse(value);
      if (Number.isNaN(ms)) throw wrong(number, value, "an ISO 8601 date and time");
      pending.programDateTimeMs = ms;
    } else if (tag === "#EXT-X-BYTERANGE") pending.byteRange = byteRangeOf(value, number);
    else if (tag === "#EXT-X-MAP") {
      mapUri = parseAttributes(value).get("URI");
      if (!mapUri) throw wrong(number, value, 'URI="…"');
    }
  }
  return playlist;
}
