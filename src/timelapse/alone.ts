import { H264_NAL, h264NalType } from "../media/h264.ts";
import { H265_NAL, h265NalType } from "../media/h265.ts";
import type { VideoCodec } from "../media/parameters.ts";
import { nalUnits } from "../media/nal.ts";
import { NightjarError } from "../platform/errors.ts";

/** ITU-T H.265 table 7-1: a clean random access picture, and one at which a stream was cut. */
const CRA = 21;
const BLA = 16;

const nalsOf = (sample: Uint8Array): Uint8Array[] => {
  try {
    return nalUnits(sample);
  } catch (error) {
    if (error instanceof NightjarError) return [];
    throw error;
  }
};

/**
 * A key frame so that a decoder which has just decoded another one, of any other time, starts anew with it; `undefined`
 * where only a decoder of its own can do that.
 *
 * H.264 starts anew at IDR pictures alone: others carry numbers of pictures and of their order that follow from what was
 * before, by which decoders drop them. H.265 also does at a place where a stream was cut (BLA), and a clean random access
 * picture (CRA) differs from that in the type of its NAL units only (7.4.2.2). Such a frame is changed in place.
 */
export function startsAnew(codec: VideoCodec, sample: Uint8Array): Uint8Array | undefined {
  const nals = nalsOf(sample);
  if (codec === "h264") {
    const first = nals.map(h264NalType).find((type) => type >= H264_NAL.slice && type <= H264_NAL.idr);
    return first === H264_NAL.idr ? sample : undefined;
  }
  for (const nal of nals) if (h265NalType(nal) === CRA) nal[0] = ((nal[0] ?? 0) & 0x81) | (BLA << 1);
  const isAnew = nals.some((nal) => {
    const type = h265NalType(nal);
    return type >= H265_NAL.firstRandomAccess && type < CRA;
  });
  return isAnew ? sample : undefined;
}
