import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { parseSegmentHeader } from "../media/fmp4/segment.ts";
import { segmentBytes } from "../media/segment-list.ts";
import { forgetCached } from "../platform/forget-cached.ts";
import { NightjarError } from "../platform/errors.ts";
import type { Files } from "../platform/files.ts";
import type { DonePiece } from "./work-folder.ts";

/** Segments are read together up to this size. */
const READ_BYTES = 4 << 20;

const damaged = (what: string): NightjarError =>
  new NightjarError(
    "unavailable",
    `The converted film does not read back from the disk as it was written: ${what}`,
  );

/**
 * Reads a whole film back from the disk and compares it with what was written: its init, the checksum of every segment, and
 * the sound, byte for byte, with the original's. Answers its length and its SHA-512.
 * @throws NightjarError `unavailable` when something differs: then the disk is at fault
 */
export async function readBack(
  files: Files,
  path: string,
  pieces: readonly DonePiece[],
  pause: () => Promise<void>,
): Promise<{ sizeBytes: number; sha512: string }> {
  await forgetCached(path);
  const hash = createHash("sha512");
  const init = pieces[0]?.init ?? new Uint8Array();
  const front = await files.readRange(path, 0, init.length);
  if (Buffer.compare(front, init) !== 0) throw damaged("its init");
  hash.update(front);
  let atBytes = init.length;
  for (const piece of pieces) {
    const sound = createHash("sha256");
    const silent = new Map(piece.silent.map(({ ordinal, frames }) => [ordinal, new Set(frames)]));
    let window = { start: atBytes, bytes: new Uint8Array() };
    for (const entry of piece.entries) {
      const lengthBytes = segmentBytes(entry);
      if (atBytes - window.start + lengthBytes > window.bytes.length) {
        await pause();
        const wanted = Math.max(READ_BYTES, lengthBytes);
        const left = piece.filmBytes - atBytes;
        window = {
          start: atBytes,
          bytes: new Uint8Array(await files.readRange(path, atBytes, Math.min(wanted, left))),
        };
      }
      const bytes = window.bytes.subarray(atBytes - window.start, atBytes - window.start + lengthBytes);
      if (bytes.length < lengthBytes || crc32(bytes) !== entry.crc32)
        throw damaged(`segment ${entry.ordinal} at byte ${atBytes}`);
      hash.update(bytes);
      for (const frame of soundOf(bytes, silent.get(entry.ordinal))) sound.update(frame);
      atBytes += lengthBytes;
    }
    if (sound.digest("hex") !== piece.soundDigest) throw damaged("its sound is not the original's");
  }
  const stat = await files.stat(path);
  if (stat?.sizeBytes !== atBytes) throw damaged(`${stat?.sizeBytes ?? 0} bytes; wanted: ${atBytes}`);
  return { sizeBytes: atBytes, sha512: hash.digest("hex") };
}

/** The frames of sound in a segment, without silence that was put in. */
function soundOf(segment: Uint8Array, silent: ReadonlySet<number> | undefined): Uint8Array[] {
  const header = parseSegmentHeader(segment);
  let at = header.headerBytes + header.video.sizeBytes;
  const frames: Uint8Array[] = [];
  for (const [index, { sizeBytes }] of (header.audio?.samples ?? []).entries()) {
    if (!silent?.has(index)) frames.push(segment.subarray(at, at + sizeBytes));
    at += sizeBytes;
  }
  return frames;
}
