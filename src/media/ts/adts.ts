import { NightjarError } from "../../platform/errors.ts";

/** Samples of one raw data block (ISO 14496-3, 4.5.2.1.1), and the sampling rates by their index (Table 1.18). */
const BLOCK_SAMPLES = 1024;
const SAMPLE_RATES = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350,
];
const HEADER_BYTES = 7;
const CRC_BYTES = 2;

/** A frame of ADTS without its header, and how long it sounds, in 90,000ths of a second (not a whole number). */
export type AdtsFrame = { payload: Uint8Array; durationTicks: number };

/**
 * The frames of a piece of ADTS (ISO 14496-3, 1.A.2), as views, and what is left of one that goes on behind it. Bytes that
 * are no frame are passed over.
 * @throws NightjarError `unprocessable` for frames of more than one raw data block
 */
export function adtsFrames(bytes: Uint8Array): { frames: AdtsFrame[]; rest: Uint8Array } {
  const frames: AdtsFrame[] = [];
  let at = 0;
  while (at + HEADER_BYTES <= bytes.length) {
    const byte = (index: number): number => bytes[at + index] ?? 0;
    if (byte(0) !== 0xff || (byte(1) & 0xf6) !== 0xf0) {
      at += 1;
      continue;
    }
    const frameBytes = ((byte(3) & 3) << 11) | (byte(4) << 3) | (byte(5) >> 5);
    const headerBytes = HEADER_BYTES + ((byte(1) & 1) === 1 ? 0 : CRC_BYTES);
    const rate = SAMPLE_RATES[(byte(2) >> 2) & 0x0f];
    if (frameBytes <= headerBytes || rate === undefined) {
      at += 1;
      continue;
    }
    if (at + frameBytes > bytes.length) break;
    // Several blocks in a frame have checksums between them; nobody sends them.
    if ((byte(6) & 3) !== 0)
      throw new NightjarError("unprocessable", "The sound has ADTS frames of several blocks; wanted: one");
    frames.push({
      payload: bytes.subarray(at + headerBytes, at + frameBytes),
      durationTicks: (BLOCK_SAMPLES * 90_000) / rate,
    });
    at += frameBytes;
  }
  return { frames, rest: bytes.subarray(at) };
}
