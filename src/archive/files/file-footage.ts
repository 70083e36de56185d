import type { MediaFacts } from "../../media/media-facts.ts";

/** A segment file that was received or found. */
export type FoundFile = {
  /** Date of its folder, YYYY-MM-DD. */
  date: string;
  /** Its name in the channel's own folder of that date, or its absolute path in a watched folder. */
  name: string;
  sizeBytes: number;
  /** When it was changed last, whole ms UTC. */
  mtimeMs: number;
  /** CRC-32 of all its bytes. */
  crc32: number;
  /** Wall time of its first picture, whole ms UTC. */
  startMs: number;
  facts: MediaFacts;
};

/** A file that is a segment, as it was when it became one. */
export type KnownFile = Pick<FoundFile, "sizeBytes" | "mtimeMs" | "crc32" | "startMs"> & {
  durationTicks: number;
};

/**
 * Segments that are files of their own: what receives and finds files tells the archive of them by this. A file is
 * durable on the disk before it is told of. Calls come in any order of time.
 */
export interface FileFootage {
  /** Dates (YYYY-MM-DD) of which a channel has files, in order. */
  fileDates(channel: string): readonly string[];
  /** The files of a date that are segments, by their names, also those that are not in a journal yet. */
  filesOf(channel: string, date: string): Promise<ReadonlyMap<string, KnownFile>>;
  /**
   * Makes a file a segment: it is listed at once, and in its journal and the index from the next flush on. Takes the
   * place of a segment of the same name.
   * @throws NightjarError `unavailable` when the storage is missing.
   */
  putFile(channel: string, file: FoundFile): Promise<void>;
  /** A file is gone. The call that `putFile` makes unnecessary where another file takes its name. */
  dropFile(channel: string, date: string, name: string): Promise<void>;
  /**
   * Wall time up to which (ms UTC, the start of a segment) lists that grow may go: what is newer arrived less than
   * `settle` ago, and older ones may still come before it. `undefined` before there is anything.
   */
  settledMs(channel: string): number | undefined;
  /**
   * Whether a file that begins then (ms UTC) and is not known was deleted from the archive, or would be at once: a file
   * that is still in a watched folder must not come back.
   */
  isForgotten(channel: string, startMs: number): boolean;
  /** Whether a film that was made of older files shows a moment (ms UTC): what comes of it now is not needed. */
  isAged(channel: string, startMs: number): boolean;
}
