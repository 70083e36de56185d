import type { FootageFormat } from "./footage-format.ts";

/** What a run of footage that is kept as it came is made of. */
export type KeptParameters = {
  format: Exclude<FootageFormat, "nightjar">;
  /**
   * `ftyp` and `moov`: of `fmp4` as they came; of `ts` and `mp4` the ones that the same parameter sets would give by
   * `buildInit`. Equal bytes mean that a decoder need not be set up anew.
   */
  init: Uint8Array;
  /** RFC 6381. */
  videoCodec: string;
  /** RFC 6381; `null` without sound. */
  audioCodec: string | null;
  /** Pixels after cropping. */
  width: number;
  height: number;
  /** Pictures a second, where the parameter sets say it. */
  frameRate: number | null;
  /** Ticks a second of the sound; `null` without. */
  audioTimescale: number | null;
};

/** What a piece of media says of itself: a TS or fMP4 segment, or a whole MP4 file. */
export type MediaFacts = {
  parameters: KeptParameters;
  /**
   * Presentation time of its first picture on the source's own clock, in 90,000ths of a second; of MPEG-TS modulo
   * 2^33.
   */
  sourceTicks: number;
  /** From its first picture to the end of its last one, in 90,000ths of a second; above 0. */
  durationTicks: number;
  /** Whether decoding can begin at its first picture. */
  isIndependent: boolean;
  /** Bytes of pictures that are not key frames, where that is known; else 0. */
  activityBytes: number;
};

/** Footage kept as it came: a step of its clock up to this is no hole, in 90,000ths of a second. */
export const KEPT_JOIN_TICKS = 45_000;

/** The clock of MPEG-TS turns over here (ISO 13818-1 2.4.3.7), in 90,000ths of a second. */
export const TS_CLOCK_TICKS = 2 ** 33;

/** Whether media that begins at `sourceTicks` follows what ended at `endTicks` on the same clock, both in 90,000ths. */
export function followsOnClock(
  format: FootageFormat,
  endTicks: number,
  sourceTicks: number,
  joinTicks = KEPT_JOIN_TICKS,
): boolean {
  const apart = Math.abs(sourceTicks - endTicks);
  if (format !== "ts") return apart <= joinTicks;
  const around = apart % TS_CLOCK_TICKS;
  return Math.min(around, TS_CLOCK_TICKS - around) <= joinTicks;
}
