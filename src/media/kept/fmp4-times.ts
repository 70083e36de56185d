import { type Box, boxesIn, BoxWriter, childrenOf, FieldReader, requireBox } from "../fmp4/boxes.ts";
import { TFHD, TRUN } from "../fmp4/flags.ts";
import { parseInit } from "../fmp4/init-reader.ts";
import { convertTicks, convertTicksNearest } from "../ticks.ts";

/** Largest decode time of a `tfdt` of version 0. */
const MOST_SHORT_TICKS = 0xffff_ffff;

/**
 * Indexes by the source's own times and places (ISO 14496-12, 8.16.3, 8.16.4, 8.8.9). ffmpeg's muxer puts one before each
 * segment, and takes the end of the last one for the end of the file.
 */
const INDEXES = new Set(["sidx", "ssix", "mfra"]);
const FREE = Buffer.from("free");

/** One `traf`: where it keeps its decode time, in ticks of its track. */
type Fragment = { traf: Box; tfdt: Box; isShort: boolean; decodeTicks: number; trackId: number };

function fragmentsIn(bytes: Uint8Array, moof: Box): Fragment[] {
  return childrenOf(bytes, moof)
    .filter(({ type }) => type === "traf")
    .map((traf) => {
      const boxes = childrenOf(bytes, traf);
      const tfhd = new FieldReader(bytes, requireBox(boxes, "tfhd", "traf"));
      tfhd.versionAndFlags();
      const tfdt = requireBox(boxes, "tfdt", "traf");
      const fields = new FieldReader(bytes, tfdt);
      const isShort = fields.versionAndFlags().version === 0;
      const decodeTicks = isShort ? fields.u32() : fields.u64();
      return { traf, tfdt, isShort, decodeTicks, trackId: tfhd.u32() };
    });
}

/** Ticks a second by track id, of the tracks that can be played. */
function timescalesOf(init: Uint8Array): Map<number, number> {
  const { video, audio } = parseInit(init);
  return new Map([video, audio].flatMap((track) => (track ? [[track.trackId, track.timescale]] : [])));
}

/**
 * fMP4 fragments with all decode times moved by `byTicks` (90,000ths of a second); a time that would be negative becomes
 * 0. Indexes by other times give way to empty boxes of their length. The bytes grow where a time has no room in a `tfdt` of
 * version 0, else their length stays the same. The payload is copied once.
 * @param init the fragments' own, or that of all tracks where they are of one
 * @throws NightjarError `unprocessable` for what is no fMP4
 */
export function shiftDecodeTimes(
  init: Uint8Array,
  fragments: Uint8Array,
  byTicks: number,
): Uint8Array<ArrayBuffer> {
  const timescales = timescalesOf(init);
  const parts: Uint8Array[] = [];
  let grownBytes = 0;
  for (const box of boxesIn(fragments)) {
    if (box.type !== "moof") {
      const bytes = fragments.subarray(box.start, box.end);
      parts.push(INDEXES.has(box.type) ? emptied(bytes) : bytes);
      continue;
    }
    const found = fragmentsIn(fragments, box);
    const timeOf = ({ decodeTicks, trackId }: Fragment): number =>
      Math.max(0, decodeTicks + convertTicksNearest(byTicks, 90_000, timescales.get(trackId) ?? 90_000));
    const fits = found.every((each) => !each.isShort || timeOf(each) <= MOST_SHORT_TICKS);
    const moof = fits
      ? patched(fragments, box, found, timeOf)
      : grown(fragments, box, found, timeOf, grownBytes);
    grownBytes += moof.length - (box.end - box.start);
    parts.push(moof);
  }
  return Buffer.concat(parts);
}

/** A box that players pass over, in place of another. */
function emptied(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(bytes);
  copy.set(FREE, 4);
  return copy;
}

