import { parseMultivariant, type ParsedVariant } from "../../media/m3u8-variants.ts";
import { redactorFor } from "../ffmpeg/redact.ts";
import { FetchFailure } from "./fetch-failure.ts";

/** A source whose sound is in a list of its own, as ffmpeg opens it. */
export type SeparateSound = {
  /** A multivariant playlist of one variant and its sound, within a `data:` address: it may hold passwords. */
  url: string;
  /** The lists that it names. */
  lists: readonly URL[];
  /** Takes all that is secret out of what ffmpeg says. */
  redact: (line: string) => string;
};

const quoted = (text: string): string => `"${text.replaceAll(/["\r\n]/g, "")}"`;

/**
 * Chooses for ffmpeg, which takes the first variant of a list: it gets a list with the chosen one alone.
 * @param source the configured address, whose user name and password go to its own origin
 * @throws FetchFailure for addresses that are none
 */
export function separateSound(
  { text, base, variant }: { text: string; base: URL; variant: ParsedVariant },
  source: URL,
): SeparateSound {
  const { sounds } = parseMultivariant(text);
  const group = sounds.filter((sound) => sound.group === variant.audioGroup && sound.uri !== undefined);
  const sound = group.find(({ isDefault }) => isDefault) ?? group[0];
  const address = (uri: string): URL => {
    if (!URL.canParse(uri, base))
      throw new FetchFailure("broken", "its list of variants has a wrong address");
    const url = new URL(uri, base);
    if (url.origin === source.origin && url.username === "") {
      url.username = source.username;
      url.password = source.password;
    }
    return url;
  };
  const pictures = address(variant.uri);
  const lists = [pictures, ...(sound?.uri === undefined ? [] : [address(sound.uri)])];
  const [, heard] = lists;
  const list = [
    "#EXTM3U",
    ...(heard ? [`#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="a",DEFAULT=YES,URI=${quoted(heard.href)}`] : []),
    `#EXT-X-STREAM-INF:BANDWIDTH=${Math.max(1, Math.round(variant.bandwidthBps))}${heard ? ',AUDIO="a"' : ""}`,
    pictures.href,
    "",
  ].join("\n");
  const redactors = [source, ...lists].map((url) => redactorFor(url.href));
  return {
    url: `data:application/vnd.apple.mpegurl;base64,${Buffer.from(list).toString("base64")}`,
    lists,
    redact: (line) =>
      redactors
        .reduce((rest, redact) => redact(rest), line)
        .replaceAll(/data:[a-z/.,;=+-]*[A-Za-z0-9+/=]*/gi, "its list"),
  };
}
