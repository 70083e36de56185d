import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Runs a tool to its end; throws with what it said when it fails or says anything at all. */
export function run(argv: readonly string[], input?: Uint8Array): Uint8Array {
  const result = Bun.spawnSync([...argv], { timeout: 60_000, ...(input ? { stdin: input } : {}) });
  const said = result.stderr.toString();
  if (result.exitCode !== 0 || said !== "") {
    throw new Error(`${argv.join(" ")}: exit code ${result.exitCode}: ${said}`);
  }
  return new Uint8Array(result.stdout);
}

export const runText = (argv: readonly string[], input?: Uint8Array): string =>
  new TextDecoder().decode(run(argv, input));

/** A temporary folder that goes with its scope. */
export async function temporaryFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), "nightjar-media-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

export type ClipOptions = {
  codec: "h264" | "h265";
  bFrames?: number;
  sound?: { rate: number; channels: number };
  /** `W` x `H` in pixels. */
  size?: string;
  seconds?: number;
  /** By how much the sound begins after the pictures. */
  soundDelaySeconds?: number;
};

/** Arguments that encode a moving test picture and a tone; key frames each second. */
export function encodeArguments({
  codec,
  bFrames = 0,
  sound,
  size = "192x108",
  ...more
}: ClipOptions): string[] {
  const coding = `keyint=25:min-keyint=25:scenecut=0:bframes=${bFrames}`;
  const delay = ["-itsoffset", String(more.soundDelaySeconds ?? 0)];
  const picture =
    codec === "h264"
      ? ["-c:v", "libx264", "-preset", "ultrafast", "-x264-params", coding]
      : ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", `${coding}:open-gop=0:log-level=none`];
  return [
    "-f",
    "lavfi",
    "-i",
    `testsrc2=s=${size}:r=25`,
    ...(sound ? [...delay, "-f", "lavfi", "-i", `sine=f=440:r=${sound.rate}`] : []),
    "-t",
    String(more.seconds ?? 3),
    ...picture,
    "-pix_fmt",
    "yuv420p",
    ...(sound ? ["-c:a", "aac", "-ac", String(sound.channels)] : []),
  ];
}

/** A clip as ffmpeg writes it to the pipe of a recorder: fragmented MP4. */
export const fragmentedClip = (options: ClipOptions, flags = "+delay_moov+frag_keyframe"): Uint8Array =>
  run([
    "ffmpeg",
    "-nostdin",
    "-v",
    "error",
    ...encodeArguments(options),
    "-movflags",
    flags,
    "-frag_duration",
    "500000",
    "-f",
    "mp4",
    "pipe:1",
  ]);

/** Checksums of all decoded frames of a file, with their tracks, without times. */
export function decodedFrames(file: string, ...options: string[]): string[] {
  return runText(["ffmpeg", "-nostdin", "-v", "error", ...options, "-i", file, "-f", "framemd5", "-"])
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const fields = line.split(",").map((field) => field.trim());
      return `${fields[0]} ${fields.at(-1)}`;
    });
}
