import { wantsHeadOnly } from "../access/head-requests.ts";
import { errorText, NightjarError } from "../platform/errors.ts";
import { logOf } from "../platform/log.ts";
import { findTool, spawnStream, type StreamProcess } from "../platform/process.ts";

const log = logOf("http");

/** Each takes a core while its client reads fast. */
const MOST_AT_ONCE = 3;
const RETRY_SECONDS = 30;

const QUIET = ["-hide_banner", "-nostats", "-loglevel", "error"];
/** Nobody can go back in what is sent as it is made, so the file is fragmented. */
const FRAGMENTED = [
  "-movflags",
  "frag_keyframe+empty_moov+delay_moov+default_base_moof",
  "-f",
  "mp4",
  "pipe:1",
];

/** What ffmpeg makes an MP4 of, without encoding anything again. */
export type RemuxSource = {
  /** MPEG-TS, read as it is needed. */
  chunks: () => AsyncGenerator<Uint8Array, void>;
  videoCodec: string;
  audioCodec: string | null;
};

function command(program: string, { videoCodec, audioCodec }: RemuxSource): string[] {
  // Apple's players take HEVC under this name alone.
  const video = /^(hvc1|hev1)/.test(videoCodec) ? ["-tag:v", "hvc1"] : [];
  const audio = audioCodec?.startsWith("mp4a.40") ? ["-bsf:a", "aac_adtstoasc"] : [];
  const input = ["-f", "mpegts", "-i", "pipe:0", "-map", "0:v:0", "-map", "0:a:0?", "-c", "copy"];
  return [program, ...QUIET, ...input, ...video, ...audio, ...FRAGMENTED];
}

/**
 * The chunks as a stream that reads no further than it is asked. A failure ends it, and is told to `failed`: whoever reads
 * it takes it for whole.
 */
export function streamOf(
  chunks: AsyncGenerator<Uint8Array, void>,
  failed: (error: unknown) => void,
): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const next = await chunks.next();
          if (next.done) return controller.close();
          // Generators use their memory again for the next chunk.
          controller.enqueue(new Uint8Array(next.value));
        } catch (error) {
          failed(error);
          controller.close();
        }
      },
      async cancel() {
        await chunks.return();
      },
    },
    { highWaterMark: 0 },
  );
}

let running = 0;

/**
 * Answers with an MP4 that ffmpeg makes while it is sent; it ends when the client leaves. Throws `unavailable` without
 * ffmpeg, when it can't make one, and when too many are being made.
 */
export async function remuxAnswer(
  request: Request,
  source: RemuxSource,
  headers: Headers,
): Promise<Response> {
  const program = findTool("ffmpeg");
  if (program === undefined)
    throw new NightjarError(
      "unavailable",
      "An MP4 of MPEG-TS is made by ffmpeg, which was not found on this machine",
      {
        details: [
          "Install it, for example with: apt install ffmpeg",
          "The same interval as .ts needs no ffmpeg",
        ],
      },
    );
  headers.set("accept-ranges", "none");
  if (wantsHeadOnly(request)) return new Response(null, { headers });
  if (running >= MOST_AT_ONCE)
    throw new NightjarError(
      "unavailable",
      `${running} MP4 files are being made already; ask again in a moment`,
      {
        retryAfterSeconds: RETRY_SECONDS,
      },
    );
  running++;
  let sourceError: unknown;
  const stdin = streamOf(source.chunks(), (error) => (sourceError = error));
  const child = spawnStream(command(program, source), { stdin, signal: request.signal });
  void child.exited.finally(() => running--);
  return sent(child, headers, () => sourceError);
}

/** What ffmpeg writes, as an answer. Throws at once when there is nothing. */
async function sent(child: StreamProcess, headers: Headers, sourceError: () => unknown): Promise<Response> {
  const reader = child.stdout.getReader();
  const first = await reader.read();
  if (first.done) throw sourceError() ?? (await failure(child));
  let ahead: Uint8Array | undefined = first.value;
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const chunk = ahead;
        ahead = undefined;
        if (chunk) return controller.enqueue(chunk);
        const next = await reader.read();
        if (!next.done) return controller.enqueue(next.value);
        const { code } = await child.exited;
        const error = sourceError() ?? (code === 0 ? undefined : await failure(child));
        if (error === undefined) return controller.close();
        // A file that is cut off must not look whole.
        log.warn("A download was cut off: {error}", { error: errorText(error) });
        controller.error(error);
      },
      async cancel() {
        await child.stop();
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(body, { headers });
}

async function failure(child: StreamProcess): Promise<NightjarError> {
  await child.exited;
  const [reason] = child.lastStderrLines();
  return new NightjarError("unavailable", "ffmpeg can't make an MP4 of this footage", {
    details: reason ? [`ffmpeg says: ${reason.slice(0, 200)}`] : [],
  });
}
