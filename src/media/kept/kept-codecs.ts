import { attempt, BitReader, hexByte } from "../bits.ts";
import { type Box, boxesIn, childrenOf, FieldReader, findBox, requireBox } from "../fmp4/boxes.ts";
import { readSampleEntry, readTimescale, VISUAL_ENTRY_BYTES } from "../fmp4/init-reader.ts";
import { handlerOf, trackIdOf } from "../fmp4/tracks.ts";
import { codecStringOf, readProfile } from "../h265.ts";

/** Sound that our own inits don't hold, by the type of its sample entry; RFC 6381 names it by the same letters. */
const SOUND_CODECS: Readonly<Record<string, string>> = {
  "ac-3": "ac-3",
  "ec-3": "ec-3",
  Opus: "opus",
  fLaC: "flac",
  alac: "alac",
  ".mp3": "mp4a.40.34",
};

/**
 * RFC 6381 codec string of a video track in the words of its own sample entry: parameter sets may come with the
 * pictures there (`avc3`, `hev1`), which those of our inits never do.
 * @param codecString by the parameter sets; where there are none, the configuration's own summary counts, and without
 *   that the type alone
 */
export function keptVideoCodec(init: Uint8Array, trackId: number, codecString: string): string {
  const trak = traksOf(init).find((candidate) => trackIdOf(init, candidate) === trackId);
  const entry = trak && readSampleEntry(init, trak);
  if (entry === undefined) return codecString;
  const profile = codecString.includes(".") ? codecString : attempt(() => summaryOf(init, entry));
  return profile === undefined ? entry.type : `${entry.type}${profile.slice(4)}`;
}

/** What `avcC` and `hvcC` say without any parameter set (ISO 14496-15, 5.3.3.1 and 8.3.3.1). */
function summaryOf(init: Uint8Array, entry: Box): string | undefined {
  for (const box of childrenOf(init, entry, VISUAL_ENTRY_BYTES)) {
    const fields = new FieldReader(init, box);
    if (box.type === "avcC") {
      fields.skip(1);
      return `avc1.${[...fields.raw(3)].map(hexByte).join("")}`;
    }
    if (box.type === "hvcC") {
      fields.skip(1);
      return codecStringOf(readProfile(new BitReader(fields.raw(12), "The hvcC")));
    }
  }
  return undefined;
}

/** The first sound that our own inits don't hold, and its ticks a second; undefined without any that has a name. */
export function otherSound(init: Uint8Array): { codecString: string; timescale: number } | undefined {
  for (const trak of traksOf(init)) {
    const mdhd = findBox(init, trak, "mdia", "mdhd");
    if (handlerOf(init, trak) !== "soun" || mdhd === undefined) continue;
    const codecString = SOUND_CODECS[readSampleEntry(init, trak)?.type ?? ""];
    if (codecString !== undefined) return { codecString, timescale: readTimescale(init, mdhd) };
  }
  return undefined;
}

function traksOf(init: Uint8Array): Box[] {
  const moov = requireBox(boxesIn(init), "moov", "the init");
  return childrenOf(init, moov).filter((child) => child.type === "trak");
}
