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
  mapByteRange?: ParsedRange;
  /** What the initialization section is encrypted with: the keys that held at its tag. */
  mapKeys?: readonly ParsedKey[];
  /** Wall time in ms UTC, where a tag stands at this very segment. */
  programDateTimeMs?: number;
  /** Without an offset in the list it begins where that of the segment before it ended. */
  byteRange?: ParsedRange;
  /** What it is encrypted with, one key for each key format; absent where it is clear. */
  keys?: readonly ParsedKey[];
  /** EXT-X-GAP: it is listed, but not there. */
  isGap?: true;
};

/** Bytes of a resource. */
export type ParsedRange = { lengthBytes: number; offsetBytes: number };

/** An EXT-X-KEY (RFC 8216 4.3.2.4) that is not `METHOD=NONE`. */
export type ParsedKey = {
  method: string;
  uri?: string;
  /** 32 hexadecimal digits. */
  iv?: string;
  /** `identity` where the tag says nothing. */
  format: string;
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

/** @param nextBytes where the range begins when it says nothing; `undefined` where it has to say it */
function byteRangeOf(text: string, nextBytes: number | undefined, line: number): ParsedRange {
  const [length = "", offset] = text.split("@");
  const offsetBytes = offset === undefined ? nextBytes : integerOf(offset, line);
  if (offsetBytes === undefined)
    throw wrong(line, text, "LENGTH@OFFSET, as no range of the same file goes before");
  return { lengthBytes: integerOf(length, line), offsetBytes };
}

function keyOf(value: string, line: number): ParsedKey | undefined {
  const attributes = parseAttributes(value);
  const method = attributes.get("METHOD");
  if (method === undefined) throw wrong(line, value, "METHOD=…");
  if (method === "NONE") return undefined;
  const uri = attributes.get("URI");
  const ivText = attributes.get("IV");
  const iv = ivText === undefined ? undefined : /^0x([0-9a-f]{1,32})$/i.exec(ivText)?.[1];
  if (ivText !== undefined && iv === undefined) throw wrong(line, ivText, "IV=0x and 32 hexadecimal digits");
  return {
    method,
    format: attributes.get("KEYFORMAT") ?? "identity",
    ...(uri === undefined ? {} : { uri }),
    ...(iv === undefined ? {} : { iv: iv.padStart(32, "0").toLowerCase() }),
  };
}

function mapOf(
  value: string,
  keys: readonly ParsedKey[],
  line: number,
): Pick<ParsedSegment, "mapUri" | "mapByteRange" | "mapKeys"> {
  const attributes = parseAttributes(value);
  const mapUri = attributes.get("URI");
  if (!mapUri) throw wrong(line, value, 'URI="…"');
  const range = attributes.get("BYTERANGE");
  return {
    mapUri,
    ...(range === undefined ? {} : { mapByteRange: byteRangeOf(range, 0, line) }),
    ...(keys.length === 0 ? {} : { mapKeys: keys }),
  };
}

function secondsOf(text: string, line: number): number {
  const seconds = Number.parseFloat(text);
  if (!Number.isFinite(seconds) || seconds < 0) throw wrong(line, text, "a duration in seconds");
  return seconds;
}

/** An offset as `+0100` is what many write; ISO 8601 wants `+01:00` with this form of date. */
const dateOf = (text: string): number => Date.parse(text.replace(/([+-]\d\d)(\d\d)$/, "$1:$2"));

/** Reads a media playlist. Tags that it doesn't know are skipped. Throws `unprocessable` on what is no playlist. */
export const parseMediaPlaylist = (text: string): ParsedMediaPlaylist => parseList(text, false);

/**
 * The same for playlists of other servers: what they get wrong without harm is passed over, such as a target duration
 * that is no whole number, an unknown type, a date that is none.
 */
export const parseForeignPlaylist = (text: string): ParsedMediaPlaylist => parseList(text, true);

function parseList(text: string, isTolerant: boolean): ParsedMediaPlaylist {
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
  let map: Pick<ParsedSegment, "mapUri" | "mapByteRange" | "mapKeys"> = {};
  let keys: readonly ParsedKey[] = [];
  let rangeText: string | undefined;
  for (const [index, raw] of lines.entries()) {
    const line = raw.trim();
    const number = index + 1;
    const colon = line.indexOf(":");
    const tag = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1);
    if (line === "") continue;
    if (!line.startsWith("#")) {
      if (pending.durationSeconds === undefined) throw wrong(number, line, "an #EXTINF before each address");
      const before = playlist.segments.at(-1);
      const range = before?.uri === line ? before.byteRange : undefined;
      const nextBytes = range && range.offsetBytes + range.lengthBytes;
      if (rangeText !== undefined) pending.byteRange = byteRangeOf(rangeText, nextBytes, number);
      rangeText = undefined;
      playlist.segments.push({
        isDiscontinuity: false,
        ...pending,
        uri: line,
        durationSeconds: pending.durationSeconds,
        mediaSequence: playlist.mediaSequence + playlist.segments.length,
        discontinuitySequence: playlist.discontinuitySequence + discontinuities,
        ...map,
        ...(keys.length === 0 ? {} : { keys }),
      });
      pending = {};
    } else if (tag === "#EXT-X-VERSION") playlist.version = integerOf(value, number);
    else if (tag === "#EXT-X-TARGETDURATION") {
      const isWhole = !isTolerant || /^\d{1,16}$/.test(value);
      playlist.targetDurationSeconds = isWhole
        ? integerOf(value, number)
        : Math.ceil(secondsOf(value, number));
    } else if (tag === "#EXT-X-MEDIA-SEQUENCE") playlist.mediaSequence = integerOf(value, number);
    else if (tag === "#EXT-X-DISCONTINUITY-SEQUENCE")
      playlist.discontinuitySequence = integerOf(value, number);
    else if (tag === "#EXT-X-PLAYLIST-TYPE") {
      if (value === "VOD" || value === "EVENT") playlist.type = value;
      else if (!isTolerant) throw wrong(number, value, "VOD or EVENT");
    } else if (tag === "#EXT-X-ENDLIST") playlist.isEnded = true;
    else if (tag === "#EXT-X-DISCONTINUITY") {
      discontinuities++;
      pending.isDiscontinuity = true;
    } else if (tag === "#EXTINF") {
      pending.durationSeconds = secondsOf(value, number);
    } else if (tag === "#EXT-X-PROGRAM-DATE-TIME") {
      const ms = dateOf(value);
      if (!Number.isNaN(ms)) pending.programDateTimeMs = ms;
      else if (!isTolerant) throw wrong(number, value, "an ISO 8601 date and time");
    } else if (tag === "#EXT-X-BYTERANGE") rangeText = value;
    else if (tag === "#EXT-X-GAP") pending.isGap = true;
    else if (tag === "#EXT-X-KEY") {
      const key = keyOf(value, number);
      const others = key === undefined ? [] : keys.filter(({ format }) => format !== key.format);
      keys = key === undefined ? [] : [...others, key];
    } else if (tag === "#EXT-X-MAP") map = mapOf(value, keys, number);
  }
  return playlist;
}
