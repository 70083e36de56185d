import { statSync } from "node:fs";
import { NightjarError } from "../platform/errors.ts";
import { findTool, runTool, spawnStream } from "../platform/process.ts";

/** What of ffmpeg is needed and was not found, with what to do. */
export const noFfmpeg = (): NightjarError =>
  new NightjarError("unavailable", "Films are made by ffmpeg, which was not found on this machine", {
    details: ["Install it, for example with: apt install ffmpeg", "Video plays and downloads without it"],
  });

const LIST_LIMITS = { timeoutMs: 10_000, maxOutputBytes: 4_000_000 };

const lists = new Map<string, Promise<ReadonlySet<string>>>();

async function readList(program: string, what: "-encoders" | "-filters"): Promise<ReadonlySet<string>> {
  const { stdout } = await runTool([program, "-hide_banner", what], LIST_LIMITS);
  // ` V....D libx264   libx264 H.264 …`, ` T.. drawtext   V->V  Draw text …`
  return new Set(stdout.split("\n").flatMap((line) => /^ \S{2,6} +(\S+)/.exec(line)?.[1] ?? []));
}

/** Which file a program is: another one that was installed in its place is another. */
function identityOf(program: string): string {
  const found = statSync(program, { throwIfNoEntry: false });
  return found ? `${found.ino} ${found.size} ${found.mtimeMs}` : "";
}

/** Names of what this ffmpeg has, asked for once. Throws `unavailable` without ffmpeg. */
export function ffmpegHas(what: "-encoders" | "-filters"): Promise<ReadonlySet<string>> {
  const program = findTool("ffmpeg");
  if (program === undefined) throw noFfmpeg();
  const key = `${program} ${identityOf(program)} ${what}`;
  const known = lists.get(key) ?? readList(program, what);
  lists.set(key, known);
  // What went wrong once is tried again.
  known.catch(() => lists.delete(key));
  return known;
}

export const filmCodecs = ["h264", "h265"] as const;
export type FilmCodec = (typeof filmCodecs)[number];

/** Encoders of a codec, the best first. */
const ENCODERS: Readonly<Record<FilmCodec, readonly string[]>> = {
  h264: ["libx264", "libopenh264"],
  h265: ["libx265"],
};

/**
 * The encoder that makes a codec. Throws `unprocessable` when this ffmpeg has none, `unavailable` when there is no ffmpeg.
 */
export async function encoderFor(codec: FilmCodec): Promise<string> {
  const there = await ffmpegHas("-encoders");
  const found = ENCODERS[codec].find((name) => there.has(name));
  if (found !== undefined) return found;
  throw new NightjarError(
    "unprocessable",
    `This ffmpeg can't make ${codec === "h264" ? "H.264" : "H.265"}: it has none of ${ENCODERS[codec].join(", ")}`,
    { details: ["Install an ffmpeg that has it; Debian's does"] },
  );
}

/** How far an encoder is: pictures written, and the time of the newest one, in ms. */
export type EncoderProgress = { pictures: number; outMs: number };

export type EncoderOptions = {
  /** What it reads. */
  stdin: ReadableStream<Uint8Array>;
  /** When aborted, it ends. */
  signal: AbortSignal;
  /** Work that can wait: lowest claim on processor and disk. */
  isBackground: boolean;
  /** When it has come no further for so long, it is ended. */
  stallMs: number;
  onProgress?: (progress: EncoderProgress) => void;
  /** Why its input ended too early. */
  inputError?: () => unknown;
};

/**
 * Runs an ffmpeg that writes files, to its end; `argv` without the program's name. Throws `unavailable` when it stands
 * still, a signal ends it or the disk is full, `unprocessable` with its words when it fails, and what `inputError` says.
 */
export async function runEncoder(argv: readonly string[], options: EncoderOptions): Promise<EncoderProgress> {
  const program = findTool("ffmpeg");
  if (program === undefined) throw noFfmpeg();
  const quiet = ["-hide_banner", "-nostats", "-loglevel", "error", "-y", "-progress", "pipe:1"];
  const { stdin, signal, isBackground } = options;
  const child = spawnStream([program, ...quiet, ...argv], { stdin, signal, isBackground });
  const newest: EncoderProgress = { pictures: 0, outMs: 0 };
  let isStalled = false;
  let movedMs = performance.now();
  const watch = setInterval(() => {
    if (performance.now() - movedMs - child.pausedMs() < options.stallMs) return;
    isStalled = true;
    void child.stop();
  }, 1000);
  try {
    await readProgress(child.stdout, (progress) => {
      if (progress.pictures > newest.pictures) movedMs = performance.now() - child.pausedMs();
      Object.assign(newest, progress);
      options.onProgress?.(newest);
    });
    const { code, signal: endedBy } = await child.exited;
    signal.throwIfAborted();
    if (isStalled) throw new NightjarError("unavailable", "ffmpeg stood still and was ended");
    const inputError = options.inputError?.();
    if (inputError !== undefined) throw inputError;
    if (code === 0) return newest;
    // As when memory runs out, where work that can wait is the first to go.
    if (endedBy !== undefined)
      throw new NightjarError("unavailable", `ffmpeg was ended in the middle of its work, by ${endedBy}`);
    const said = child.lastStderrLines();
    if (said.some((line) => /no space left|quota exceeded/i.test(line)))
      throw new NightjarError("unavailable", "There is no room for the film on the disk");
    const reason = said.at(-1);
    throw new NightjarError("unprocessable", "ffmpeg can't make this film", {
      details: reason ? [`ffmpeg says: ${reason.slice(0, 200)}`] : [],
    });
  } finally {
    clearInterval(watch);
    await child.stop();
  }
}

/** Reads what `-progress` writes: lines of `key=value`, a block of them each half second. */
async function readProgress(
  stdout: ReadableStream<Uint8Array>,
  tell: (progress: EncoderProgress) => void,
): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  const progress: EncoderProgress = { pictures: 0, outMs: 0 };
  for await (const chunk of stdout) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const [key, value] = line.split("=");
      const number = Number(value);
      if (key === "frame" && Number.isFinite(number)) progress.pictures = number;
      if (key === "out_time_us" && Number.isFinite(number)) progress.outMs = Math.max(0, number / 1000);
      if (key === "progress") tell({ ...progress });
    }
  }
}
