import { attempt, believableRate, BitReader, checkedSize, withoutEmulationPrevention } from "./bits.ts";

/** Profile, tier and level of the whole stream (ITU-T H.265, 7.3.3). */
export type H265Profile = {
  profileSpace: number;
  isHighTier: boolean;
  profile: number;
  /** 32 flags, the one of profile 0 in the most significant bit. */
  compatibilityFlags: number;
  /** `general_progressive_source_flag` and the 47 bits behind it: six bytes. */
  constraints: Uint8Array;
  level: number;
};

/** What an H.265 sequence parameter set says (ITU-T H.265, 7.3.2.2). */
export type H265Sps = {
  general: H265Profile;
  temporalLayers: number;
  isTemporalIdNested: boolean;
  chromaFormat: number;
  bitDepthLuma: number;
  bitDepthChroma: number;
  /** Size in pixels after cropping by the conformance window. */
  width: number;
  height: number;
  frameRate: number | undefined;
  /** ISO 14496-15, Annex E.3: e.g. `hvc1.1.6.L93.B0`. */
  codecString: string;
};

export const H265_NAL = { firstRandomAccess: 16, lastRandomAccess: 21, vps: 32, sps: 33, pps: 34 } as const;

export const h265NalType = (nal: Uint8Array): number => ((nal[0] ?? 0) >> 1) & 0x3f;

/**
 * Reads a sequence parameter set, a NAL unit with its two header bytes.
 * @throws NightjarError `unprocessable` when it is none or can't be right
 */
export function parseH265Sps(nal: Uint8Array): H265Sps {
  const bits = new BitReader(withoutEmulationPrevention(nal), "The H.265 sequence parameter set");
  const nalType = (bits.bits(16) >> 9) & 0x3f;
  if (nalType !== H265_NAL.sps) throw bits.bad(`is a NAL unit of type ${nalType}; wanted: ${H265_NAL.sps}`);
  bits.skip(4);
  const subLayers = bits.bits(3);
  if (subLayers > 6) throw bits.bad("says sps_max_sub_layers_minus1 7; wanted: at most 6");
  const isTemporalIdNested = bits.flag();
  const general = readProfile(bits);
  skipSubLayerProfiles(bits, subLayers);
  bits.ueUpTo(15, "sps_seq_parameter_set_id");
  const chromaFormat = bits.ueUpTo(3, "chroma_format_idc");
  const isSeparate = chromaFormat === 3 && bits.flag();
  const codedWidth = bits.ueUpTo(0xffff, "pic_width_in_luma_samples");
  const codedHeight = bits.ueUpTo(0xffff, "pic_height_in_luma_samples");
  const crop = bits.flag() ? [bits.ue(), bits.ue(), bits.ue(), bits.ue()] : [];
  const [left = 0, right = 0, top = 0, bottom = 0] = crop;
  // Units of cropping by Table 6-1.
  const unitX = !isSeparate && (chromaFormat === 1 || chromaFormat === 2) ? 2 : 1;
  const unitY = !isSeparate && chromaFormat === 1 ? 2 : 1;
  const size = checkedSize(
    "The H.265 sequence parameter set",
    codedWidth - unitX * (left + right),
    codedHeight - unitY * (top + bottom),
  );
  const bitDepthLuma = bits.ueUpTo(8, "bit_depth_luma_minus8") + 8;
  const bitDepthChroma = bits.ueUpTo(8, "bit_depth_chroma_minus8") + 8;
  return {
    general,
    temporalLayers: subLayers + 1,
    isTemporalIdNested,
    chromaFormat,
    bitDepthLuma,
    bitDepthChroma,
    ...size,
    // Only the frame rate lies behind this; the picture plays without it.
    frameRate: attempt(() => readFrameRate(bits, subLayers)),
    codecString: codecStringOf(general),
  };
}

/** The 12 bytes of `profile_tier_level` that hold for the whole stream. */
export function readProfile(bits: BitReader): H265Profile {
  return {
    profileSpace: bits.bits(2),
    isHighTier: bits.flag(),
    profile: bits.bits(5),
    compatibilityFlags: bits.bits(32),
    constraints: Uint8Array.from({ length: 6 }, () => bits.bits(8)),
    level: bits.bits(8),
  };
}

