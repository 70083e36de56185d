import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { crc32 } from "node:zlib";
import type { AgedFile, AgedPart, AgeingSource } from "../../src/archive/aged/aged-day.ts";
import type { JournalEntry } from "../../src/archive/journal/journal-types.ts";
import { hasOwnFiles } from "../../src/db/index/rows.ts";
import { rebaseHeader } from "../../src/media/fmp4/segment-rewrite.ts";
import { segmentBytes } from "../../src/media/segment-list.ts";
import { convertTicks } from "../../src/media/ticks.ts";
import type { Files } from "../../src/platform/files.ts";

type Film = { init: Uint8Array; chunks: Uint8Array[]; parts: AgedPart[]; sizeBytes: number; ticks: number };

/**
 * Ages a day without making it smaller: a film for each init, with the same segments. `initOf` gives the init that a film
 * gets, by that of its footage; segments of files become bytes that nothing can play.
 */
export async function ageByCopy(
  source: AgeingSource,
  files: Files,
  initOf: (init: Uint8Array) => Uint8Array = (init) => init,
): Promise<AgedFile[]> {
  const films = new Map<string, Film>();
  const rootPath = dirname(dirname(source.folder));
  for (const recording of source.recordings) {
    const run = source.runs.get(recording.run)!;
    const key = Buffer.from(run.init).toString("base64");
    const init = initOf(run.init);
    const film = films.get(key) ?? { init, chunks: [init], parts: [], sizeBytes: init.length, ticks: 0 };
    films.set(key, film);
    const baseOffsetBytes = film.sizeBytes;
    const first = recording.segments[0]!;
    const baseTicks = recording.baseTicks + first.mediaTicks - film.ticks;
    const shiftTicks = film.ticks - first.mediaTicks;
    const entries: JournalEntry[] = [];
    for (const { file: _file, ...segment } of recording.segments) {
      let bytes: Uint8Array = new Uint8Array(segmentBytes(segment)).fill(1 + (segment.ordinal % 255));
      if (!hasOwnFiles(recording)) {
        const path = join(rootPath, recording.path);
        const atBytes = recording.baseOffsetBytes + segment.offsetBytes;
        bytes = (await files.readRange(path, atBytes, segmentBytes(segment))).slice();
        const audioTicks =
          Math.sign(shiftTicks) * convertTicks(Math.abs(shiftTicks), 90_000, run.audioTimescale ?? 90_000);
        bytes.set(rebaseHeader(bytes, { videoTicks: shiftTicks, audioTicks }));
      }
      entries.push({
        ...segment,
        ordinal: entries.length,
        mediaTicks: segment.mediaTicks + shiftTicks,
        offsetBytes: film.sizeBytes - baseOffsetBytes,
        crc32: crc32(bytes),
      });
      film.chunks.push(bytes);
      film.sizeBytes += bytes.length;
    }
    const last = entries.at(-1)!;
    film.ticks = last.mediaTicks + last.durationTicks;
    film.parts.push({ replaces: [recording.id], baseTicks, entries, baseOffsetBytes, run: recording.run });
  }
  const folder = join(source.folder, ".ageing");
  for (const made of await files.makeFolder(folder)) await files.syncFolder(dirname(made));
  const aged: AgedFile[] = [];
  for (const { init, chunks, parts, sizeBytes } of films.values()) {
    const path = join(folder, `film-${aged.length + 1}.mp4`);
    if (await files.stat(path)) await files.unlink(path);
    const file = await files.create(path);
    await file.write(chunks, 0);
    await file.datasync();
    await file.close();
    await files.syncFolder(folder);
    const sha512 = createHash("sha512").update(Buffer.concat(chunks)).digest("hex");
    aged.push({ path, sizeBytes, sha512, init, parts });
  }
  return aged;
}
