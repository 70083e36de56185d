import { NightjarError } from "../platform/errors.ts";
import { parseAttributes } from "./m3u8-parse.ts";

/** A variant stream of a multivariant playlist (RFC 8216 4.3.4.2). */
export type ParsedVariant = {
  uri: string;
  /** Peak bit rate in bits a second; 0 where the list does not say it. */
  bandwidthBps: number;
  /** Pixels, where the list says them. */
  width?: number;
  height?: number;
  /** RFC 6381. */
  codecs: readonly string[];
  /** The group of its sound. */
  audioGroup?: string;
};

/** A rendition of sound (RFC 8216 4.3.4.1). */
export type ParsedSound = {
  group: string;
  name: string;
  isDefault: boolean;
  /** A playlist of its own; absent where the sound is in the variants' own segments. */
  uri?: string;
};

export type ParsedMultivariant = { variants: ParsedVariant[]; sounds: ParsedSound[] };

/** Whether a text is a multivariant playlist; any other playlist is a media playlist. */
export const isMultivariant = (text: string): boolean => /^#EXT-X-STREAM-INF:/m.test(text);

const MAX_VARIANTS = 1000;

function variantOf(attributes: ReadonlyMap<string, string>, uri: string): ParsedVariant {
  const [, width, height] = /^(\d{1,5})x(\d{1,5})$/.exec(attributes.get("RESOLUTION") ?? "") ?? [];
  const audioGroup = attributes.get("AUDIO");
  const bandwidth = Number(attributes.get("BANDWIDTH"));
  const codecs = (attributes.get("CODECS") ?? "").split(",").map((codec) => codec.trim());
  return {
    uri,
    bandwidthBps: Number.isFinite(bandwidth) ? bandwidth : 0,
    codecs: codecs.filter((codec) => codec !== ""),
    ...(width === undefined || height === undefined ? {} : { width: Number(width), height: Number(height) }),
    ...(audioGroup === undefined ? {} : { audioGroup }),
  };
}

/**
 * Reads a multivariant playlist. Tags that it doesn't know are skipped.
 * @throws NightjarError `unprocessable` on what is none
 */
export function parseMultivariant(text: string): ParsedMultivariant {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  if (lines[0] !== "#EXTM3U") throw new NightjarError("unprocessable", "it does not begin with #EXTM3U");
  const parsed: ParsedMultivariant = { variants: [], sounds: [] };
  let pending: ReadonlyMap<string, string> | undefined;
  for (const line of lines) {
    if (line.startsWith("#EXT-X-STREAM-INF:")) {
      pending = parseAttributes(line.slice("#EXT-X-STREAM-INF:".length));
    } else if (line.startsWith("#EXT-X-MEDIA:")) {
      const attributes = parseAttributes(line.slice("#EXT-X-MEDIA:".length));
      const uri = attributes.get("URI");
      if (attributes.get("TYPE") === "AUDIO") {
        parsed.sounds.push({
          group: attributes.get("GROUP-ID") ?? "",
          name: attributes.get("NAME") ?? "",
          isDefault: attributes.get("DEFAULT") === "YES",
          ...(uri === undefined ? {} : { uri }),
        });
      }
    } else if (line !== "" && !line.startsWith("#") && pending !== undefined) {
      parsed.variants.push(variantOf(pending, line));
      pending = undefined;
    }
    if (parsed.variants.length > MAX_VARIANTS || parsed.sounds.length > MAX_VARIANTS) {
      throw new NightjarError("unprocessable", `it lists more than ${MAX_VARIANTS} variants`);
    }
  }
  return parsed;
}
