import { attempt } from "../media/bits.ts";
import { parseInit } from "../media/fmp4/init.ts";
import { type Box, boxesIn, childrenOf, FieldReader, findBox } from "../media/fmp4/boxes.ts";
import { handlerOf } from "../media/fmp4/tracks.ts";

const UNTURNED = [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000];

/** Whether a track is to be shown turned or mirrored: the matrix of its `tkhd` (ISO 14496-12, 8.3.2). */
function isTurned(bytes: Uint8Array, trak: Box): boolean {
  const tkhd = findBox(bytes, trak, "tkhd");
  if (!tkhd) return false;
  const fields = new FieldReader(bytes, tkhd);
  // Times, track and length; then two reserved words, layer, group and volume.
  fields.skip((fields.versionAndFlags().version === 1 ? 32 : 20) + 16);
  return UNTURNED.some((wanted) => fields.u32() !== wanted);
}

/**
 * What an MP4 or its init holds that a film of ours can't hold, and that would be gone with the original, in words;
 * `undefined` for one that a film replaces whole. What is no MP4 is left to who reads its pictures.
 */
export function lostInFilm(bytes: Uint8Array): string | undefined {
  const moov = attempt(() => boxesIn(bytes).find(({ type }) => type === "moov"));
  if (!moov) return undefined;
  const isPictures = (trak: Box): boolean => handlerOf(bytes, trak) === "vide";
  const traks = childrenOf(bytes, moov).filter(({ type }) => type === "trak");
  if (traks.filter(isPictures).some((trak) => isTurned(bytes, trak)))
    return "its file says that its pictures are shown turned, which a smaller film can't say";
  const unsupported = attempt(() => parseInit(bytes).unsupported) ?? [];
  const lost = unsupported.find((track) => /^(?:sound|another)\b/.test(track));
  return lost === undefined ? undefined : `its file has ${lost}, which a smaller film can't hold`;
}
