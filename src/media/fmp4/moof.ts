import { NightjarError } from "../../platform/errors.ts";
import type { Sample } from "../parameters.ts";
import { type Box, childrenOf, FieldReader, requireBox } from "./boxes.ts";
import { isSyncSample, TFHD, TRUN } from "./flags.ts";

/** What `trex` says for samples that say nothing themselves (ISO 14496-12, 8.8.3). */
export type TrackDefaults = { durationTicks: number; sizeBytes: number; flags: number };

/** Bytes in a row that belong to one `trun`; `offsetBytes` is counted from the first byte of the `moof`. */
export type DataRange = { offsetBytes: number; sizeBytes: number };

export type TrackFragment = {
  trackId: number;
  /** Decode time of the first sample by `tfdt`; undefined when it says none. */
  decodeTicks: number | undefined;
  samples: Sample[];
  /** Where the samples' bytes are, in order. */
  ranges: DataRange[];
};

export type MovieFragment = { sequenceNumber: number; tracks: TrackFragment[] };

/** More samples than hours of sound; beyond it a few bytes could ask for any amount of memory. */
const MAX_SAMPLES = 1_000_000;

/** Values that hold for the samples of one `traf` (ISO 14496-12, 8.8.7). */
type TrackHeader = TrackDefaults & { trackId: number; baseOffsetBytes: number | undefined };

/**
 * Reads a `moof`: of each `traf` the samples and where their bytes are.
 * @param moofPosition place of the `moof` in its file or stream, for `base_data_offset`
 * @param defaultsOf defaults by track id, from the init's `trex`
 * @throws NightjarError `unprocessable`
 */
export function parseMoof(
  bytes: Uint8Array,
  moof: Box,
  moofPosition: number,
  defaultsOf: (trackId: number) => TrackDefaults,
): MovieFragment {
  const children = childrenOf(bytes, moof);
  const mfhd = new FieldReader(bytes, requireBox(children, "mfhd", "moof"));
  mfhd.versionAndFlags();
  const sequenceNumber = mfhd.u32();
  const tracks: TrackFragment[] = [];
  let sampleCount = 0;
  // Without a base of its own, a traf's data follows that of the traf before it (8.8.7.1).
  let impliedBaseBytes = 0;
  for (const traf of children.filter((child) => child.type === "traf")) {
    const boxes = childrenOf(bytes, traf);
    const header = readHeader(bytes, requireBox(boxes, "tfhd", "traf"), moofPosition, defaultsOf);
    const track: TrackFragment = {
      trackId: header.trackId,
      decodeTicks: readDecodeTime(bytes, boxes),
      samples: [],
      ranges: [],
    };
    const baseBytes = header.baseOffsetBytes ?? impliedBaseBytes;
    let nextBytes = baseBytes;
    for (const trun of boxes.filter((box) => box.type === "trun")) {
      const maxSamples = MAX_SAMPLES - sampleCount - track.samples.length;
      const range = readRun(bytes, trun, header, { baseBytes, nextBytes, maxSamples }, track.samples);
      track.ranges.push(range);
      nextBytes = range.offsetBytes + range.sizeBytes;
    }
    impliedBaseBytes = nextBytes;
    sampleCount += track.samples.length;
    tracks.push(track);
  }
  return { sequenceNumber, tracks };
}

function readHeader(
  bytes: Uint8Array,
  tfhd: Box,
  moofPosition: number,
  defaultsOf: (trackId: number) => TrackDefaults,
): TrackHeader {
  const fields = new FieldReader(bytes, tfhd);
  const { flags } = fields.versionAndFlags();
  const trackId = fields.u32();
  const defaults = defaultsOf(trackId);
  let baseOffsetBytes: number | undefined;
  if (flags & TFHD.defaultBaseIsMoof) baseOffsetBytes = 0;
  if (flags & TFHD.baseDataOffset) baseOffsetBytes = fields.u64() - moofPosition;
  if (flags & TFHD.sampleDescriptionIndex) fields.skip(4);
  return {
    trackId,
    baseOffsetBytes,
    durationTicks: flags & TFHD.defaultDuration ? fields.u32() : defaults.durationTicks,
    sizeBytes: flags & TFHD.defaultSize ? fields.u32() : defaults.sizeBytes,
    flags: flags & TFHD.defaultFlags ? fields.u32() : defaults.flags,
  };
}

/** `tfdt` (ISO 14496-12, 8.8.12). */
function readDecodeTime(bytes: Uint8Array, boxes: readonly Box[]): number | undefined {
  const tfdt = boxes.find((box) => box.type === "tfdt");
  if (!tfdt) return undefined;
  const fields = new FieldReader(bytes, tfdt);
  return fields.versionAndFlags().version === 0 ? fields.u32() : fields.u64();
}

/** `trun` (ISO 14496-12, 8.8.8): appends its samples and says where their bytes are. */
function readRun(
  bytes: Uint8Array,
  trun: Box,
  header: TrackHeader,
  place: { baseBytes: number; nextBytes: number; maxSamples: number },
  samples: Sample[],
): DataRange {
  const fields = new FieldReader(bytes, trun);
  const { flags } = fields.versionAndFlags();
  const sampleCount = fields.u32();
  if (sampleCount > place.maxSamples) {
    throw new NightjarError("unprocessable", `A moof has over ${MAX_SAMPLES} samples`);
  }
  const offsetBytes = flags & TRUN.dataOffset ? place.baseBytes + fields.i32() : place.nextBytes;
  const firstFlags = flags & TRUN.firstSampleFlags ? fields.u32() : undefined;
  let sizeBytes = 0;
  for (let index = 0; index < sampleCount; index++) {
    const durationTicks = flags & TRUN.duration ? fields.u32() : header.durationTicks;
    const sampleBytes = flags & TRUN.size ? fields.u32() : header.sizeBytes;
    const ownFlags = flags & TRUN.flags ? fields.u32() : header.flags;
    // Signed also in version 0, where no honest offset reaches 2^31 and some writers mean negative ones.
    const compositionOffsetTicks = flags & TRUN.compositionOffset ? fields.i32() : 0;
    const isKey = isSyncSample(index === 0 && firstFlags !== undefined ? firstFlags : ownFlags);
    samples.push({ sizeBytes: sampleBytes, durationTicks, compositionOffsetTicks, isKey });
    sizeBytes += sampleBytes;
  }
  return { offsetBytes, sizeBytes };
}
