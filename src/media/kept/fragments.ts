import { NightjarError } from "../../platform/errors.ts";
import { type Box, boxesIn, childrenOf, FieldReader } from "../fmp4/boxes.ts";
import { TFHD } from "../fmp4/flags.ts";
import { type MovieFragment, parseMoof, type TrackDefaults } from "../fmp4/moof.ts";
import { type InitTrackDefaults, readTrackDefaults } from "../fmp4/tracks.ts";
import { beginsWithBox, whatItIs } from "./what-it-is.ts";

/** A `moof` of a segment; its data ranges count from its own first byte. */
export type SegmentFragment = { moof: Box; fragment: MovieFragment };

/** More samples than a segment can have. */
const MAX_SAMPLES = 1_000_000;
/** Of tracks that the init doesn't know: what stands in their fragments counts alone. */
const NO_DEFAULTS: TrackDefaults = { durationTicks: 0, sizeBytes: 0, flags: 0 };

const unprocessable = (message: string): NightjarError => new NightjarError("unprocessable", message);

/**
 * The fragments of a media segment, of which CMAF allows several.
 * @throws NightjarError `unprocessable` when it is no segment, or cut off
 */
export function fragmentsIn(
  init: Uint8Array,
  segment: Uint8Array,
): { boxes: Box[]; fragments: SegmentFragment[] } {
  const defaults = trackDefaultsIn(init);
  const boxes = segmentBoxes(segment);
  const moofs = boxes.filter((box) => box.type === "moof");
  const first = moofs[0];
  if (first === undefined) {
    const found = boxes.map((box) => box.type).join(", ");
    throw unprocessable(`This is no segment of fragmented MP4: found only ${found || "nothing"}`);
  }
  const movedBytes = movedBy(segment, first);
  let sampleCount = 0;
  const fragments = moofs.map((moof) => {
    const fragment = parseMoof(
      segment,
      moof,
      moof.start + movedBytes,
      (trackId) => defaults.get(trackId) ?? NO_DEFAULTS,
    );
    for (const track of fragment.tracks) sampleCount += track.samples.length;
    if (sampleCount > MAX_SAMPLES) throw unprocessable(`A segment has over ${MAX_SAMPLES} samples`);
    return { moof, fragment };
  });
  checkTotal(boxes, fragments);
  return { boxes, fragments };
}

/** The defaults of each track of an init, by track id. */
function trackDefaultsIn(init: Uint8Array): Map<number, InitTrackDefaults> {
  const moov = boxesIn(init).find((box) => box.type === "moov");
  if (moov === undefined) throw unprocessable(`This is no MP4 init: found ${whatItIs(init)}`);
  return readTrackDefaults(init.subarray(moov.start, moov.end));
}

function segmentBoxes(segment: Uint8Array): Box[] {
  if (!beginsWithBox(segment)) throw unprocessable(`This is no fragmented MP4: found ${whatItIs(segment)}`);
  return boxesIn(segment);
}

/**
 * By how much the file's own positions are ahead of the segment's: `base_data_offset` counts from the beginning of
 * the file out of which a segment may be a range, and its writers set it to the position of the `moof`.
 */
function movedBy(segment: Uint8Array, moof: Box): number {
  for (const traf of childrenOf(segment, moof).filter((child) => child.type === "traf")) {
    const tfhd = childrenOf(segment, traf).find((child) => child.type === "tfhd");
    if (tfhd === undefined) continue;
    const fields = new FieldReader(segment, tfhd);
    const { flags } = fields.versionAndFlags();
    if ((flags & TFHD.baseDataOffset) === 0) continue;
    fields.skip(4);
    return fields.u64() - moof.start;
  }
  return 0;
}

/** Samples that share bytes are nonsense; so is an `mdat` that is too short for them. */
function checkTotal(boxes: readonly Box[], fragments: readonly SegmentFragment[]): void {
  let dataBytes = 0;
  for (const box of boxes) if (box.type === "mdat") dataBytes += box.end - box.start - box.headerBytes;
  let sampleBytes = 0;
  for (const { fragment } of fragments)
    for (const track of fragment.tracks) for (const range of track.ranges) sampleBytes += range.sizeBytes;
  if (sampleBytes > dataBytes)
    throw unprocessable(`A segment has ${sampleBytes} bytes of samples, but only ${dataBytes} bytes of data`);
}
