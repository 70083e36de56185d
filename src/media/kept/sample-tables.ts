import { NightjarError } from "../../platform/errors.ts";
import { type Box, childrenOf, FieldReader, findBox, requireBox } from "../fmp4/boxes.ts";
import { checkedSize, SampleColumns } from "./sample-columns.ts";

const unprocessable = (message: string): NightjarError => new NightjarError("unprocessable", message);

/** A table behind `version`, `flags`, perhaps other fields, and its count: fields of four bytes each. */
type Table = { view: DataView; count: number };

/**
 * The samples of a track by its sample tables (ISO 14496-12, 8.5 to 8.7).
 * @param trak the track's box in `moov`
 * @param maxSamples most samples that the file can hold
 * @throws NightjarError `unprocessable` when tables are missing, or their counts don't agree
 */
export function readSampleTables(moov: Uint8Array, trak: Box, maxSamples: number): SampleColumns {
  const stbl = findBox(moov, trak, "mdia", "minf", "stbl");
  if (stbl === undefined) throw unprocessable("A track of this MP4 has no sample tables");
  const tables = new Tables(moov, childrenOf(moov, stbl));
  const columns = tables.sizes(maxSamples);
  if (columns.count === 0) return columns;
  tables.readTimes(columns);
  tables.readComposition(columns);
  tables.readPlaces(columns);
  tables.readKeys(columns);
  return columns;
}

class Tables {
  readonly #moov: Uint8Array;
  readonly #boxes: Box[];

  constructor(moov: Uint8Array, boxes: Box[]) {
    this.#moov = moov;
    this.#boxes = boxes;
  }

  /** `stsz` or `stz2` (8.7.3): as many samples as it says, with nothing but their sizes. */
  sizes(maxSamples: number): SampleColumns {
    const compact = this.#boxes.find((box) => box.type === "stz2");
    const box = compact ?? requireBox(this.#boxes, "stsz", "stbl");
    const fields = new FieldReader(this.#moov, box);
    fields.skip(4);
    const fixedBytes = compact ? 0 : fields.u32();
    const bits = compact ? fields.u32() & 0xff : 32;
    const count = fields.u32();
    if (![4, 8, 16, 32].includes(bits)) throw unprocessable(`The MP4 box stz2 has fields of ${bits} bits`);
    if (fixedBytes === 0 && fields.remainingBytes * 8 < count * bits) throw noFit(box, count);
    const columns = new SampleColumns(maxSamples, count);
    columns.count = count;
    if (fixedBytes > 0) {
      columns.sizes.fill(checkedSize(fixedBytes));
      return columns;
    }
    const at = fields.position;
    const view = new DataView(this.#moov.buffer, this.#moov.byteOffset + at, fields.remainingBytes);
    for (let index = 0; index < count; index++) columns.sizes[index] = checkedSize(sizeAt(view, index, bits));
    return columns;
  }

  /** `stts` (8.6.1.2) */
  readTimes(columns: SampleColumns): void {
    const { view, count } = this.#table("stts", 2);
    let index = 0;
    let ticks = 0;
    for (let entry = 0; entry < count && index < columns.count; entry++) {
      const end = Math.min(columns.count, index + view.getUint32(entry * 8));
      const step = view.getUint32(entry * 8 + 4);
      for (; index < end; index++, ticks += step) columns.decodeTicks[index] = ticks;
    }
    if (index < columns.count) throw tooFew("stts", index, columns.count);
    columns.endTicks = ticks;
  }

  /** `ctts` (8.6.1.3); signed also in version 0, where no honest offset reaches 2^31 and some writers mean so. */
  readComposition(columns: SampleColumns): void {
    if (!this.#boxes.some((box) => box.type === "ctts")) return;
    const { view, count } = this.#table("ctts", 2);
    let index = 0;
    for (let entry = 0; entry < count && index < columns.count; entry++) {
      const end = Math.min(columns.count, index + view.getUint32(entry * 8));
      const offset = view.getInt32(entry * 8 + 4);
      if (offset !== 0) columns.hasComposition = true;
      columns.compositionTicks.fill(offset, index, end);
      index = end;
    }
  }

  /** `stsc` with `stco` or `co64` (8.7.4, 8.7.5): the samples lie in chunks, one after the other in each. */
  readPlaces(columns: SampleColumns): void {
    const isLong = this.#boxes.some((box) => box.type === "co64");
    const chunks = isLong ? this.#table("co64", 2) : this.#table("stco", 1);
    const runs = this.#table("stsc", 3);
    let index = 0;
    for (let run = 0; run < runs.count && index < columns.count; run++) {
      const first = runs.view.getUint32(run * 12) - 1;
      const perChunk = runs.view.getUint32(run * 12 + 4);
      if (runs.view.getUint32(run * 12 + 8) !== runs.view.getUint32(8))
        throw unprocessable("A track of this MP4 changes its format inside of the file");
      const next = run + 1 < runs.count ? runs.view.getUint32((run + 1) * 12) - 1 : chunks.count;
      if (first < 0 || (run === 0 && first !== 0) || next < first || next > chunks.count)
        throw unprocessable(`The MP4 box stsc names chunks ${first + 1} to ${next} of ${chunks.count}`);
      for (let chunk = first; chunk < next && index < columns.count; chunk++) {
        let position = isLong
          ? chunks.view.getUint32(chunk * 8) * 2 ** 32 + chunks.view.getUint32(chunk * 8 + 4)
          : chunks.view.getUint32(chunk * 4);
        const end = Math.min(columns.count, index + perChunk);
        for (; index < end; index++) {
          columns.offsets[index] = position;
          position += columns.sizes[index] ?? 0;
        }
      }
    }
    if (index < columns.count) throw tooFew("stsc", index, columns.count);
  }

  /** `stss` (8.6.2); without it every sample is a key frame. */
  readKeys(columns: SampleColumns): void {
    if (!this.#boxes.some((box) => box.type === "stss")) {
      columns.keys.fill(1);
      return;
    }
    const { view, count } = this.#table("stss", 1);
    for (let entry = 0; entry < count; entry++) {
      const index = view.getUint32(entry * 4) - 1;
      if (index < columns.count) columns.keys[index] = 1;
    }
  }

  #table(type: string, fieldsPerEntry: number): Table {
    const box = requireBox(this.#boxes, type, "stbl");
    const fields = new FieldReader(this.#moov, box);
    fields.skip(4);
    const count = fields.u32();
    if (fields.remainingBytes < count * fieldsPerEntry * 4) throw noFit(box, count);
    const view = new DataView(
      this.#moov.buffer,
      this.#moov.byteOffset + fields.position,
      fields.remainingBytes,
    );
    return { view, count };
  }
}

function sizeAt(view: DataView, index: number, bits: number): number {
  if (bits === 32) return view.getUint32(index * 4);
  if (bits === 16) return view.getUint16(index * 2);
  if (bits === 8) return view.getUint8(index);
  const pair = view.getUint8(index >> 1);
  return index % 2 === 0 ? pair >> 4 : pair & 0x0f;
}

const noFit = ({ type, start, end }: Box, count: number): NightjarError =>
  unprocessable(`The MP4 box ${type} says ${count} entries, which don't fit into its ${end - start} bytes`);

const tooFew = (type: string, found: number, wanted: number): NightjarError =>
  unprocessable(`The MP4 box ${type} tells of ${found} samples; there are ${wanted}`);
