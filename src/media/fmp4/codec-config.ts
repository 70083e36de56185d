import { NightjarError } from "../../platform/errors.ts";
import { parseH264Sps } from "../h264.ts";
import { H265_NAL, parseH265Sps } from "../h265.ts";
import { parameterSetsAmong, sequenceSet, setsOfKind } from "../nal.ts";
import type { VideoCodec, VideoParameters } from "../parameters.ts";
import { type Box, type BoxWriter, FieldReader } from "./boxes.ts";

/** Parameter sets of a decoder configuration, and how many bytes of length stand before each NAL unit. */
export type DecoderConfiguration = { parameterSets: Uint8Array[]; lengthBytes: number };

const HIGH_PROFILES = new Set([100, 110, 122, 144, 244]);

/** Writes `avcC` or `hvcC`: all that is in it comes from the parameter sets. */
export function writeDecoderConfiguration(writer: BoxWriter, parameters: VideoParameters): void {
  const { codec, parameterSets } = parameters;
  const sps = sequenceSet(codec, parameterSets);
  if (sps === undefined) throw new NightjarError("unprocessable", "The stream lacks parameter sets: SPS");
  if (codec === "h264") writer.box("avcC", () => writeAvcC(writer, sps, parameterSets));
  else writer.box("hvcC", () => writeHvcC(writer, sps, parameterSets));
}

/** ISO 14496-15, 5.3.3.1 */
function writeAvcC(writer: BoxWriter, sps: Uint8Array, sets: readonly Uint8Array[]): void {
  const { profile, constraints, level, chromaFormat, bitDepthLuma, bitDepthChroma } = parseH264Sps(sps);
  const spsSets = setsOfKind("h264", "sps", sets);
  const ppsSets = setsOfKind("h264", "pps", sets);
  checkCount(spsSets.length, 31, "SPS");
  checkCount(ppsSets.length, 255, "PPS");
  writer.u8(1).u8(profile).u8(constraints).u8(level);
  writer.u8(0xfc | 3);
  writer.u8(0xe0 | spsSets.length);
  for (const set of spsSets) writer.u16(set.length).raw(set);
  writer.u8(ppsSets.length);
  for (const set of ppsSets) writer.u16(set.length).raw(set);
  if (!HIGH_PROFILES.has(profile)) return;
  writer
    .u8(0xfc | chromaFormat)
    .u8(0xf8 | (bitDepthLuma - 8))
    .u8(0xf8 | (bitDepthChroma - 8))
    .u8(0);
}

/** ISO 14496-15, 8.3.3.1 */
function writeHvcC(writer: BoxWriter, sps: Uint8Array, sets: readonly Uint8Array[]): void {
  const parsed = parseH265Sps(sps);
  const { general } = parsed;
  writer.u8(1);
  writer.u8((general.profileSpace << 6) | (general.isHighTier ? 0x20 : 0) | general.profile);
  writer.u32(general.compatibilityFlags).raw(general.constraints).u8(general.level);
  // Unknown: least spatial segmentation and parallelism, and the average frame rate.
  writer.u16(0xf000).u8(0xfc);
  writer.u8(0xfc | parsed.chromaFormat);
  writer.u8(0xf8 | (parsed.bitDepthLuma - 8)).u8(0xf8 | (parsed.bitDepthChroma - 8));
  writer.u16(0);
  writer.u8((parsed.temporalLayers << 3) | (parsed.isTemporalIdNested ? 4 : 0) | 3);
  const arrays = (["vps", "sps", "pps"] as const)
    .map((kind) => ({ kind, sets: setsOfKind("h265", kind, sets) }))
    .filter((array) => array.sets.length > 0);
  writer.u8(arrays.length);
  for (const array of arrays) {
    checkCount(array.sets.length, 255, array.kind.toUpperCase());
    // The top bit: all sets of this kind are here, which `hvc1` wants.
    writer.u8(0x80 | H265_NAL[array.kind]).u16(array.sets.length);
    for (const set of array.sets) writer.u16(set.length).raw(set);
  }
}

function checkCount(count: number, max: number, kind: string): void {
  if (count >= 1 && count <= max) return;
  throw new NightjarError("unprocessable", `The stream has ${count} ${kind}; wanted: 1 to ${max}`);
}