function skipSubLayerProfiles(bits: BitReader, subLayers: number): void {
  const present = Array.from({ length: subLayers }, () => ({ profile: bits.flag(), level: bits.flag() }));
  if (subLayers > 0) bits.skip(2 * (8 - subLayers));
  for (const layer of present) bits.skip((layer.profile ? 88 : 0) + (layer.level ? 8 : 0));
}

/** ISO 14496-15, Annex E.3. */
export function codecStringOf(general: H265Profile): string {
  const space = ["", "A", "B", "C"][general.profileSpace] ?? "";
  let reversed = 0;
  for (let bit = 0; bit < 32; bit++)
    if ((general.compatibilityFlags >>> bit) & 1) reversed += 2 ** (31 - bit);
  const constraints = [...general.constraints];
  while (constraints.at(-1) === 0) constraints.pop();
  return [
    "hvc1",
    `${space}${general.profile}`,
    reversed.toString(16).toUpperCase(),
    `${general.isHighTier ? "H" : "L"}${general.level}`,
    ...constraints.map((byte) => byte.toString(16).toUpperCase()),
  ].join(".");
}

/** The rest of the parameter set up to the timing in its usability information. */
function readFrameRate(bits: BitReader, subLayers: number): number | undefined {
  const orderBits = bits.ueUpTo(12, "log2_max_pic_order_cnt_lsb_minus4") + 4;
  const layers = bits.flag() ? subLayers + 1 : 1;
  for (let index = 0; index < layers * 3; index++) bits.ue();
  for (let index = 0; index < 6; index++) bits.ue();
  if (bits.flag() && bits.flag()) skipScalingLists(bits);
  bits.skip(2);
  if (bits.flag()) {
    bits.skip(8);
    bits.ue();
    bits.ue();
    bits.skip(1);
  }
  skipReferenceSets(bits);
  if (bits.flag()) {
    const count = bits.ueUpTo(32, "num_long_term_ref_pics_sps");
    bits.skip(count * (orderBits + 1));
  }
  bits.skip(2);
  return bits.flag() ? readUsability(bits) : undefined;
}

/** 7.3.4 */
function skipScalingLists(bits: BitReader): void {
  for (let sizeId = 0; sizeId < 4; sizeId++) {
    for (let matrix = 0; matrix < 6; matrix += sizeId === 3 ? 3 : 1) {
      if (!bits.flag()) {
        bits.ue();
        continue;
      }
      if (sizeId > 1) bits.se();
      const count = Math.min(64, 1 << (4 + (sizeId << 1)));
      for (let index = 0; index < count; index++) bits.se();
    }
  }
}

/** Short-term reference picture sets (7.3.7, 7.4.8). */
function skipReferenceSets(bits: BitReader): void {
  const sets = bits.ueUpTo(64, "num_short_term_ref_pic_sets");
  let deltas = 0;
  for (let set = 0; set < sets; set++) {
    if (set > 0 && bits.flag()) {
      bits.skip(1);
      bits.ue();
      let kept = 0;
      for (let index = 0; index <= deltas; index++) {
        const isUsed = bits.flag();
        if (isUsed || bits.flag()) kept++;
      }
      deltas = kept;
      continue;
    }
    deltas = bits.ueUpTo(16, "num_negative_pics") + bits.ueUpTo(16, "num_positive_pics");
    for (let index = 0; index < deltas; index++) {
      bits.ue();
      bits.skip(1);
    }
  }
}

/** The start of the video usability information, up to its timing (Annex E.2.1). */
function readUsability(bits: BitReader): number | undefined {
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
  bits.skip(3);
  if (bits.flag()) for (let side = 0; side < 4; side++) bits.ue();
  if (!bits.flag()) return undefined;
  const unitsInTick = bits.bits(32);
  const timeScale = bits.bits(32);
  return believableRate(timeScale, unitsInTick);
}
