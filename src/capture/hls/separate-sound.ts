import { parseMultivariant, type ParsedVariant } from "../../media/m3u8-variants.ts";
import { redactorFor } from "../ffmpeg/redact.ts";
import { FetchFailure } from "./fetch-failure.ts";

/** A source whose sound is in a list of its own, as ffmpeg opens it. */
export type SeparateSound = {
  /** A multivariant playlist of one variant and its sound, within a `data:` address. */
  url: string;
  /** Takes all that is secret out of what ffmpeg says. */
  redact: (line: string) => string;
};

/**
 * The lists of a variant's pictures and of its sound, where it has one. Throws FetchFailure for addresses that are
 * none.
 */
export function listsOf({ text, base, variant }: { text: string; base: URL; variant: ParsedVariant }): URL[] {
  const { sounds } = parseMultivariant(text);
  const group = sounds.filter((sound) => sound.group === variant.audioGroup && sound.uri !== undefined);
  const sound = group.find(({ isDefault }) => isDefault) ?? group[0];
  const address = (uri: string): URL => {
    if (!URL.canParse(uri, base))
      throw new FetchFailure("broken", "its list of variants has a wrong address");
    return new URL(uri, base);
  };
  return [address(variant.uri), ...(sound?.uri === undefined ? [] : [address(sound.uri)])];
}

/**
 * Chooses for ffmpeg, which takes the first variant of a list: it gets a list with the chosen one alone.
 * @param addressOf the address under which ffmpeg gets a list
 */
export function separateSound(
  [pictures, heard]: readonly URL[],
  { bandwidthBps }: Pick<ParsedVariant, "bandwidthBps">,
  { source, addressOf }: { source: string; addressOf: (url: URL) => string },
): SeparateSound {
  if (!pictures) throw new FetchFailure("broken", "its list of variants has no address");
  const list = [
    "#EXTM3U",
    ...(heard ? [`#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="a",DEFAULT=YES,URI="${addressOf(heard)}"`] : []),
    `#EXT-X-STREAM-INF:BANDWIDTH=${Math.max(1, Math.round(bandwidthBps))}${heard ? ',AUDIO="a"' : ""}`,
    addressOf(pictures),
    "",
  ].join("\n");
  const redactors = [source, pictures.href, ...(heard ? [heard.href] : [])].map(redactorFor);
  return {
    url: `data:application/vnd.apple.mpegurl;base64,${Buffer.from(list).toString("base64")}`,
    redact: (line) =>
      redactors
        .reduce((rest, redact) => redact(rest), line)
        .replaceAll(
          /data:[a-z/.,;=+-]*[A-Za-z0-9+/=]*|http:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{32}\/\S*/gi,
          "its list",
        ),
  };
}