/** Reads `avcC` or `hvcC`. Garbage in the parameter sets themselves is not looked for. */
export function readDecoderConfiguration(
  bytes: Uint8Array,
  box: Box,
  codec: VideoCodec,
): DecoderConfiguration {
  const fields = new FieldReader(bytes, box);
  const nals: Uint8Array[] = [];
  const readSets = (count: number): void => {
    for (let index = 0; index < count; index++) nals.push(fields.raw(fields.u16()));
  };
  fields.skip(codec === "h264" ? 4 : 21);
  const lengthBytes = (fields.u8() & 3) + 1;
  if (codec === "h264") {
    readSets(fields.u8() & 0x1f);
    readSets(fields.u8());
  } else {
    const arrays = fields.u8();
    for (let array = 0; array < arrays; array++) {
      fields.skip(1);
      readSets(fields.u16());
    }
  }
  return { parameterSets: parameterSetsAmong(codec, nals).map((set) => set.slice()), lengthBytes };
}

/** Tags of the descriptors in `esds` (ISO 14496-1, 7.2.2.1). */
const DESCRIPTOR = { es: 3, decoderConfig: 4, decoderSpecific: 5, slConfig: 6 } as const;
/** `objectTypeIndication` of AAC in all its kinds, and `streamType` of sound. */
const MPEG4_AUDIO = 0x40;
const AUDIO_STREAM = 5;

/** Writes `esds` (ISO 14496-14, 5.6) without bit rates and buffer sizes, which may differ between connections. */
export function writeEsds(writer: BoxWriter, trackId: number, asc: Uint8Array): void {
  if (asc.length === 0 || asc.length > 64) {
    const found = `an AudioSpecificConfig of ${asc.length} bytes`;
    throw new NightjarError("unprocessable", `The sound has ${found}; wanted: 1 to 64`);
  }
  const decoderConfigBytes = 13 + 2 + asc.length;
  writer.fullBox("esds", 0, 0, () => {
    writer
      .u8(DESCRIPTOR.es)
      .u8(3 + 2 + decoderConfigBytes + 3)
      .u16(trackId)
      .u8(0);
    writer
      .u8(DESCRIPTOR.decoderConfig)
      .u8(decoderConfigBytes)
      .u8(MPEG4_AUDIO)
      .u8((AUDIO_STREAM << 2) | 1);
    writer.zeros(3 + 4 + 4);
    writer.u8(DESCRIPTOR.decoderSpecific).u8(asc.length).raw(asc);
    writer.u8(DESCRIPTOR.slConfig).u8(1).u8(2);
  });
}

/**
 * The AudioSpecificConfig of an `esds`; undefined when it holds none or the sound is not AAC.
 * @throws NightjarError `unprocessable` when it is cut off
 */
export function readEsds(bytes: Uint8Array, box: Box): Uint8Array | undefined {
  const fields = new FieldReader(bytes, box);
  fields.versionAndFlags();
  while (fields.remainingBytes > 0) {
    const tag = fields.u8();
    const sizeBytes = readDescriptorSize(fields);
    if (tag === DESCRIPTOR.es) {
      fields.skip(2);
      const flags = fields.u8();
      if (flags & 0x80) fields.skip(2);
      if (flags & 0x40) fields.skip(fields.u8());
      if (flags & 0x20) fields.skip(2);
    } else if (tag === DESCRIPTOR.decoderConfig) {
      if (fields.u8() !== MPEG4_AUDIO) return undefined;
      fields.skip(12);
    } else if (tag === DESCRIPTOR.decoderSpecific) {
      return sizeBytes > 0 ? fields.raw(sizeBytes).slice() : undefined;
    } else {
      fields.skip(sizeBytes);
    }
  }
  return undefined;
}

/** Seven bits a byte, the top bit says that more follow; at most four bytes (ISO 14496-1, 8.3.3). */
function readDescriptorSize(fields: FieldReader): number {
  let sizeBytes = 0;
  for (let count = 0; count < 4; count++) {
    const byte = fields.u8();
    sizeBytes = sizeBytes * 128 + (byte & 0x7f);
    if (byte < 0x80) break;
  }
  return sizeBytes;
}
