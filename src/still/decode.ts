import { initForTrack } from "../media/fmp4/init.ts";
import { buildSegmentHeader } from "../media/fmp4/segment.ts";
import { VIDEO_TIMESCALE } from "../media/parameters.ts";
import { NightjarError } from "../platform/errors.ts";
import { findTool, prepareTool, type PreparedTool } from "../platform/process.ts";

/** A coded picture that can be decoded alone, and all that a decoder has to know before it. */
export type CodedPicture = {
  /** `ftyp` and `moov` of its run, as `buildInit` writes them. */
  init: Uint8Array;
  /** The key frame: length-prefixed NAL units (4 bytes). */
  sample: Uint8Array;
};

export type DecodeOptions = {
  /** Width of the JPEG in pixels; by default that of the picture. Its height keeps the picture's shape. */
  widthPixels?: number | undefined;
  /** When aborted, the decoder is ended. */
  signal?: AbortSignal | undefined;
};

/** A picture of 8K takes under 3 s on a slow machine; whoever waits longer waits for nothing. */
const TIMEOUT_MS = 10_000;
const MAX_JPEG_BYTES = 32 * 1024 * 1024;
/** ffmpeg's scale of 2 (best) to 31. */
const QUALITY = 4;

/** Size with square pixels; JPEGs are full range and have the coefficients of BT.601 (JFIF 1.02). */
const scaleFilter = (widthPixels: number | undefined): string => {
  const size =
    widthPixels === undefined
      ? "w=round(iw*sar):h=ih"
      : String.raw`w=${widthPixels}:h=max(1\,round(${widthPixels}/dar))`;
  return `scale=${size}:out_color_matrix=bt601,setsar=1`;
};

const QUIET = ["-hide_banner", "-nostats", "-loglevel", "error"];
/** All that is needed stands at the front, so there is nothing to be guessed from more of it. */
const INPUT = ["-threads", "1", "-probesize", "32", "-analyzeduration", "0", "-f", "mp4", "-i", "pipe:0"];
const OUTPUT = ["-c:v", "mjpeg", "-threads", "1", "-q:v", String(QUALITY), "-f", "mjpeg", "pipe:1"];

function command(program: string, widthPixels: number | undefined): string[] {
  const onePicture = ["-an", "-frames:v", "1", "-vf", scaleFilter(widthPixels)];
  return [program, ...QUIET, ...INPUT, ...onePicture, ...OUTPUT];
}

/** A fragmented MP4 of one picture, as decoders read it. Throws `not-found` and `unprocessable` for a bad init. */
export function movieOf({ init, sample }: CodedPicture): Uint8Array {
  const only = {
    sizeBytes: sample.length,
    durationTicks: VIDEO_TIMESCALE,
    compositionOffsetTicks: 0,
    isKey: true,
  };
  const header = buildSegmentHeader({ sequenceNumber: 1, video: { decodeTicks: 0, samples: [only] } });
  return Buffer.concat([initForTrack(init, "video"), header, sample]);
}

/** The command line of a decoder. Throws `unavailable` when there is no ffmpeg. */
export function decoderCommand(widthPixels: number | undefined): string[] {
  const program = findTool("ffmpeg");
  if (program !== undefined) return command(program, widthPixels);
  throw new NightjarError(
    "unavailable",
    "Pictures are decoded by ffmpeg, which was not found on this machine",
    { details: ["Install it, for example with: apt install ffmpeg", "Video plays without it"] },
  );
}

/**
 * Makes a JPEG of one coded picture, by an ffmpeg that gets it on its standard input.
 * @throws NightjarError `unavailable` when there is no ffmpeg, it takes too long or was aborted, or it can't make
 * a picture of what it got
 */
export async function decodeStill(
  picture: CodedPicture,
  { widthPixels, signal }: DecodeOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const movie = movieOf(picture);
  return decodeBy(prepareTool(decoderCommand(widthPixels)), movie, signal);
}

/** The same by a decoder that was started before. */
export async function decodeBy(
  decoder: PreparedTool,
  movie: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  const { stdout, stderr } = await decoder.run(movie, {
    timeoutMs: TIMEOUT_MS,
    maxOutputBytes: MAX_JPEG_BYTES,
    ...(signal ? { signal } : {}),
  });
  if (stdout[0] === 0xff && stdout[1] === 0xd8) return stdout;
  const [reason] = stderr.split("\n");
  throw new NightjarError("unavailable", "The picture can't be decoded", {
    details: reason ? [`ffmpeg says: ${reason.slice(0, 200)}`] : [],
  });
}
