import type { FootageFormat } from "../media/footage-format.ts";
import type { FilmCodec } from "./encoder.ts";

export type Size = { width: number; height: number };

/** A piece of a clip: footage without a hole and of one init. */
export type PieceFilm = {
  format: FootageFormat;
  /** What is shown of the input, in seconds of its media time. */
  startSeconds: number;
  endSeconds: number;
  codec: FilmCodec;
  encoder: string;
  /** The pictures' size where it is another than theirs; with `isFitted` they are fitted into it, with bars. */
  size: Size | undefined;
  isFitted: boolean;
  /** Filters that write the clock. */
  clock: readonly string[];
  /** `own`: as recorded. `silence`: other pieces have sound, this one has none. */
  sound: "own" | "silence" | "none";
  path: string;
};

const even = (value: number): number => Math.max(2, Math.round(value / 2) * 2);

/** The size of a film of so high pictures. */
export const sizeOf = ({ width, height }: Size, heightPixels: number | undefined): Size =>
  heightPixels === undefined
    ? { width: even(width), height: even(height) }
    : { width: even((width * heightPixels) / height), height: heightPixels };

function encoderSettings({ codec, encoder }: PieceFilm): string[] {
  if (encoder === "libx264") return ["-preset", "veryfast", "-crf", "21"];
  if (encoder === "libx265")
    return ["-preset", "veryfast", "-crf", "25", "-x265-params", "log-level=error", "-tag:v", "hvc1"];
  return ["-b:v", "4M", ...(codec === "h265" ? ["-tag:v", "hvc1"] : [])];
}

const scaleFilters = ({ size, isFitted }: PieceFilm): string[] => {
  if (!size) return [];
  const { width, height } = size;
  if (!isFitted) return [`scale=${width}:${height}`];
  const fit = `scale=${width}:${height}:force_original_aspect_ratio=decrease:force_divisible_by=2`;
  return [fit, `pad=${width}:${height}:(ow-iw)/2:(oh-ih)/2`, "setsar=1"];
};

/** What an ffmpeg is told that encodes a piece, exact to one picture. */
export function pieceArguments(film: PieceFilm): string[] {
  const [start, end] = [film.startSeconds.toFixed(6), film.endSeconds.toFixed(6)];
  const pictures = [
    `trim=start=${start}:end=${end}`,
    ...scaleFilters(film),
    ...film.clock,
    "setpts=PTS-STARTPTS",
    "format=yuv420p",
  ];
  const input = ["-copyts", "-f", film.format === "ts" ? "mpegts" : "mp4", "-i", "pipe:0"];
  const aac = ["-c:a", "aac", "-ar", "48000", "-ac", "2"];
  // Where times step by a few samples, the sound is stretched with them.
  const hear = `atrim=start=${start}:end=${end},asetpts=PTS-(${start})/TB,aresample=async=1000:first_pts=0`;
  const length = (film.endSeconds - film.startSeconds).toFixed(6);
  const sound = {
    own: { input: [], output: ["-map", "0:a:0?", "-af", hear, ...aac] },
    silence: {
      input: ["-f", "lavfi", "-t", length, "-i", "anullsrc=r=48000:cl=stereo"],
      output: ["-map", "1:a:0", ...aac],
    },
    none: { input: [], output: [] },
  }[film.sound];
  return [
    input,
    sound.input,
    ["-map", "0:v:0", "-vf", pictures.join(","), "-c:v", film.encoder, ...encoderSettings(film)],
    ["-fps_mode", "passthrough", "-enc_time_base", "1:90000", "-video_track_timescale", "90000"],
    sound.output,
    ["-movflags", "+faststart", "-f", "mp4", film.path],
  ].flat();
}

/** What an ffmpeg is told that puts footage into a film as it is. */
export const copyArguments = (film: { format: FootageFormat; videoCodec: string; path: string }): string[] =>
  [
    ["-f", film.format === "ts" ? "mpegts" : "mp4", "-i", "pipe:0", "-map", "0:v:0", "-map", "0:a:0?"],
    ["-c", "copy", ...(/^(hvc1|hev1)/.test(film.videoCodec) ? ["-tag:v", "hvc1"] : [])],
    ["-movflags", "+faststart", "-f", "mp4", film.path],
  ].flat();

/** What an ffmpeg is told that joins pieces, which it gets as a list on its standard input. */
export const joinArguments = (path: string): string[] =>
  [
    ["-f", "concat", "-safe", "0", "-protocol_whitelist", "file,pipe,fd", "-i", "pipe:0"],
    ["-map", "0", "-c", "copy", "-movflags", "+faststart", "-f", "mp4", path],
  ].flat();

/** The list: each piece with its length, so that the ends of sound add nothing; a path alone would be read from a pipe, too. */
export const joinList = (pieces: readonly { path: string; seconds: number }[]): string =>
  [
    "ffconcat version 1.0",
    ...pieces.map(
      ({ path, seconds }) =>
        `file 'file:${path.replaceAll("'", String.raw`'\''`)}'\nduration ${seconds.toFixed(6)}`,
    ),
    "",
  ].join("\n");
