import { NightjarError } from "../platform/errors.ts";

/** What becomes of the sound: kept as it is, made into AAC, or left out. */
export type SoundHandling = "copy" | "to-aac" | "none";

/** Where ffmpeg gets its data from. */
export type FfmpegInput =
  /** A camera; its URL, which may hold a password, goes to ffmpeg through a script, never as an argument. */
  | { kind: "rtsp"; url: string; transport: "tcp" | "udp" }
  /** Anything else that ffmpeg opens by a URL. */
  | { kind: "url"; url: string }
  /** Its standard input; the format as ffmpeg calls it, where it can't be seen from the data. */
  | { kind: "pipe"; format?: string }
  /** A synthetic camera: an ffmpeg filter graph with the outputs `out0` (pictures) and `out1` (sound). */
  | { kind: "synthetic"; graph: string; gopPictures: number };

/** A command line and, where ffmpeg reads a script, the text for its standard input. */
export type FfmpegCommand = { argv: string[]; script?: string };

/**
 * How long a fragment is at least, in microseconds, whatever the GOP: it ends with the first picture that makes it so
 * long. As many pictures as in a live part, at usual rates 0.2 s; smaller ones cost more time of the processor.
 */
const FRAGMENT_US = 195_000;
/** How long ffmpeg looks at a stream before it starts, in microseconds; sound that never comes costs all of it. */
const ANALYSE_US = 500_000;
/** The same, for cameras that send their parameter sets only with a key picture. */
const LONG_ANALYSE_US = 12_000_000;
/** Frames of every sound are made 48 kHz, so that those of A-law are not 128 ms long. */
const AAC_RATE = 48_000;

const RTSP_PROTOCOLS = "pipe,rtsp,rtsps,rtp,udp,tcp,tls,crypto";
/** With `data` a list of our own making can name what is opened. */
const URL_PROTOCOLS = `${RTSP_PROTOCOLS},http,https,httpproxy,rtmp,rtmps,rtmpt,srt,data`;
/** Raw streams without times of their own: the time of arrival stands in. */
export const FORMATS_WITHOUT_TIMES: readonly string[] = ["h264", "hevc"];

const containsControl = (text: string): boolean => /\p{Cc}/u.test(text);

/** A script for ffmpeg's concat demuxer that opens one URL with options. */
function concatScript(url: string, options: Record<string, string>): string {
  if (containsControl(url)) throw new NightjarError("config", "The source's URL contains control characters");
  const lines = Object.entries(options).map(([name, value]) => `option ${name} ${value}`);
  return `ffconcat version 1.0\nfile '${url.replaceAll("'", String.raw`'\''`)}'\n${lines.join("\n")}\n`;
}

const scriptInput = (protocols: string): string[] => [
  "-protocol_whitelist",
  protocols,
  "-f",
  "concat",
  "-safe",
  "0",
  "-i",
  "pipe:0",
];

/** How ffmpeg is to treat what it reads, beyond the sound; what is needed shows only when the source is open. */
export type InputTreatment = {
  /** Look at the stream for longer: its parameter sets come with the first key picture. */
  longAnalysis?: boolean;
  /** The stream has no times of its own: take those of arrival. */
  arrivalTimes?: boolean;
  /** Sound is announced but may never come: don't wait for it. The first sample of each track is then misplaced. */
  lateSound?: boolean;
};

function inputArguments(input: FfmpegInput, treatment: InputTreatment): FfmpegCommand {
  const analyseUs = String(treatment.longAnalysis ? LONG_ANALYSE_US : ANALYSE_US);
  const analyse = ["-analyzeduration", analyseUs];
  switch (input.kind) {
    case "rtsp": {
      const options = { rtsp_transport: input.transport, analyzeduration: analyseUs };
      return { argv: [...analyse, ...scriptInput(RTSP_PROTOCOLS)], script: concatScript(input.url, options) };
    }
    case "url": {
      const script = concatScript(input.url, { analyzeduration: analyseUs });
      return { argv: [...analyse, ...scriptInput(URL_PROTOCOLS)], script };
    }
    case "pipe": {
      const format = input.format === "h265" ? "hevc" : input.format;
      const byArrival = treatment.arrivalTimes === true || FORMATS_WITHOUT_TIMES.includes(format ?? "");
      const arrival = byArrival ? ["-use_wallclock_as_timestamps", "1"] : [];
      const chosen = format === undefined ? [] : ["-f", format];
      return { argv: ["-protocol_whitelist", "pipe", ...analyse, ...arrival, ...chosen, "-i", "pipe:0"] };
    }
    case "synthetic":
      return { argv: ["-re", "-f", "lavfi", "-i", input.graph] };
  }
}

function pictureArguments(input: FfmpegInput): string[] {
  if (input.kind !== "synthetic") return ["-map", "0:v:0", "-c:v", "copy"];
  const gop = String(input.gopPictures);
  const encoder = ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p"];
  return ["-map", "0:v:0", ...encoder, "-g", gop, "-keyint_min", gop, "-sc_threshold", "0", "-threads", "1"];
}

function soundArguments(sound: SoundHandling): string[] {
  switch (sound) {
    case "none":
      return ["-an"];
    case "copy":
      // Passes raw AAC through; ADTS, in MPEG-TS, has to be unwrapped for MP4.
      return ["-map", "0:a:0?", "-c:a", "copy", "-bsf:a", "aac_adtstoasc"];
    case "to-aac":
      return ["-map", "0:a:0?", "-c:a", "aac", "-ar", String(AAC_RATE)];
  }
}

/**
 * The command that turns an input into fragmented MP4 on standard output, pictures copied.
 *
 * `delay_moov` without `empty_moov` keeps the tracks' true offset in the edit lists, but waits for the first
 * sample of each track; without `separate_moof` a fragment holds all tracks. The short interleaving keeps sound
 * that stops from holding pictures back.
 */
export function captureCommand(
  input: FfmpegInput,
  sound: SoundHandling,
  treatment: InputTreatment = {},
): FfmpegCommand {
  const { argv, script } = inputArguments(input, treatment);
  const quiet = ["-hide_banner", "-stats", "-stats_period", "1", "-loglevel", "level+verbose"];
  const output = ["-max_interleave_delta", String(FRAGMENT_US), "-frag_duration", String(FRAGMENT_US)];
  const moov = treatment.lateSound ? "empty_moov" : "delay_moov";
  const movie = ["-movflags", `+${moov}+frag_keyframe+default_base_moof`, "-f", "mp4", "pipe:1"];
  const readsInput = script !== undefined || input.kind === "pipe";
  return {
    argv: [
      "ffmpeg",
      ...quiet,
      ...(readsInput ? [] : ["-nostdin"]),
      ...argv,
      ...pictureArguments(input),
      ...soundArguments(sound),
      "-sn",
      "-dn",
      ...output,
      ...movie,
    ],
    ...(script === undefined ? {} : { script }),
  };
}
