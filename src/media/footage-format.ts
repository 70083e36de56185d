/**
 * How the bytes of a run's segments are made. `nightjar`: one `moof` and one `mdat` by our own writer, times from the
 * recording's zero. The others are kept as they came: `ts` MPEG-TS; `fmp4` media segments behind the run's init; `mp4`
 * whole files with a `moov` of their own, out of which segments are made when they are asked for.
 */
export const footageFormats = ["nightjar", "ts", "fmp4", "mp4"] as const;
export type FootageFormat = (typeof footageFormats)[number];
