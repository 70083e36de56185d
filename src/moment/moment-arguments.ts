import type { RunRow } from "../db/index/rows.ts";

/** A GIF of more would be tens of megabytes: the MP4 shows the rest. Widths in pixels. */
const GIF_WIDTH = 480;
const LONG_GIF_WIDTH = 320;
const LONG_GIF_SECONDS = 8;
const GIF_RATE = 10;

export type MomentFilm = {
  run: RunRow;
  /** The window in the input's media time, in seconds. */
  startSeconds: number;
  endSeconds: number;
  encoder: string;
  /** Pictures are made no higher than this, in pixels. */
  maxHeight: number | undefined;
  mp4: string;
  gif: string;
};

const seconds = (value: number): string => value.toFixed(6);

/** How fast and how good: whoever asked waits for it. */
const encoderSettings = (encoder: string): string[] =>
  encoder === "libx264" ? ["-preset", "ultrafast", "-crf", "23"] : ["-b:v", "4M"];

/**
 * What an ffmpeg is told that decodes the pictures once and makes MP4 and GIF of those whose time lies in the window. All
 * of them are in the MP4, each at its own time.
 */
export function momentArguments(film: MomentFilm): string[] {
  const { run, encoder, maxHeight } = film;
  const [start, end] = [seconds(film.startSeconds), seconds(film.endSeconds)];
  const height = maxHeight !== undefined && run.height > maxHeight ? `scale=-2:${maxHeight},` : "";
  const isLong = film.endSeconds - film.startSeconds > LONG_GIF_SECONDS;
  const gifSize = `scale=w=min(${isLong ? LONG_GIF_WIDTH : GIF_WIDTH}\\,iw*sar):h=max(2\\,round(ow/dar)):flags=fast_bilinear,setsar=1`;
  const filters = [
    `[0:v:0]trim=start=${start}:end=${end},setpts=PTS-STARTPTS,split[film][small]`,
    `[film]${height}format=yuv420p[mp4]`,
    `[small]fps=${GIF_RATE},${gifSize},split[pictures][colours]`,
    "[colours]palettegen=stats_mode=diff[palette]",
    "[pictures][palette]paletteuse=dither=bayer:bayer_scale=3:diff_mode=rectangle[gif]",
  ];
  const hear = `atrim=start=${start}:end=${end},asetpts=PTS-(${start})/TB`;
  const sound = run.audioCodec === null ? [] : ["-map", "0:a:0?", "-af", hear, "-c:a", "aac"];
  const input = ["-copyts", "-f", run.format === "ts" ? "mpegts" : "mp4"];
  const times = ["-fps_mode", "passthrough", "-enc_time_base", "1:90000"];
  return [
    [...input, "-i", "pipe:0", "-filter_complex", filters.join(";")],
    ["-map", "[mp4]", ...sound, "-c:v", encoder, ...encoderSettings(encoder), ...times],
    ["-movflags", "+faststart", "-f", "mp4", film.mp4],
    ["-map", "[gif]", "-f", "gif", film.gif],
  ].flat();
}
