import { existsSync } from "node:fs";
import type { ConvertCodec, ConvertConfig, EncoderKind } from "../config/convert.ts";
import { NightjarError } from "../platform/errors.ts";
import { findTool, runTool } from "../platform/process.ts";

/** What ffmpeg is told to encode with one of its encoders. */
export type Encoder = {
  kind: Exclude<EncoderKind, "auto">;
  /** ffmpeg's name for it. */
  name: string;
  /** Options before the inputs. */
  device: readonly string[];
  /** Filters between the pictures and it; empty where it takes them as they are. */
  upload: string;
  options(settings: ConvertConfig, picture: PictureRate): string[];
};

/** Of the pictures that are encoded: their size in pixels, and how many there are in a second, a whole number. */
export type PictureRate = { width: number; height: number; fps: number };

const RENDER_NODE = "/dev/dri/renderD128";
/** Bits of a picture's point for encoders that know no quality but a bit rate; those of surveillance at a good quality. */
const BITS_PER_PIXEL = 0.06;

const software: Record<ConvertCodec, Encoder> = {
  h265: {
    kind: "software",
    name: "libx265",
    device: [],
    upload: "",
    options: ({ crf, preset }, { fps }) => [
      "-preset",
      preset,
      "-crf",
      `${crf}`,
      "-forced-idr",
      "1",
      "-x265-params",
      `log-level=error:fps=${fps}:open-gop=0:min-keyint=1:info=0`,
    ],
  },
  h264: {
    kind: "software",
    name: "libx264",
    device: [],
    upload: "",
    options: ({ crf, preset }, { fps }) => [
      "-preset",
      preset,
      "-crf",
      `${crf}`,
      "-forced-idr",
      "1",
      "-x264-params",
      `force-cfr=1:fps=${fps}:open-gop=0:min-keyint=1`,
    ],
  },
};

const nameFor = (codec: ConvertCodec, suffix: string): string =>
  `${codec === "h265" ? "hevc" : "h264"}_${suffix}`;

const hardware = (codec: ConvertCodec): Encoder[] => [
  {
    kind: "nvenc",
    name: nameFor(codec, "nvenc"),
    device: [],
    upload: "",
    options: ({ crf }) => [
      "-preset",
      "p5",
      "-rc",
      "vbr",
      "-cq",
      `${crf}`,
      "-b:v",
      "0",
      "-forced-idr",
      "1",
      "-strict_gop",
      "1",
      "-no-scenecut",
      "1",
    ],
  },
  {
    kind: "qsv",
    name: nameFor(codec, "qsv"),
    device: ["-init_hw_device", "qsv=made", "-filter_hw_device", "made"],
    upload: "format=nv12,hwupload=extra_hw_frames=64",
    options: ({ crf }) => ["-global_quality", `${crf}`, "-forced_idr", "1"],
  },
  {
    kind: "vaapi",
    name: nameFor(codec, "vaapi"),
    device: ["-vaapi_device", RENDER_NODE],
    upload: "format=nv12,hwupload",
    options: ({ crf }) => ["-rc_mode", "CQP", "-qp", `${crf}`],
  },
  {
    kind: "v4l2",
    name: nameFor(codec, "v4l2m2m"),
    device: [],
    upload: "format=yuv420p",
    options: (_settings, { width, height, fps }) => [
      "-b:v",
      `${Math.round(width * height * fps * BITS_PER_PIXEL)}`,
      "-num_capture_buffers",
      "32",
    ],
  },
];

const TRY_MS = 20_000;
const MAX_OUTPUT_BYTES = 4 << 20;

/** Whether the part of the machine that it needs is there at all. */
function isThere({ kind }: Encoder): boolean {
  if (kind === "vaapi" || kind === "qsv") return existsSync(RENDER_NODE);
  if (kind === "nvenc") return existsSync("/dev/nvidiactl");
  if (kind === "v4l2") return ["10", "11", "12"].some((number) => existsSync(`/dev/video${number}`));
  return true;
}

/** A few pictures are encoded by it. Answers what went wrong, `undefined` when nothing did. */
async function tryOut(
  program: string,
  encoder: Encoder,
  settings: ConvertConfig,
): Promise<string | undefined> {
  const picture = { width: 320, height: 240, fps: 25 };
  const filter = encoder.upload === "" ? "format=yuv420p" : encoder.upload;
  const argv = [
    program,
    "-nostdin",
    "-hide_banner",
    "-loglevel",
    "error",
    ...encoder.device,
    "-f",
    "lavfi",
    "-i",
    "testsrc2=size=320x240:rate=25",
    "-frames:v",
    "10",
    "-vf",
    filter,
    "-c:v",
    encoder.name,
    ...encoder.options(settings, picture),
    "-f",
    "null",
    "-",
  ];
  const { code, stderr } = await runTool(argv, {
    timeoutMs: TRY_MS,
    maxOutputBytes: MAX_OUTPUT_BYTES,
    isBackground: true,
  });
  return code === 0 ? undefined : (stderr.split("\n")[0] ?? "").slice(0, 200) || `it ended with ${code}`;
}

/** Finds what encodes, and remembers it until the end of the process. */
export class EncoderChoice {
  readonly #found = new Map<string, Promise<Encoder>>();
  readonly #tool: (name: string) => string | undefined;

  constructor(tool: (name: string) => string | undefined = findTool) {
    this.#tool = tool;
  }

  /**
   * Path of ffmpeg.
   * @throws NightjarError `unavailable` when it is not installed
   */
  program(): string {
    const program = this.#tool("ffmpeg");
    if (program !== undefined) return program;
    throw new NightjarError(
      "unavailable",
      "Old days are converted by ffmpeg, which was not found on this machine",
      {
        details: ["Install it, for example with: apt install ffmpeg"],
      },
    );
  }

  /**
   * What encodes by these settings: the one that is named, or the first that works.
   * @throws NightjarError `unprocessable` when the one that is named does not work, or none does; with ffmpeg's words
   */
  for(settings: ConvertConfig): Promise<Encoder> {
    const program = this.program();
    const key = [program, settings.codec, settings.encoder, settings.preset].join(" ");
    let found = this.#found.get(key);
    if (found === undefined) {
      found = this.#find(program, settings);
      this.#found.set(key, found);
      // What did not work may have been installed since.
      found.catch(() => this.#found.delete(key));
    }
    return found;
  }

  async #find(program: string, settings: ConvertConfig): Promise<Encoder> {
    const { codec, encoder: wished } = settings;
    const all = [...hardware(codec), software[codec]];
    const candidates = all.filter(({ kind }) => wished === "auto" || kind === wished);
    const reasons: string[] = [];
    for (const encoder of candidates) {
      const isMissing = !isThere(encoder);
      if (isMissing && wished === "auto") continue;
      const why = isMissing ? "this machine has no such device" : await tryOut(program, encoder, settings);
      if (why === undefined) return encoder;
      reasons.push(`${encoder.name}: ${why}`);
    }
    throw new NightjarError(
      "unprocessable",
      `ffmpeg can't encode ${codec} here${wished === "auto" ? "" : ` with encoder ${wished}`} (${reasons.join("; ")})`,
      { details: reasons },
    );
  }
}
