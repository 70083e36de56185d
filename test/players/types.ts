export type PlayerName = "hlsjs" | "shaka" | "dashjs" | "native";

export type PlayStep =
  /** Play on for so long. */
  | { playSeconds: number }
  /** Play until the end of the list, but give up after `limitSeconds`. */
  | { untilEndedWithinSeconds: number }
  /** Go to a place on the element's own time line, in seconds. */
  | { seekSeconds: number }
  /** Go to a place between the start (0) and the end (1) of what can be reached. */
  | { seekShare: number };

/** What the element and its player say at one moment. All counts are from the beginning. */
export type PlaySnapshot = {
  currentTimeSeconds: number;
  durationSeconds: number;
  /** First and last time that can be reached; empty before anything is known. */
  seekableSeconds: number[];
  /** Start and end of each buffered span. */
  bufferedSeconds: number[];
  decodedFrames: number;
  droppedFrames: number;
  /** Bytes of sound that were decoded. */
  audioBytes: number;
  /** How often play stood still although nobody asked for that. */
  stalls: number;
  /** How long it stood still, in milliseconds. */
  stalledMs: number;
  ended: boolean;
  width: number;
  height: number;
  /** Brightness of the middle of the picture that is shown, 0 to 255. */
  brightness: number;
  /** Time of day of the picture that is shown, ISO 8601, if the player knows it. */
  playingDate: string | undefined;
  /** The 40 bits that a `TimeCamera` writes into its pictures: milliseconds of its clock modulo 2^40. */
  pictureBits: number;
};

export type PlayResult = {
  /** One snapshot after each step. */
  snapshots: PlaySnapshot[];
  /** What the player or the element reported as an error; empty when all went well. */
  errors: string[];
  /** What the player complained of and got over. */
  warnings: string[];
  /** Errors and warnings on the browser's console. */
  console: string[];
  /** Media times of the pictures that were shown, in seconds, in order. */
  shownTimesSeconds: number[];
};
