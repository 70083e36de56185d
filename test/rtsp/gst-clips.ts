import { existsSync } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { join, resolve } from "node:path";
import { finished } from "../support/processes.ts";

const cacheFolder = resolve(import.meta.dir, "../../.cache/clips");

/** Length of every clip. A whole number of pictures, AAC frames and A-law packets fit into it, and of seconds. */
export const LOOP_SECONDS = 32;
export const PICTURES_PER_SECOND = 25;

export type GstClipOptions = {
  codec?: "h264" | "h265";
  size?: string;
  /** A test picture with the frame's number; or a black one that flashes white at each full second. */
  picture?: "test" | "flash";
  /** A tone; or a beep at each full second, as long as the flash. */
  aac?: "tone" | "beep" | false;
  alaw?: boolean;
  gopSeconds?: number;
  bFrames?: number;
  /** Constant bit rate of the pictures in kbit/s; without it, what the quality takes. */
  kilobitsPerSecond?: number;
};

/** Files of a clip, and what the server must know of them. */
export type GstClip = {
  clip: string;
  codec: "h264" | "h265";
  aac: boolean;
  alaw: string | null;
  seconds: number;
};

/** How long a flash and a beep last, in seconds. */
export const FLASH_SECONDS = 0.08;

const escapedCommas = (expression: string): string => expression.replaceAll(",", String.raw`\,`);

function pictureGraph(options: GstClipOptions): string {
  const size = options.size ?? "640x360";
  const timing = `s=${size}:r=${PICTURES_PER_SECOND}:d=${LOOP_SECONDS}`;
  if (options.picture !== "flash") return `testsrc2=${timing}`;
  const now = escapedCommas(`lt(mod(t,1),${FLASH_SECONDS})`);
  return `color=black:${timing},drawbox=c=white:t=fill:enable=${now}`;
}

function pictureEncoder(options: GstClipOptions): string[] {
  const gop = String(PICTURES_PER_SECOND * (options.gopSeconds ?? 2));
  const rate = options.kilobitsPerSecond === undefined ? undefined : `${options.kilobitsPerSecond}k`;
  const bits =
    rate === undefined
      ? ["-crf", "28"]
      : ["-b:v", rate, "-minrate", rate, "-maxrate", rate, "-bufsize", rate];
  const bFrames = options.bFrames ?? 0;
  if (options.codec === "h265") {
    const detail = `keyint=${gop}:min-keyint=${gop}:scenecut=0:bframes=${bFrames}:open-gop=0:log-level=error`;
    return ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", detail, "-tag:v", "hvc1", ...bits];
  }
  const detail = `scenecut=0:open-gop=0${rate === undefined ? "" : ":nal-hrd=cbr"}`;
  const gopArguments = ["-g", gop, "-keyint_min", gop, "-bf", String(bFrames), "-x264-params", detail];
  return ["-c:v", "libx264", "-preset", "veryfast", ...gopArguments, ...bits];
}

// The second half of the sound is played: there the encoder has no beginning that one could hear.
function soundGraph(aac: "tone" | "beep"): string {
  const timing = `s=48000:d=${2 * LOOP_SECONDS + 1}`;
  if (aac === "tone") {
    // A tone that rises through the loop: no two frames of it are equal.
    const now = `mod(t,${LOOP_SECONDS})`;
    const rising = (hertz: number) => escapedCommas(`0.3*sin(2*PI*${now}*(${hertz}+10*${now}))`);
    return `aevalsrc=${rising(300)}|${rising(400)}:${timing}`;
  }
  const beep = escapedCommas(`0.8*sin(2*PI*1000*t)*lt(mod(t,1),${FLASH_SECONDS})`);
  return `aevalsrc=${beep}|${beep}:${timing}`;
}

async function ffmpeg(args: readonly string[]): Promise<void> {
  const done = await finished(["ffmpeg", "-nostdin", "-v", "error", "-y", ...args], { timeoutMs: 180_000 });
  if (done.code !== 0) throw new Error(`ffmpeg could not make a clip: ${done.stderr}`);
}

/** Encodes a clip for the GStreamer server, or finds it as it was encoded before. */
export async function makeGstClip(options: GstClipOptions = {}): Promise<GstClip> {
  const name = Bun.hash(JSON.stringify([options, LOOP_SECONDS, PICTURES_PER_SECOND])).toString(36);
  const clip = join(cacheFolder, `${name}.mp4`);
  const alaw = options.alaw ? join(cacheFolder, `${name}.alaw`) : null;
  await mkdir(cacheFolder, { recursive: true });
  // Two test files may encode the same clip at once.
  const temporary = (path: string) => `${path}.${process.pid}.${crypto.randomUUID()}`;
  if (!existsSync(clip)) {
    const sound = options.aac
      ? ["-f", "lavfi", "-i", soundGraph(options.aac), "-c:a", "aac", "-b:a", "96k"]
      : [];
    const file = temporary(clip);
    const picture = ["-f", "lavfi", "-i", pictureGraph(options)];
    const encoder = [...pictureEncoder(options), "-pix_fmt", "yuv420p"];
    await ffmpeg([...picture, ...sound, ...encoder, "-f", "mp4", file]);
    await rename(file, clip);
  }
  if (alaw !== null && !existsSync(alaw)) {
    const file = temporary(alaw);
    const tone = ["-f", "lavfi", "-i", `sine=f=400:r=8000:d=${LOOP_SECONDS}`];
    await ffmpeg([...tone, "-c:a", "pcm_alaw", "-f", "alaw", file]);
    await rename(file, alaw);
  }
  return { clip, codec: options.codec ?? "h264", aac: Boolean(options.aac), alaw, seconds: LOOP_SECONDS };
}
