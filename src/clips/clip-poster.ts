import { stat } from "node:fs/promises";
import { NightjarError, notFound } from "../platform/errors.ts";
import { findTool, runToolForBytes } from "../platform/process.ts";
import { SizedCache } from "../platform/sized-cache.ts";
import { mediaFileError } from "../playback/media-file.ts";
import type { Clip, Clips } from "./clip.ts";

const HEIGHT_PIXELS = 270;
/** Where in the film its picture is taken, as a share of its length: days begin in the dark. */
const PLACE = 0.5;
/** In a film whose length is not known, in seconds. */
const PLACE_SECONDS = 30;
const MAX_CACHED_BYTES = 8_000_000;
const QUIET = ["-hide_banner", "-nostats", "-loglevel", "error"];
const LIMITS = { timeoutMs: 15_000, maxOutputBytes: 4_000_000 };

const cached = new SizedCache<Promise<Uint8Array<ArrayBuffer>>>(MAX_CACHED_BYTES);
/** About what a poster takes: its own size is not known while it is made. */
const POSTER_BYTES = 30_000;
let last: Promise<unknown> = Promise.resolve();

async function decode(path: string, atSeconds: number): Promise<Uint8Array<ArrayBuffer>> {
  const program = findTool("ffmpeg");
  if (program === undefined) throw new NightjarError("unavailable", "Pictures of films are made by ffmpeg");
  const reading = ["-threads", "1", "-ss", atSeconds.toFixed(2), "-i", `file:${path}`];
  const picture = `-an -frames:v 1 -vf scale=-2:${HEIGHT_PIXELS} -c:v mjpeg -q:v 5 -f mjpeg pipe:1`;
  const argv = [program, ...QUIET, ...reading, ...picture.split(" ")];
  const { stdout } = await runToolForBytes(argv, LIMITS);
  if (stdout.length > 0) return stdout;
  // The length was wrong, or the film ends there.
  if (atSeconds > 0) return decode(path, 0);
  throw new NightjarError("unavailable", "The film can't be decoded");
}

/** One at a time: a page asks for many. */
function inTurn(work: () => Promise<Uint8Array<ArrayBuffer>>): Promise<Uint8Array<ArrayBuffer>> {
  const done = last.then(work);
  last = done.catch(() => {});
  return done;
}

/** A picture out of the middle of a film, as JPEG. Throws `not-found` and `unavailable`. */
export async function clipPoster(request: Request, clips: Clips, clip: Clip): Promise<Response> {
  const path = clips.path(clip, "mp4");
  if (path === undefined) {
    if (clip.isAdopted) throw notFound("There is no film to take a picture of");
    throw new NightjarError("unavailable", "The storage that holds this film is not there at the moment");
  }
  const { mtimeMs, size } = await stat(path).catch((error: unknown) => {
    throw mediaFileError(error);
  });
  const tag = `"${clip.id ?? "adopted"}-${size.toString(36)}-${Math.floor(mtimeMs).toString(36)}-poster"`;
  const headers = new Headers({ "content-type": "image/jpeg", "cache-control": "no-cache", etag: tag });
  if (request.headers.get("if-none-match")?.includes(tag))
    return new Response(null, { status: 304, headers });
  const atSeconds = clip.durationMs === undefined ? PLACE_SECONDS : (clip.durationMs * PLACE) / 1000;
  const known = cached.get(path, tag);
  const jpeg =
    known ??
    cached.set(
      path,
      tag,
      inTurn(() => decode(path, atSeconds)),
      POSTER_BYTES,
    );
  jpeg.catch(() => cached.delete(path));
  const bytes = await jpeg;
  headers.set("content-length", String(bytes.length));
  return new Response(bytes, { headers });
}
