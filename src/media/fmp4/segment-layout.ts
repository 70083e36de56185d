import { NightjarError } from "../../platform/errors.ts";
import { type Box, boxesIn, type BoxWriter } from "./boxes.ts";

/** Our `mdat` always has a 32-bit size. */
export const MDAT_HEADER_BYTES = 8;
/** `data_offset` has 31 bits; far above what a segment may be. */
const MAX_MDAT_BYTES = 2 ** 30;

export type SegmentLayout = { moof: Box; headerBytes: number; payloadBytes: number };

/**
 * The `moof` and the header of `mdat` at the start of some bytes; the payload need not be there.
 * @throws NightjarError `unprocessable` for anything else
 */
export function layoutOf(header: Uint8Array): SegmentLayout {
  const fields = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const moofBytes = header.length < 8 ? 0 : fields.getUint32(0);
  const headerBytes = moofBytes + MDAT_HEADER_BYTES;
  if (headerBytes > header.length) throw noSegment(`${header.length} bytes`);
  const moof = boxesIn(header, 0, moofBytes)[0];
  const mdatType = String.fromCharCode(...header.subarray(moofBytes + 4, headerBytes));
  if (moof?.type !== "moof" || mdatType !== "mdat") throw noSegment(`${moof?.type} and ${mdatType}`);
  const payloadBytes = fields.getUint32(moofBytes) - MDAT_HEADER_BYTES;
  if (payloadBytes < 0) throw noSegment("an mdat that is shorter than its header");
  return { moof, headerBytes, payloadBytes };
}

export const noSegment = (found: string): NightjarError =>
  new NightjarError("unprocessable", `Found ${found}; wanted: a segment's moof and mdat`);

/** @throws NightjarError `internal` over 1 GB */
export function writeMdatHeader(writer: BoxWriter, payloadBytes: number): void {
  const sizeBytes = MDAT_HEADER_BYTES + payloadBytes;
  if (sizeBytes > MAX_MDAT_BYTES) throw new NightjarError("internal", `A segment of ${sizeBytes} bytes`);
  writer.u32(sizeBytes).ascii("mdat");
}
