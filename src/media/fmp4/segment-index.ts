import { NightjarError } from "../../platform/errors.ts";
import { BoxWriter } from "./boxes.ts";

/** Part of a file that begins with a key frame: one segment, or several in a row. */
export type IndexEntry = { sizeBytes: number; durationTicks: number };

/** Entries of a `sidx` are counted in 16 bits, their sizes in 31. */
export const MAX_INDEX_ENTRIES = 65_535;
const MAX_ENTRY_BYTES = 2 ** 31 - 1;

/** Of `sidx` with nothing in it, in version 1. */
const EMPTY_BYTES = 40;
const ENTRY_BYTES = 12;

/** Bytes of a `sidx` with so many entries. */
export const segmentIndexBytes = (entryCount: number): number => EMPTY_BYTES + ENTRY_BYTES * entryCount;

/**
 * A `sidx` (ISO 14496-12, 8.16.3) for a track whose entries lie one after the other, the first one
 * `firstOffsetBytes` behind the index, at time `firstTicks`.
 * @throws NightjarError `internal` for more entries or bytes than it can hold
 */
export function segmentIndex(
  trackId: number,
  timescale: number,
  entries: readonly IndexEntry[],
  firstOffsetBytes: number,
  firstTicks = 0,
): Uint8Array {
  if (entries.length > MAX_INDEX_ENTRIES)
    throw new NightjarError("internal", `A segment index of ${entries.length} entries`);
  const writer = new BoxWriter(segmentIndexBytes(entries.length));
  writer.fullBox("sidx", 1, 0, () => {
    writer.u32(trackId).u32(timescale).u64(firstTicks).u64(firstOffsetBytes).u16(0).u16(entries.length);
    for (const { sizeBytes, durationTicks } of entries) {
      if (sizeBytes > MAX_ENTRY_BYTES || durationTicks >= 2 ** 32)
        throw new NightjarError("internal", `A segment of ${sizeBytes} bytes and ${durationTicks} ticks`);
      // It begins with a key frame that can be decoded and shown alone: starts_with_SAP, type 1.
      writer.u32(sizeBytes).u32(durationTicks).u32(0x9000_0000);
    }
  });
  return writer.finish();
}
