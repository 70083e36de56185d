import { NightjarError } from "../platform/errors.ts";
import { attempt, BitReader, withoutEmulationPrevention } from "./bits.ts";
import { H264_NAL, h264NalType, parseH264Sps } from "./h264.ts";
import { H265_NAL, h265NalType, parseH265Sps } from "./h265.ts";
import { VIDEO_TIMESCALE, type VideoCodec, type VideoParameters } from "./parameters.ts";

/**
 * The NAL units of a sample, as views; empty ones are left out.
 * @param sample NAL units with four bytes of length in front of each
 * @throws NightjarError `unprocessable` when a length reaches over the end
 */
export function nalUnits(sample: Uint8Array): Uint8Array[] {
  const view = new DataView(sample.buffer, sample.byteOffset, sample.byteLength);
  const nals: Uint8Array[] = [];
  for (let at = 0; at < sample.length;) {
    const left = sample.length - at - 4;
    const length = left < 0 ? 0 : view.getUint32(at);
    if (left < 0 || length > left) {
      const found = left < 0 ? `${left + 4} bytes` : `a length of ${length} with ${left} bytes left`;
      throw new NightjarError("unprocessable", `A picture ends inside of a NAL unit: found ${found}`);
    }
    if (length > 0) nals.push(sample.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return nals;
}

/**
 * The NAL units of a byte stream with start codes (ITU-T H.264, Annex B), as views, without the zero bytes that
 * may follow each. What comes before the first start code belongs to none.
 */
export function splitAnnexB(bytes: Uint8Array): Uint8Array[] {
  const nals: Uint8Array[] = [];
  let start = -1;
  for (let at = 0; at + 2 < bytes.length;) {
    if (bytes[at] === 0 && bytes[at + 1] === 0 && bytes[at + 2] === 1) {
      if (start >= 0) nals.push(withoutTrailingZeros(bytes.subarray(start, at)));
      start = at + 3;
      at = start;
    } else {
      at++;
    }
  }
  if (start >= 0) nals.push(withoutTrailingZeros(bytes.subarray(start)));
  return nals.filter((nal) => nal.length > 0);
}

/** A NAL unit never ends with a zero byte (ITU-T H.264, 7.4.1); some senders append one. */
function withoutTrailingZeros(nal: Uint8Array): Uint8Array {
  let end = nal.length;
  while (end > 0 && nal[end - 1] === 0) end--;
  return nal.subarray(0, end);
}

const nalType = (codec: VideoCodec, nal: Uint8Array): number =>
  codec === "h264" ? h264NalType(nal) : h265NalType(nal);

/** Kinds of parameter sets in the order in which inits hold them. */
const parameterSetTypes = {
  h264: [H264_NAL.sps, H264_NAL.pps],
  h265: [H265_NAL.vps, H265_NAL.sps, H265_NAL.pps],
} as const satisfies Record<VideoCodec, readonly number[]>;

/** The parameter sets among NAL units: VPS, SPS, PPS, each distinct one once, without trailing zero bytes. */
export function parameterSetsAmong(codec: VideoCodec, nals: readonly Uint8Array[]): Uint8Array[] {
  return parameterSetTypes[codec].flatMap((type) => {
    const distinct: Uint8Array[] = [];
    for (const nal of nals) {
      if (nalType(codec, nal) !== type) continue;
      const set = withoutTrailingZeros(nal);
      if (set.length > 0 && !distinct.some((known) => equalBytes(known, set))) distinct.push(set);
    }
    return distinct;
  });
}

/**
 * The parameter sets that a sample carries, as views: VPS, SPS, PPS, each distinct one once.
 * @throws NightjarError `unprocessable` when the sample is cut off
 */
export const parameterSetsIn = (codec: VideoCodec, sample: Uint8Array): Uint8Array[] =>
  parameterSetsAmong(codec, nalUnits(sample));

const equalBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index]);

