/** What the configuration gives the archive where it says nothing. */
export const defaultSettings = {
  flushMs: 5000,
  fileMax: {},
  segmentTargetMs: 2000,
  segmentMaxMs: 20_000,
  segmentMaxBytes: 32 << 20,
} as const;
