import type { ConvertConfig } from "../config/convert.ts";
import { VIDEO_TIMESCALE } from "../media/parameters.ts";
import type { Encoder, PictureRate } from "./encoders.ts";
import { selectText } from "./kept-times.ts";
import { INPUT_OFFSET_TICKS } from "./source-feed.ts";

/** Size of the pictures that are compared, in pixels: enough to tell a broken picture, too little to tell an ugly one. */
export const SAMPLE = { width: 64, height: 36, everySeconds: 20 } as const;
/** A key frame at least this often, in seconds, for those who look for a moment within a long segment. */
const KEY_SECONDS = 2.5;

const QUIET = ["-nostdin", "-hide_banner", "-nostats", "-loglevel", "error"];
/** Times come in as they are and go out as they are. */
const AS_THEY_ARE = ["-fps_mode", "passthrough", "-enc_time_base", `1:${VIDEO_TIMESCALE}`];
const STDIN_MP4 = ["-copyts", "-f", "mp4", "-i", "pipe:0"];

/** The pictures that are compared: the first, and from then on one in a while, small and grey. */
const sampleFilter = (from: string, to: string): string => {
  const since = `gte(pts-prev_selected_pts\\,${SAMPLE.everySeconds * VIDEO_TIMESCALE})`;
  const size = `${SAMPLE.width}:${SAMPLE.height}`;
  return `[${from}]select=isnan(prev_selected_pts)+${since},scale=${size}:flags=area,format=gray[${to}]`;
};

const sampleOutput = (path: string): string[] => [
  "-map",
  "[sample]",
  "-fps_mode",
  "passthrough",
  "-f",
  "rawvideo",
  "-y",
  path,
];

/** 8 bits, and 10 where players take them, as the source has them. */
const formatsFor = ({ codec }: ConvertConfig): string =>
  codec === "h265" ? "yuv420p|yuvj420p|yuv420p10le" : "yuv420p|yuvj420p";

export type EncodeOrder = {
  program: string;
  encoder: Encoder;
  settings: ConvertConfig;
  /** Of the source. */
  picture: PictureRate;
  /** When new segments begin, in 90,000ths of a second since the piece's first picture: each at a key frame. */
  cutTicks: readonly number[];
  samplePath: string;
  /** Work that can wait takes what others leave. */
  threads?: number;
};

/** ffmpeg's own form of a time: microseconds, a little early so that rounding takes no picture before it. */
function keyTime(ticks: number): string {
  const us = Math.floor(((ticks + INPUT_OFFSET_TICKS) * 1_000_000) / VIDEO_TIMESCALE) - 2;
  return `${Math.floor(us / 1_000_000)}.${String(us % 1_000_000).padStart(6, "0")}`;
}

/** The height of the result; even, as its colours have half of the points. */
export const heightOf = ({ height }: ConvertConfig, picture: PictureRate): number =>
  height !== undefined && picture.height > height ? height : picture.height;

/** Encodes pictures from standard input to standard output, and a few of them as they were, small, to a file. */
export function encodeCommand(order: EncodeOrder): string[] {
  const { program, encoder, settings, picture, cutTicks, samplePath } = order;
  const fps = Math.min(settings.fps ?? picture.fps, picture.fps);
  const height = heightOf(settings, picture);
  const width =
    height === picture.height ? picture.width : Math.round((picture.width * height) / picture.height / 2) * 2;
  const filters = [
    // What was given before only helps to decode.
    `select=gte(pts\\,${INPUT_OFFSET_TICKS})`,
    ...(settings.fps === undefined ? [] : [`select=${selectText(settings.fps)}`]),
    ...(height === picture.height ? [] : [`scale=${width}:${height}`]),
    `format=${formatsFor(settings)}`,
  ];
  const upload = encoder.upload === "" ? "null" : encoder.upload;
  const graph = [
    `[0:v]${filters.join(",")},split[all][some]`,
    `[all]${upload}[film]`,
    sampleFilter("some", "sample"),
  ].join(";");
  const keys = cutTicks.slice(1).map(keyTime);
  return [
    program,
    ...QUIET,
    ...encoder.device,
    ...STDIN_MP4,
    "-filter_complex",
    graph,
    "-map",
    "[film]",
    "-c:v",
    encoder.name,
    ...encoder.options(settings, { width, height, fps }),
    "-g",
    `${Math.max(1, Math.round(KEY_SECONDS * fps))}`,
    ...(keys.length > 0 ? ["-force_key_frames", keys.join(",")] : []),
    ...AS_THEY_ARE,
    "-video_track_timescale",
    `${VIDEO_TIMESCALE}`,
    "-movflags",
    "+frag_keyframe+empty_moov+default_base_moof",
    "-flush_packets",
    "1",
    "-f",
    "mp4",
    "pipe:1",
    ...sampleOutput(samplePath),
  ];
}

/**
 * Decodes an MP4 from standard input, ends at the first mistake, writes when each picture is shown to standard output, and
 * the same few pictures to a file.
 */
export const checkCommand = (program: string, samplePath: string): string[] => [
  program,
  ...QUIET,
  "-xerror",
  "-threads",
  "1",
  ...STDIN_MP4,
  "-filter_complex",
  `[0:v]split[all][some];${sampleFilter("some", "sample")}`,
  "-map",
  "[all]",
  "-c:v",
  "wrapped_avframe",
  ...AS_THEY_ARE,
  "-f",
  "framecrc",
  "pipe:1",
  ...sampleOutput(samplePath),
];
