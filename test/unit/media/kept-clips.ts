import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { type Mp4File, readMp4File } from "../../../src/media/kept/mp4-file.ts";
import { type ClipOptions, encodeArguments, run, runText, temporaryFolder } from "./clips.ts";

const ffmpeg = (...argv: readonly string[]): Uint8Array =>
  run(["ffmpeg", "-nostdin", "-v", "error", "-y", ...argv]);

export type HlsClip = { init: Uint8Array; segments: Uint8Array[] };

/** What ffmpeg's HLS muxer writes in segments of two seconds; `init` is empty for MPEG-TS. */
export async function hlsClip(
  options: ClipOptions,
  kind: "mpegts" | "fmp4",
  ...more: readonly string[]
): Promise<HlsClip> {
  await using folder = await temporaryFolder();
  const name = join(folder.path, "s%03d.seg");
  const hls = ["-f", "hls", "-hls_time", "2", "-hls_list_size", "0", "-hls_segment_type", kind];
  const names = ["-hls_fmp4_init_filename", "init.mp4", "-hls_segment_filename", name];
  ffmpeg(...encodeArguments(options), ...hls, ...names, ...more, join(folder.path, "list.m3u8"));
  const files = (await readdir(folder.path)).filter((file) => file.endsWith(".seg")).sort();
  const bytesOf = (file: string): Promise<Uint8Array> => Bun.file(join(folder.path, file)).bytes();
  return {
    init: kind === "fmp4" ? await bytesOf("init.mp4") : new Uint8Array(0),
    segments: await Promise.all(files.map(bytesOf)),
  };
}

/** A clip as one file of the kind that `extension` names, with other arguments for ffmpeg's muxer or streams. */
export async function fileClip(
  options: ClipOptions,
  extension: string,
  ...more: readonly string[]
): Promise<Uint8Array> {
  await using folder = await temporaryFolder();
  const file = join(folder.path, `clip.${extension}`);
  ffmpeg(...encodeArguments(options), ...more, file);
  return await Bun.file(file).bytes();
}

/** What ffmpeg makes of some media without decoding it. */
export async function remuxed(
  media: Uint8Array,
  extension: string,
  ...more: readonly string[]
): Promise<Uint8Array> {
  await using folder = await temporaryFolder();
  const from = join(folder.path, "from");
  const to = join(folder.path, `to.${extension}`);
  await Bun.write(from, media);
  ffmpeg("-copyts", "-i", from, "-map", "0", "-c", "copy", ...more, to);
  return await Bun.file(to).bytes();
}

const probed = z.object({
  streams: z.array(z.object({ codec_type: z.string(), time_base: z.string(), width: z.number().optional() })),
  packets: z.array(
    z.object({
      codec_type: z.string(),
      pts: z.number(),
      dts: z.number(),
      duration: z.number().optional(),
      size: z.string(),
      flags: z.string(),
    }),
  ),
});

/** A coded picture or frame of sound as ffprobe sees it; times in ticks of `timescale`. */
export type Packet = { pts: number; dts: number; duration: number; sizeBytes: number; isKey: boolean };
export type ProbedTrack = { timescale: number; packets: Packet[] };

/** All packets of the first video and the first audio track of some media, in decode order, as ffprobe tells them. */
export async function packetsOf(media: Uint8Array): Promise<{ video: ProbedTrack; audio: ProbedTrack }> {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "media");
  await Bun.write(file, media);
  const show = ["-show_streams", "-show_packets", "-of", "json"];
  const { streams, packets } = probed.parse(JSON.parse(runText(["ffprobe", "-v", "quiet", ...show, file])));
  const track = (kind: string): ProbedTrack => ({
    timescale: Number(streams.find(({ codec_type }) => codec_type === kind)?.time_base.split("/")[1] ?? 0),
    packets: packets
      .filter(({ codec_type }) => codec_type === kind)
      .map(({ pts, dts, duration = 0, size, flags }) => ({
        pts,
        dts,
        duration,
        sizeBytes: Number(size),
        isKey: flags.startsWith("K"),
      })),
  });
  return { video: track("video"), audio: track("audio") };
}

/** When the first picture of some packets is shown, and when the last one ends, in their own ticks. */
export function shownSpan(packets: readonly Packet[]): { firstTicks: number; endTicks: number } {
  return {
    firstTicks: Math.min(...packets.map(({ pts }) => pts)),
    endTicks: Math.max(...packets.map(({ pts, duration }) => pts + duration)),
  };
}

/** Reads a file that lies in memory. */
export const readMp4Bytes = (bytes: Uint8Array): Promise<Mp4File> =>
  readMp4File(
    (offsetBytes, lengthBytes) => Promise.resolve(bytes.subarray(offsetBytes, offsetBytes + lengthBytes)),
    bytes.length,
  );
