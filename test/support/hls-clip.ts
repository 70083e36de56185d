import { parseMediaPlaylist } from "../../src/media/m3u8-parse.ts";
import { finished } from "./processes.ts";
import { tempFolder } from "./temp.ts";

export type HlsClip = {
  /** Of fragmented MP4. */
  init?: Uint8Array<ArrayBuffer>;
  /** One after the other on one clock. */
  segments: { bytes: Uint8Array<ArrayBuffer>; seconds: number }[];
};

export type HlsClipOptions = {
  kind: "ts" | "fmp4";
  count: number;
  segmentSeconds?: number;
  size?: string;
  /** By default both. */
  tracks?: "pictures" | "sound";
};

/** Segments of a test picture and of sound, as ffmpeg's HLS muxer cuts them. */
export async function hlsClip({
  kind,
  count,
  segmentSeconds = 1,
  size = "320x240",
  tracks,
}: HlsClipOptions): Promise<HlsClip> {
  await using folder = await tempFolder();
  const seconds = count * segmentSeconds;
  const gop = Math.round(25 * segmentSeconds);
  const argv =
    `ffmpeg -nostdin -v error -f lavfi -i testsrc2=size=${size}:rate=25:duration=${seconds} ` +
    `-f lavfi -i sine=sample_rate=48000:duration=${seconds} ` +
    `${tracks === "sound" ? "" : "-map 0 "}${tracks === "pictures" ? "" : "-map 1 "}-c:v libx264 -preset ultrafast -pix_fmt yuv420p ` +
    `-g ${gop} -keyint_min ${gop} -sc_threshold 0 -c:a aac -f hls -hls_time ${segmentSeconds} -hls_list_size 0 ` +
    `-hls_playlist_type vod -hls_segment_type ${kind === "ts" ? "mpegts" : "fmp4"}`;
  const list = folder.file("list.m3u8");
  const done = await finished([...argv.split(" "), list]);
  if (done.code !== 0) throw new Error(`ffmpeg made no segments: ${done.stderr}`);
  const { segments } = parseMediaPlaylist(await Bun.file(list).text());
  const mapUri = segments[0]?.mapUri;
  return {
    ...(mapUri === undefined ? {} : { init: await Bun.file(folder.file(mapUri)).bytes() }),
    segments: await Promise.all(
      segments.map(async ({ uri, durationSeconds }) => ({
        bytes: await Bun.file(folder.file(uri)).bytes(),
        seconds: durationSeconds,
      })),
    ),
  };
}