/** The `moof` with other times in the same places. */
function patched(
  bytes: Uint8Array,
  moof: Box,
  found: readonly Fragment[],
  timeOf: (fragment: Fragment) => number,
): Uint8Array {
  const copy = new Uint8Array(bytes.subarray(moof.start, moof.end));
  const view = new DataView(copy.buffer);
  for (const fragment of found) {
    const at = fragment.tfdt.start - moof.start + fragment.tfdt.headerBytes + 4;
    if (fragment.isShort) view.setUint32(at, timeOf(fragment));
    else view.setBigUint64(at, BigInt(timeOf(fragment)));
  }
  return copy;
}

/** The `moof` with a `tfdt` of version 1 in each `traf`; what says where the payload is moves by what that takes. */
function grown(
  bytes: Uint8Array,
  moof: Box,
  found: readonly Fragment[],
  timeOf: (fragment: Fragment) => number,
  grownBefore: number,
): Uint8Array {
  const growthBytes = 4 * found.filter(({ isShort }) => isShort).length;
  const writer = new BoxWriter(moof.end - moof.start + growthBytes);
  writer.box("moof", () => {
    for (const child of childrenOf(bytes, moof)) {
      const fragment = found.find(({ traf }) => traf.start === child.start);
      if (!fragment) {
        writer.raw(bytes.subarray(child.start, child.end));
        continue;
      }
      const isFirst = fragment === found[0];
      writer.box("traf", () => writeFragment(writer, bytes, fragment));
      moveOffsets(writer, bytes, fragment, { isFirst, growthBytes, grownBefore });
    }
  });
  return writer.finish();

  function writeFragment(to: BoxWriter, from: Uint8Array, fragment: Fragment): void {
    for (const box of childrenOf(from, fragment.traf)) {
      if (box.type === "tfdt") to.fullBox("tfdt", 1, 0, () => to.u64(timeOf(fragment)));
      else to.raw(from.subarray(box.start, box.end));
    }
  }
}

/** Moves the offsets of a `traf` that was written last, which count from the `moof` or from the file's begin (8.8.7). */
function moveOffsets(
  writer: BoxWriter,
  bytes: Uint8Array,
  { traf, isShort }: Fragment,
  { isFirst, growthBytes, grownBefore }: { isFirst: boolean; growthBytes: number; grownBefore: number },
): void {
  const grownTraf = isShort ? 4 : 0;
  const start = writer.position - (traf.end - traf.start) - grownTraf;
  let isFromMoof = isFirst;
  let shiftBytes = 0;
  for (const box of childrenOf(bytes, traf)) {
    const at = start + (box.start - traf.start) + shiftBytes;
    if (box.type === "tfdt") shiftBytes = grownTraf;
    const fields = new FieldReader(bytes, box);
    if (box.type === "tfhd") {
      const { flags } = fields.versionAndFlags();
      if (flags & TFHD.defaultBaseIsMoof) isFromMoof = true;
      if (flags & TFHD.baseDataOffset) {
        fields.skip(4);
        const base = fields.u64() + grownBefore + growthBytes;
        writer.patchI32(at + 16, Math.floor(base / 2 ** 32));
        writer.patchI32(at + 20, (base % 2 ** 32) | 0);
        isFromMoof = false;
      }
    }
    if (box.type === "trun" && isFromMoof && (fields.versionAndFlags().flags & TRUN.dataOffset) !== 0) {
      fields.skip(4);
      writer.patchI32(at + 16, fields.i32() + growthBytes);
    }
  }
}

/**
 * The smallest decode time of the first `moof`, whichever track it is of, in 90,000ths of a second.
 * @throws NightjarError `unprocessable` for what is no fMP4
 */
export function firstDecodeTicks(init: Uint8Array, fragments: Uint8Array): number {
  const timescales = timescalesOf(init);
  const moof = requireBox(boxesIn(fragments), "moof", "the segment");
  const times = fragmentsIn(fragments, moof).map(({ decodeTicks, trackId }) =>
    convertTicks(decodeTicks, timescales.get(trackId) ?? 90_000, 90_000),
  );
  return Math.min(...times);
}
