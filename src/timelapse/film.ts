import { rename, rm } from "node:fs/promises";
import { encoderFor, runEncoder } from "../export/encoder.ts";
import { initForTrack, parseInit } from "../media/fmp4/init.ts";
import { buildSegmentHeader } from "../media/fmp4/segment.ts";
import { VIDEO_TIMESCALE, type VideoCodec } from "../media/parameters.ts";
import { NightjarError } from "../platform/errors.ts";
import { runToolForBytes } from "../platform/process.ts";
import { decoderCommand, movieOf } from "../still/decode.ts";
import { startsAnew } from "./alone.ts";
import {
  filmSize,
  joinArguments,
  partArguments,
  partList,
  type FilmForm,
  type PartInput,
} from "./film-arguments.ts";
import type { FilmPicture } from "./key-pictures.ts";

/** A film that comes no further for so long never will. */
const STALL_MS = 120_000;
const MAX_JPEG_BYTES = 32 * 1024 * 1024;

export type FilmOptions = {
  /** Where the MP4 is made; parts of it lie beside it meanwhile. */
  path: string;
  fps: number;
  /** Of the picture; lower ones keep theirs. */
  maxHeightPixels: number;
  signal: AbortSignal;
  /** How many pictures of the film are done. */
  onPicture: (count: number) => void;
};

/** Pictures, one of which can be looked at before it is taken. */
class Ahead {
  readonly #pictures: AsyncGenerator<FilmPicture>;
  #next: FilmPicture | undefined;

  constructor(pictures: AsyncGenerator<FilmPicture>) {
    this.#pictures = pictures;
  }

  async peek(): Promise<FilmPicture | undefined> {
    if (!this.#next) {
      const result = await this.#pictures.next();
      this.#next = result.done ? undefined : result.value;
    }
    return this.#next;
  }

  take(): void {
    this.#next = undefined;
  }

  async close(): Promise<void> {
    await this.#pictures.return(undefined);
  }
}

const sameBytes = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0;

/** Pictures of one init, that one decoder takes one after the other; or each by a decoder of its own. */
type Part = { init: Uint8Array; codec: VideoCodec; input: PartInput };

function partOf({ init, sample }: FilmPicture): Part {
  const codec = parseInit(init).video?.parameters?.codec ?? "h264";
  return { init, codec, input: startsAnew(codec, sample) ? "mp4" : "jpeg" };
}

/** What one ffmpeg gets: pictures until there are no more or the next one does not belong to it. */
async function* partBytes(
  pictures: Ahead,
  part: Part,
  options: FilmOptions & FilmForm,
): AsyncGenerator<Uint8Array, void> {
  const { fps, signal, heightPixels } = options;
  const isMovie = part.input === "mp4";
  if (isMovie) yield initForTrack(part.init, "video");
  let done = 0;
  for (;;) {
    const picture = await pictures.peek();
    signal.throwIfAborted();
    const isOfPart =
      picture && sameBytes(picture.init, part.init) && (!isMovie || startsAnew(part.codec, picture.sample));
    if (!isOfPart) return;
    const { sample, count } = picture;
    const jpeg = isMovie ? undefined : await jpegOf(picture, heightPixels, signal);
    // Said again rather than said to be longer: ffmpeg loses how long the last picture of a stream is.
    for (let copy = 0; copy < count; copy++) {
      if (isMovie) {
        yield fragmentOf(sample, ticksAt(done + copy, fps), ticksAt(done + copy + 1, fps));
        yield sample;
      } else if (jpeg) yield jpeg;
    }
    pictures.take();
    done += count;
    options.onPicture(count);
  }
}

const ticksAt = (picture: number, fps: number): number => Math.round((picture * VIDEO_TIMESCALE) / fps);

/** What stands before a picture that is shown from one time to another, in ticks. */
const fragmentOf = ({ length }: Uint8Array, fromTicks: number, toTicks: number): Uint8Array => {
  const durationTicks = toTicks - fromTicks;
  const sample = { sizeBytes: length, durationTicks, compositionOffsetTicks: 0, isKey: true };
  return buildSegmentHeader({
    sequenceNumber: 1,
    video: { decodeTicks: fromTicks, samples: [sample] },
  });
};

/** `undefined` for a picture that can't be decoded: one is not the whole film. */
async function jpegOf(
  picture: FilmPicture,
  heightPixels: number,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const video = parseInit(picture.init).video?.parameters;
  const widthPixels =
    video && video.height > heightPixels
      ? Math.round((video.width * heightPixels) / video.height)
      : undefined;
  const { stdout } = await runToolForBytes(decoderCommand(widthPixels), {
    stdin: movieOf(picture),
    isBackground: true,
    timeoutMs: STALL_MS,
    maxOutputBytes: MAX_JPEG_BYTES,
    signal,
  });
  signal.throwIfAborted();
  return stdout.length > 0 ? stdout : undefined;
}

/** Bytes as a stream that keeps what went wrong, as a process whose input just ends says nothing of it. */
function streamOf(bytes: AsyncGenerator<Uint8Array, void>): {
  stream: ReadableStream<Uint8Array>;
  error: () => unknown;
} {
  let failure: unknown;
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const next = await bytes.next();
          if (next.done) controller.close();
          else controller.enqueue(next.value);
        } catch (error) {
          failure = error;
          controller.close();
        }
      },
      async cancel() {
        await bytes.return();
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, error: () => failure };
}

/** A film of so many parts that can't be made is not made any other way either. */
const MOST_FAILURES = 5;

/** Parts in order, joined without encoding again. */
async function join(parts: readonly string[], { path, signal }: FilmOptions): Promise<void> {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return rename(only, path);
  const list = new Blob([partList(parts)]).stream();
  await runEncoder(joinArguments(path), { stdin: list, signal, isBackground: true, stallMs: STALL_MS });
}

/**
 * Makes an MP4 (H.264, index in front) of pictures: by one ffmpeg that decodes and encodes, or where the camera changed
 * meanwhile by one for each part.
 * @throws NightjarError `not-found` without pictures, `unavailable` without room or ffmpeg, `unprocessable`
 */
export async function makeFilm(pictures: AsyncGenerator<FilmPicture>, options: FilmOptions): Promise<void> {
  const { path, fps, maxHeightPixels, signal } = options;
  const ahead = new Ahead(pictures);
  const parts: string[] = [];
  const failures: unknown[] = [];
  try {
    const encoder = await encoderFor("h264");
    let form: FilmForm | undefined;
    for (let first = await ahead.peek(); first; first = await ahead.peek()) {
      const video = parseInit(first.init).video?.parameters;
      if (!video) throw new NightjarError("unprocessable", "The footage does not say what its pictures are");
      form ??= { ...filmSize(video, maxHeightPixels), fps, encoder };
      const part = partOf(first);
      const partPath = path.replace(/\.mp4$/, `.part-${parts.length + failures.length + 1}.mp4`);
      const input = streamOf(partBytes(ahead, part, { ...options, ...form }));
      try {
        await runEncoder(partArguments(form, part.input, partPath), {
          stdin: input.stream,
          signal,
          isBackground: true,
          stallMs: STALL_MS,
          inputError: input.error,
        });
        parts.push(partPath);
      } catch (error) {
        await rm(partPath, { force: true });
        const isPart = error instanceof NightjarError && error.kind === "unprocessable";
        if (!isPart || failures.push(error) > MOST_FAILURES) throw error;
      }
    }
    if (parts.length === 0) throw failures[0];
    await join(parts, options);
  } finally {
    await ahead.close();
    for (const part of parts) await rm(part, { force: true });
  }
}
