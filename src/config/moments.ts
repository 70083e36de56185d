import type { KeepConfig } from "./config.ts";

/** How moments are made and kept. */
export type MomentsConfig = {
  readonly keep: KeepConfig;
  /** The most that their MP4 is high, in pixels; absent where it is as high as the pictures are. */
  readonly maxHeight?: number;
};
