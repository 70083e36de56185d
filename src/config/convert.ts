/** What aged days are encoded in. */
export const convertCodecs = ["h265", "h264"] as const;
export type ConvertCodec = (typeof convertCodecs)[number];

/** What encodes: a program on the processor, or a part of the machine made for it. */
export const encoderKinds = ["auto", "software", "vaapi", "qsv", "nvenc", "v4l2"] as const;
export type EncoderKind = (typeof encoderKinds)[number];

/** x264's and x265's words for how much time is spent on making the result smaller. */
export const presets = [
  "ultrafast",
  "superfast",
  "veryfast",
  "faster",
  "fast",
  "medium",
  "slow",
  "slower",
  "veryslow",
] as const;
export type Preset = (typeof presets)[number];

/** How old days of a channel are made smaller. */
export type ConvertConfig = {
  /** A day is left alone this long after its end and after its newest file arrived, in milliseconds. */
  readonly afterMs: number;
  readonly codec: ConvertCodec;
  /** Quality as x264 and x265 count it, 0 to 51; less is better and larger. */
  readonly crf: number;
  readonly preset: Preset;
  /** Largest height of the pictures, in pixels; absent where they keep theirs. */
  readonly height?: number;
  /** Most pictures a second; absent where all are kept. */
  readonly fps?: number;
  readonly encoder: EncoderKind;
};