/**
 * Whether decoding can begin at a sample. H.264: an IDR picture, or one that a recovery point message calls
 * exact from its first picture on (ITU-T H.264, D.2.8). H.265: any random access picture.
 * @throws NightjarError `unprocessable` when the sample is cut off
 */
export function isRandomAccess(codec: VideoCodec, sample: Uint8Array): boolean {
  return nalUnits(sample).some((nal) => {
    const type = nalType(codec, nal);
    if (codec === "h265") return type >= H265_NAL.firstRandomAccess && type <= H265_NAL.lastRandomAccess;
    return type === H264_NAL.idr || (type === H264_NAL.sei && isExactRecoveryPoint(nal));
  });
}

const RECOVERY_POINT = 6;

/** Whether an SEI message is a recovery point with `recovery_frame_cnt` 0 (ITU-T H.264, 7.3.2.3.1, D.1.8). */
export function isExactRecoveryPoint(sei: Uint8Array): boolean {
  const bits = new BitReader(withoutEmulationPrevention(sei), "The SEI message");
  const found = attempt(() => {
    bits.skip(8);
    // The last byte is `rbsp_trailing_bits`.
    while (bits.remainingBits > 8) {
      const type = readSeiNumber(bits);
      const sizeBytes = readSeiNumber(bits);
      if (type === RECOVERY_POINT) return bits.ue() === 0;
      bits.skip(8 * sizeBytes);
    }
    return false;
  });
  return found ?? false;
}

function readSeiNumber(bits: BitReader): number {
  let value = 0;
  for (;;) {
    const byte = bits.bits(8);
    value += byte;
    if (byte !== 0xff) return value;
  }
}

/**
 * A run's parameters of its pictures, from its parameter sets in any order.
 * @throws NightjarError `unprocessable` when one is missing or can't be read
 */
export function videoParameters(codec: VideoCodec, parameterSets: readonly Uint8Array[]): VideoParameters {
  const sets = parameterSetsAmong(codec, parameterSets).map((set) => set.slice());
  const missing = missingSets(codec, sets);
  const sps = sequenceSet(codec, sets);
  if (missing.length > 0 || sps === undefined) {
    throw new NightjarError("unprocessable", `The stream lacks parameter sets: ${missing.join(", ")}`);
  }
  const { width, height, frameRate, codecString } = codec === "h264" ? parseH264Sps(sps) : parseH265Sps(sps);
  return {
    kind: "video",
    codec,
    timescale: VIDEO_TIMESCALE,
    width,
    height,
    ...(frameRate === undefined ? {} : { frameRate }),
    parameterSets: sets,
    codecString,
  };
}

/** Names of the kinds of parameter sets that are not there. */
function missingSets(codec: VideoCodec, sets: readonly Uint8Array[]): string[] {
  const names = codec === "h264" ? ["SPS", "PPS"] : ["VPS", "SPS", "PPS"];
  return parameterSetTypes[codec]
    .map((type, index) => (sets.some((set) => nalType(codec, set) === type) ? "" : (names[index] ?? "")))
    .filter((name) => name !== "");
}

/** Whether there is at least one parameter set of each kind. */
export const hasAllParameterSets = (codec: VideoCodec, sets: readonly Uint8Array[]): boolean =>
  missingSets(codec, sets).length === 0;

/** The first SPS among parameter sets. */
export const sequenceSet = (codec: VideoCodec, sets: readonly Uint8Array[]): Uint8Array | undefined =>
  sets.find((set) => nalType(codec, set) === (codec === "h264" ? H264_NAL.sps : H265_NAL.sps));

/** The parameter sets of one kind. */
export const setsOfKind = (
  codec: VideoCodec,
  kind: "vps" | "sps" | "pps",
  sets: readonly Uint8Array[],
): Uint8Array[] => {
  const type = codec === "h265" ? H265_NAL[kind] : kind === "vps" ? undefined : H264_NAL[kind];
  return sets.filter((set) => nalType(codec, set) === type);
};
