import { type Box, boxesIn, childrenOf, FieldReader } from "./boxes.ts";
import { TRUN } from "./flags.ts";

/** A `tfdt`: where its time is, and how long that is. */
type DecodeTime = { at: number; isShort: boolean; ticks: number };

/** Where the composition offsets of the samples of a `trun` are; none when it has no such field. */
function* offsetPlaces(bytes: Uint8Array, trun: Box): Generator<number> {
  const fields = new FieldReader(bytes, trun);
  const { flags } = fields.versionAndFlags();
  if ((flags & TRUN.compositionOffset) === 0) return;
  const count = fields.u32();
  const has = (flag: number): number => ((flags & flag) === 0 ? 0 : 4);
  const before = has(TRUN.duration) + has(TRUN.size) + has(TRUN.flags);
  let at = fields.position + has(TRUN.dataOffset) + has(TRUN.firstSampleFlags);
  for (let index = 0; index < count && at + before + 4 <= trun.end; index += 1, at += before + 4) {
    yield at + before;
  }
}

function decodeTimeOf(bytes: Uint8Array, tfdt: Box): DecodeTime {
  const fields = new FieldReader(bytes, tfdt);
  const isShort = fields.versionAndFlags().version === 0;
  const at = fields.position;
  return { at, isShort, ticks: isShort ? fields.u32() : fields.u64() };
}

/**
 * Changes fragments in place so that no picture is shown before it is decoded: decoding begins earlier by as much, and
 * each picture is shown when it was. ffmpeg takes negative composition offsets (ISO 14496-12, 8.6.1.3) for pictures that
 * are all shown later. What would have to be decoded before 0 stays as it is.
 * @throws NightjarError `unprocessable` for what is no fMP4
 */
export function raiseOffsetsInPlace(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const moof of boxesIn(bytes)) {
    if (moof.type !== "moof") continue;
    for (const traf of childrenOf(bytes, moof)) if (traf.type === "traf") raise(bytes, view, traf);
  }
}

function raise(bytes: Uint8Array, view: DataView, traf: Box): void {
  const boxes = childrenOf(bytes, traf);
  const tfdt = boxes.find(({ type }) => type === "tfdt");
  const truns = boxes.filter(({ type }) => type === "trun");
  const places = truns.map((trun) => [...offsetPlaces(bytes, trun)]);
  let byTicks = 0;
  for (const at of places.flat()) byTicks = Math.max(byTicks, -view.getInt32(at));
  // Pictures of a `trun` without offsets could not be told to be shown later.
  if (byTicks === 0 || tfdt === undefined || places.some(({ length }) => length === 0)) return;
  const time = decodeTimeOf(bytes, tfdt);
  if (time.ticks < byTicks) return;
  if (time.isShort) view.setUint32(time.at, time.ticks - byTicks);
  else view.setBigUint64(time.at, BigInt(time.ticks - byTicks));
  for (const at of places.flat()) view.setInt32(at, view.getInt32(at) + byTicks);
}
