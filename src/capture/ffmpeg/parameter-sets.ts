import { h264NalType } from "../../media/h264.ts";
import { h265NalType } from "../../media/h265.ts";
import type { VideoCodec } from "../../media/parameters.ts";

const nalType = (codec: VideoCodec, nal: Uint8Array): number =>
  codec === "h264" ? h264NalType(nal) : h265NalType(nal);

const equalBytes = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

/**
 * The sets that a run's pictures are decoded with: those in the first key picture win over those of the init,
 * type by type, because an SDP may carry none, or old ones. In order of type: (VPS,) SPS, PPS.
 * Copies, so that they don't hold on to the picture.
 */
export function chooseParameterSets(
  codec: VideoCodec,
  inBand: Uint8Array[],
  fromInit: Uint8Array[],
): Uint8Array[] {
  const sent = new Set(inBand.map((nal) => nalType(codec, nal)));
  const missing = fromInit.filter((nal) => !sent.has(nalType(codec, nal)));
  const sets = [...missing, ...inBand].map((nal) => nal.slice());
  return sets.toSorted((a, b) => nalType(codec, a) - nalType(codec, b));
}

/** Whether a later key picture carries a set that the run does not have: its format has changed. */
export const bringsNewParameterSets = (run: readonly Uint8Array[], inBand: readonly Uint8Array[]): boolean =>
  inBand.some((nal) => !run.some((known) => equalBytes(known, nal)));
