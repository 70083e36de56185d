import { setImmediate } from "node:timers/promises";
import type { Footage } from "../archive/footage.ts";
import { errorText, NightjarError, notFound } from "../platform/errors.ts";
import { keyFrameUpTo, pictureName, readPicture } from "../still/picture-place.ts";
import type { CodedPicture } from "../still/decode.ts";
import type { PictureTime } from "./picture-times.ts";

/** A key frame, and for how many pictures of the film it is shown. */
export type FilmPicture = CodedPicture & { count: number };

/** Segments in which the key frame before a time is looked for; see `keyFrameUpTo`. */
const SEGMENTS_BACK = 60;

/** The segments of a stretch up to the one that is shown at a time; the first where none is. */
function segmentsUpTo({ stretch, atMs }: PictureTime) {
  const { segments } = stretch;
  let [low, high] = [0, segments.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((segments[middle]?.startMs ?? Infinity) <= atMs) low = middle;
    else high = middle - 1;
  }
  return segments.slice(Math.max(0, low + 1 - SEGMENTS_BACK), low + 1);
}

/**
 * The key frames at or before times, in order, read from the disk one by one: nothing but headers and these frames. One
 * that can't be read, or was deleted since, is left out, and the one before it is shown for its time.
 * @throws NightjarError `unavailable` when the storage goes away; `not-found` when not one picture can be read
 */
export async function* keyPictures(
  footage: Footage,
  times: Iterable<PictureTime>,
): AsyncGenerator<FilmPicture> {
  let held: { name: string; picture: FilmPicture } | undefined;
  /** Pictures whose own frame can't be had, from before the first. */
  let missing = 0;
  let lastError: unknown;
  for (const time of times) {
    const { recording, run } = time.stretch;
    try {
      const place = await keyFrameUpTo(footage, {
        recording,
        run,
        segments: segmentsUpTo(time),
        atMs: time.atMs,
      });
      const name = pictureName(place);
      if (held?.name === name) {
        held.picture.count += 1;
        continue;
      }
      const coded = await readPicture(footage, place);
      if (held) yield held.picture;
      held = { name, picture: { ...coded, count: 1 + (held ? 0 : missing) } };
    } catch (error) {
      if (!(error instanceof NightjarError) || error.kind === "internal") throw error;
      if (footage.mediaPath(recording) === undefined) throw error;
      lastError = error;
      if (held) held.picture.count += 1;
      else missing += 1;
    }
    // Files in memory are read without a wait: others get their turn here.
    await setImmediate();
  }
  if (!held)
    throw notFound(
      "Not one picture of this can be read",
      lastError === undefined ? [] : [errorText(lastError)],
    );
  yield held.picture;
}
