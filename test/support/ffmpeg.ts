import { z } from "zod";
import { finished } from "./processes.ts";

/** One decoded frame or packet: its time in seconds and a hash of its bytes. */
export type HashedFrame = { timeSeconds: number; durationSeconds: number; sizeBytes: number; hash: string };

export type MediaOptions = {
  timeoutMs?: number;
  /** Arguments before `-i`. */
  inputArguments?: readonly string[];
  /** Hash the packets as they are instead of what they decode to. */
  copy?: boolean;
};

const quiet = ["ffmpeg", "-nostdin", "-hide_banner", "-v", "error"];

/**
 * Hashes of all frames of one track of a file or address, in order, as ffmpeg's `framehash` makes them.
 * @throws Error with what ffmpeg said, when it fails or takes longer than `timeoutMs`.
 */
export async function frameHashes(
  input: string,
  track: "v" | "a",
  options: MediaOptions = {},
): Promise<HashedFrame[]> {
  const argv = [...quiet, ...(options.inputArguments ?? []), "-i", input, "-map", `0:${track}:0`];
  const codec = options.copy ? ["-c", "copy"] : track === "v" ? ["-fps_mode", "passthrough"] : [];
  const done = await finished([...argv, ...codec, "-f", "framehash", "-hash", "md5", "-"], {
    timeoutMs: options.timeoutMs ?? 60_000,
  });
  if (done.code !== 0) throw new Error(`ffmpeg could not read ${input}: ${done.stderr}`);
  const timeBase = /^#tb 0: (\d+)\/(\d+)/m.exec(done.stdout);
  const secondsPerTick = Number(timeBase?.[1] ?? 1) / Number(timeBase?.[2] ?? 1);
  return done.stdout
    .split("\n")
    .filter((line) => /^\d/.test(line))
    .map((line) => {
      const [, , pts, duration, size, hash = ""] = line.split(",").map((part) => part.trim());
      return {
        timeSeconds: Number(pts) * secondsPerTick,
        durationSeconds: Number(duration) * secondsPerTick,
        sizeBytes: Number(size),
        hash,
      };
    });
}

/** Everything that ffmpeg complains of while it decodes all of a file or address; empty when it is sound. */
export async function decodeErrors(input: string, options: MediaOptions = {}): Promise<string> {
  const argv = [...quiet, ...(options.inputArguments ?? []), "-i", input, "-f", "null", "-"];
  const done = await finished(argv, { timeoutMs: options.timeoutMs ?? 60_000 });
  const failed = done.code === 0 ? "" : `exit code ${done.code}\n`;
  return `${failed}${done.stdout}${done.stderr}`.trim();
}

const probed = z.object({
  streams: z.array(
    z.object({
      codec_name: z.string().optional(),
      codec_type: z.string(),
      width: z.number().optional(),
      height: z.number().optional(),
      sample_rate: z.string().optional(),
      channels: z.number().optional(),
      start_time: z.string().optional(),
      nb_read_packets: z.string().optional(),
    }),
  ),
  format: z.object({ duration: z.string().optional() }),
});
export type Probed = z.infer<typeof probed>;

/** What ffprobe says of a file or address, with the packets of each track counted. */
export async function probe(input: string, options: MediaOptions = {}): Promise<Probed> {
  const show = ["-of", "json", "-show_streams", "-show_format", "-count_packets"];
  const argv = ["ffprobe", "-hide_banner", "-v", "error", ...show, ...(options.inputArguments ?? []), input];
  const done = await finished(argv, { timeoutMs: options.timeoutMs ?? 60_000 });
  if (done.code !== 0) throw new Error(`ffprobe could not read ${input}: ${done.stderr}`);
  return probed.parse(JSON.parse(done.stdout));
}

/** A copy that ffmpeg makes by itself, without decoding, for as long as `seconds`: the peer of a recording. */
export async function copyWithFfmpeg(url: string, file: string, seconds: number): Promise<void> {
  const transport = url.startsWith("rtsp:") ? ["-rtsp_transport", "tcp"] : [];
  const argv = [
    ...quiet,
    "-y",
    ...transport,
    "-i",
    url,
    "-map",
    "0",
    "-c",
    "copy",
    "-t",
    String(seconds),
    file,
  ];
  const done = await finished(argv, { timeoutMs: (seconds + 30) * 1000 });
  if (done.code !== 0) throw new Error(`ffmpeg could not copy ${url}: ${done.stderr}`);
}
