import type { Footage } from "../archive/footage.ts";
import { readMp4File, type Mp4File } from "../media/kept/mp4-file.ts";
import { isPartOfFile } from "../media/segment-list.ts";
import { NightjarError } from "../platform/errors.ts";
import { SizedCache } from "../platform/sized-cache.ts";
import { mediaPathOf, withMediaFile } from "./media-file.ts";
import { damagedHeader, type StoredSegment } from "./stored-segment.ts";

/** Sample tables that are kept, in bytes: those of what is being watched; a converted day with sound has 55 MB of them. */
const MOST_BYTES = 100e6;

const files = new SizedCache<Mp4File>(MOST_BYTES);
/** Those that are being read. */
const reading = new Map<string, Promise<Mp4File>>();

const heldBytes = ({ video, audio }: Mp4File): number => video.heldBytes + (audio?.heldBytes ?? 0);

/** What names a file's contents: a segment of its own file, a longer one by its time, or the recording's one file. */
function nameOf(path: string, { recording, segment }: StoredSegment): string {
  if (!segment.file) return `${path} ${recording.id}`;
  return isPartOfFile(segment)
    ? `${path} ${segment.file.mtimeMs}`
    : `${path} ${recording.id} ${segment.ordinal}`;
}

/**
 * The sample tables of the MP4 file in which a segment lies; read once for all who ask in a row. Throws `not-found` or
 * `unavailable`.
 */
export async function mp4FileOf(footage: Footage, stored: StoredSegment): Promise<Mp4File> {
  const name = nameOf(mediaPathOf(footage, stored.recording, stored.segment), stored);
  const known = files.get(name, name);
  if (known) return known;
  return reading.get(name) ?? readOnce(name, footage, stored);
}

function readOnce(name: string, footage: Footage, stored: StoredSegment): Promise<Mp4File> {
  const file = read(footage, stored)
    .then((read) => files.set(name, name, read, heldBytes(read)))
    .finally(() => reading.delete(name));
  reading.set(name, file);
  return file;
}

function read(footage: Footage, { recording, segment }: StoredSegment): Promise<Mp4File> {
  return withMediaFile(
    footage,
    recording,
    async (reader) => {
      const readAt = async (offsetBytes: number, lengthBytes: number): Promise<Uint8Array> => {
        const bytes = new Uint8Array(lengthBytes);
        await reader.read(bytes, offsetBytes);
        return bytes;
      };
      try {
        return await readMp4File(readAt, await reader.sizeBytes());
      } catch (error) {
        // A file that can't be read now says so itself.
        throw error instanceof NightjarError ? damagedHeader(error) : error;
      }
    },
    segment,
  );
}
