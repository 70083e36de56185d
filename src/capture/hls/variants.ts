import type { HlsVariant } from "../../config/config.ts";
import type { ParsedMultivariant, ParsedVariant } from "../../media/m3u8-variants.ts";

/** Codecs of pictures that can be kept (RFC 6381). */
const PICTURES = /^(avc[13]|hvc1|hev1)\b/;

/** Whether a variant may hold pictures that can be kept: where nothing is said of its codecs, it may. */
const hasPictures = ({ codecs }: ParsedVariant): boolean =>
  codecs.length === 0 || codecs.some((codec) => PICTURES.test(codec));

const byBandwidth = (a: ParsedVariant, b: ParsedVariant): number =>
  a.bandwidthBps - b.bandwidthBps || (a.height ?? 0) - (b.height ?? 0);

/**
 * The variant to be recorded. With a limit it is the best one within it, and the least one where none is; a variant that
 * does not tell its height counts as within a height.
 * @returns `undefined` when no variant has pictures that can be kept
 */
export function chooseVariant(
  { variants }: ParsedMultivariant,
  wanted: HlsVariant,
): ParsedVariant | undefined {
  const usable = variants.filter(hasPictures).toSorted(byBandwidth);
  if (wanted === "highest") return usable.at(-1);
  if (wanted === "lowest") return usable[0];
  const isWithin = ({ bandwidthBps, height = 0 }: ParsedVariant): boolean =>
    "maxBps" in wanted ? bandwidthBps <= wanted.maxBps : height <= wanted.maxHeight;
  return usable.findLast(isWithin) ?? usable[0];
}

/** Whether a variant's sound comes in segments of its own. */
export function hasSeparateSound({ sounds }: ParsedMultivariant, { audioGroup }: ParsedVariant): boolean {
  const group = sounds.filter((sound) => sound.group === audioGroup);
  // A rendition without an address is the sound within the variant's own segments.
  return audioGroup !== undefined && group.length > 0 && group.every(({ uri }) => uri !== undefined);
}
