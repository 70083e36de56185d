import {
  attempt,
  believableRate,
  BitReader,
  checkedSize,
  hexByte,
  withoutEmulationPrevention,
} from "./bits.ts";

/** What an H.264 sequence parameter set says (ITU-T H.264, 7.3.2.1.1). */
export type H264Sps = {
  profile: number;
  /** `constraint_set0_flag` … `reserved_zero_2bits`: the byte between profile and level. */
  constraints: number;
  level: number;
  chromaFormat: number;
  bitDepthLuma: number;
  bitDepthChroma: number;
  /** Size in pixels after cropping. */
  width: number;
  height: number;
  frameRate: number | undefined;
  /** RFC 6381: `avc1.` and the three bytes in hex. */
  codecString: string;
};

export const H264_NAL = { slice: 1, idr: 5, sei: 6, sps: 7, pps: 8 } as const;

export const h264NalType = (nal: Uint8Array): number => (nal[0] ?? 0) & 0x1f;

/** Profiles whose parameter sets carry chroma format, bit depths and scaling lists. */
const HIGH_PROFILES = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);

/**
 * Reads a sequence parameter set, a NAL unit with its header byte.
 * @throws NightjarError `unprocessable` when it is none or can't be right
 */
export function parseH264Sps(nal: Uint8Array): H264Sps {
  const bits = new BitReader(withoutEmulationPrevention(nal), "The H.264 sequence parameter set");
  const nalType = bits.bits(8) & 0x1f;
  if (nalType !== H264_NAL.sps) throw bits.bad(`is a NAL unit of type ${nalType}; wanted: ${H264_NAL.sps}`);
  const profile = bits.bits(8);
  const constraints = bits.bits(8);
  const level = bits.bits(8);
  bits.ueUpTo(31, "seq_parameter_set_id");
  const chroma = HIGH_PROFILES.has(profile) ? readHighProfile(bits) : DEFAULT_CHROMA;
  bits.ueUpTo(12, "log2_max_frame_num_minus4");
  skipPictureOrder(bits);
  bits.ueUpTo(16, "max_num_ref_frames");
  bits.skip(1);
  const widthInBlocks = bits.ueUpTo(0xffff, "pic_width_in_mbs_minus1") + 1;
  const heightInUnits = bits.ueUpTo(0xffff, "pic_height_in_map_units_minus1") + 1;
  const onlyFrames = bits.flag();
  if (!onlyFrames) bits.skip(1);
  bits.skip(1);
  const crop = bits.flag() ? [bits.ue(), bits.ue(), bits.ue(), bits.ue()] : [];
  const [left = 0, right = 0, top = 0, bottom = 0] = crop;
  const fields = onlyFrames ? 1 : 2;
  // Units of cropping (7.4.2.1.1): chroma samples, and pairs of lines where there are fields.
  const hasChroma = chroma.format !== 0 && !chroma.isSeparate;
  const unitX = hasChroma && chroma.format < 3 ? 2 : 1;
  const unitY = (hasChroma && chroma.format === 1 ? 2 : 1) * fields;
  const size = checkedSize(
    "The H.264 sequence parameter set",
    widthInBlocks * 16 - unitX * (left + right),
    heightInUnits * 16 * fields - unitY * (top + bottom),
  );
  return {
    profile,
    constraints,
    level,
    chromaFormat: chroma.format,
    bitDepthLuma: chroma.bitDepthLuma,
    bitDepthChroma: chroma.bitDepthChroma,
    ...size,
    // Cameras exist whose usability information is cut off; the picture plays without it.
    frameRate: attempt(() => (bits.flag() ? readFrameRate(bits) : undefined)),
    codecString: `avc1.${hexByte(profile)}${hexByte(constraints)}${hexByte(level)}`,
  };
}

const DEFAULT_CHROMA = { format: 1, isSeparate: false, bitDepthLuma: 8, bitDepthChroma: 8 };

function readHighProfile(bits: BitReader): typeof DEFAULT_CHROMA {
  const format = bits.ueUpTo(3, "chroma_format_idc");
  const isSeparate = format === 3 && bits.flag();
  const bitDepthLuma = bits.ueUpTo(6, "bit_depth_luma_minus8") + 8;
  const bitDepthChroma = bits.ueUpTo(6, "bit_depth_chroma_minus8") + 8;
  bits.skip(1);
  if (bits.flag()) {
    const lists = format === 3 ? 12 : 8;
    for (let list = 0; list < lists; list++) if (bits.flag()) skipScalingList(bits, list < 6 ? 16 : 64);
  }
  return { format, isSeparate, bitDepthLuma, bitDepthChroma };
}

/** 7.3.2.1.1.1 */
function skipScalingList(bits: BitReader, size: number): void {
  let last = 8;
  for (let index = 0; index < size; index++) {
    const next = (last + bits.se() + 256) % 256;
    if (next === 0) return;
    last = next;
  }
}

function skipPictureOrder(bits: BitReader): void {
  const type = bits.ueUpTo(2, "pic_order_cnt_type");
  if (type === 0) bits.ueUpTo(12, "log2_max_pic_order_cnt_lsb_minus4");
  if (type !== 1) return;
  bits.skip(1);
  bits.se();
  bits.se();
  const count = bits.ueUpTo(255, "num_ref_frames_in_pic_order_cnt_cycle");
  for (let index = 0; index < count; index++) bits.se();
}

/** The start of the video usability information, up to its timing (Annex E.1.1). */
function readFrameRate(bits: BitReader): number | undefined {
  const EXTENDED_ASPECT_RATIO = 255;
  if (bits.flag() && bits.bits(8) === EXTENDED_ASPECT_RATIO) bits.skip(32);
  if (bits.flag()) bits.skip(1);
  if (bits.flag()) {
    bits.skip(4);
    if (bits.flag()) bits.skip(24);
  }
  if (bits.flag()) {
    bits.ue();
    bits.ue();
  }
  if (!bits.flag()) return undefined;
  const unitsInTick = bits.bits(32);
  const timeScale = bits.bits(32);
  // A tick is a field: two to the picture (E.2.1).
  return believableRate(timeScale, 2 * unitsInTick);
}
