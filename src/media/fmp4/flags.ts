/** Flags of `tfhd` (ISO 14496-12, 8.8.7.1). */
export const TFHD = {
  baseDataOffset: 0x1,
  sampleDescriptionIndex: 0x2,
  defaultDuration: 0x8,
  defaultSize: 0x10,
  defaultFlags: 0x20,
  defaultBaseIsMoof: 0x20000,
} as const;

/** Flags of `trun` (ISO 14496-12, 8.8.8.1). */
export const TRUN = {
  dataOffset: 0x1,
  firstSampleFlags: 0x4,
  duration: 0x100,
  size: 0x200,
  flags: 0x400,
  compositionOffset: 0x800,
} as const;

/** `sample_is_non_sync_sample` of a sample's flags (ISO 14496-12, 8.8.3.1). */
const IS_NON_SYNC = 0x10000;

/** Sample flags of a key frame (depends on no other) and of any other picture (depends on others). */
export const KEY_SAMPLE_FLAGS = 0x02000000;
export const OTHER_SAMPLE_FLAGS = 0x01000000 | IS_NON_SYNC;

export const isSyncSample = (sampleFlags: number): boolean => (sampleFlags & IS_NON_SYNC) === 0;
