import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** One coded picture as a camera sends it. */
export type ClipPicture = {
  nals: Uint8Array[];
  /** Presentation time in 90 kHz ticks from the clip's first picture. */
  ptsTicks: number;
  isKey: boolean;
};

export type ClipAudio = { rate: number; channels: number; frameTicks: number; frames: Uint8Array[] };

export type Clip = {
  codec: "h264" | "h265";
  width: number;
  height: number;
  fps: number;
  /** In decode order; the loop begins again after the last. */
  pictures: ClipPicture[];
  /** VPS, SPS, PPS, as they also stand in each key picture. */
  parameterSets: Uint8Array[];
  aac: ClipAudio | undefined;
};

export type ClipOptions = {
  codec?: "h264" | "h265";
  width?: number;
  height?: number;
  fps?: number;
  seconds?: number;
  gopPictures?: number;
  bFrames?: number;
  aac?: { rate: number; channels: number } | false;
};

type ProbedPacket = { codec_type: string; pts_time: string; size: string; pos: string; flags: string };

function splitNals(sample: Uint8Array): Uint8Array[] {
  const nals: Uint8Array[] = [];
  const view = new DataView(sample.buffer, sample.byteOffset, sample.byteLength);
  for (let at = 0; at + 4 <= sample.length;) {
    const length = view.getUint32(at);
    nals.push(sample.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return nals;
}

const isParameterSet = (codec: "h264" | "h265", nal: Uint8Array): boolean => {
  const first = nal[0] ?? 0;
  return codec === "h264" ? [7, 8].includes(first & 31) : [32, 33, 34].includes((first >> 1) & 63);
};

/** Encodes a moving test picture, and a tone, with ffmpeg, and takes the file apart into what a camera sends. */
export async function makeClip(options: ClipOptions = {}): Promise<Clip> {
  const {
    codec = "h264",
    width = 320,
    height = 240,
    fps = 25,
    seconds = 4,
    gopPictures = fps,
    bFrames = 0,
  } = options;
  const aac = options.aac === false ? undefined : (options.aac ?? { rate: 48_000, channels: 2 });
  const folder = await mkdtemp(join(tmpdir(), "nightjar-clip-"));
  try {
    const file = join(folder, "clip.mp4");
    const x26x = `keyint=${gopPictures}:min-keyint=${gopPictures}:scenecut=0:repeat-headers=1:bframes=${bFrames}`;
    const encoder =
      codec === "h264"
        ? ["-c:v", "libx264", "-preset", "ultrafast", "-x264-params", x26x]
        : ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", `${x26x}:open-gop=0:log-level=none`];
    const sound = aac ? ["-f", "lavfi", "-i", `sine=f=440:r=${aac.rate}`] : [];
    const soundEncoder = aac ? ["-c:a", "aac", "-ac", String(aac.channels)] : [];
    const argv = [
      "ffmpeg",
      "-v",
      "error",
      "-y",
      "-f",
      "lavfi",
      "-i",
      `testsrc2=s=${width}x${height}:r=${fps}`,
    ];
    argv.push(...sound, "-t", String(seconds), ...encoder, "-pix_fmt", "yuv420p", ...soundEncoder, file);
    const encode = Bun.spawnSync(argv);
    if (encode.exitCode !== 0) throw new Error(`ffmpeg: ${encode.stderr.toString()}`);
    const probe = Bun.spawnSync(["ffprobe", "-v", "error", "-show_packets", "-of", "json", file]);
    const { packets } = JSON.parse(probe.stdout.toString()) as { packets: ProbedPacket[] };
    const bytes = new Uint8Array(await readFile(file));
    const bytesOf = (packet: ProbedPacket) =>
      bytes.slice(Number(packet.pos), Number(packet.pos) + Number(packet.size));
    const pictures = packets
      .filter((packet) => packet.codec_type === "video")
      .map((packet) => ({
        nals: splitNals(bytesOf(packet)),
        ptsTicks: Math.round(Number(packet.pts_time) * 90_000),
        isKey: packet.flags.includes("K"),
      }));
    const frames = packets.filter((packet) => packet.codec_type === "audio").map(bytesOf);
    return {
      codec,
      width,
      height,
      fps,
      pictures,
      parameterSets: (pictures[0]?.nals ?? []).filter((nal) => isParameterSet(codec, nal)),
      aac: aac ? { ...aac, frameTicks: 1024, frames } : undefined,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
