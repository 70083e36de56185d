import type { AgedFile, AgedPart } from "../archive/aged/aged-day.ts";
import type { JournalEntry } from "../archive/journal/journal-types.ts";
import { channelTicks } from "../playback/kept-body.ts";
import type { Piece } from "./plan-pieces.ts";
import type { DonePiece } from "./work-folder.ts";

const HOUR_MS = 3_600_000;

type Growing = AgedPart & {
  entries: JournalEntry[];
  replaces: string[];
  hour: number;
  endMs: number;
  after: number;
};

/**
 * Parts of the films: pieces in a row that lie in one film and one hour are one. Each recording is named once, by the part
 * that holds its first segment.
 */
export function partsOf(pieces: readonly Piece[], done: readonly DonePiece[]): Map<number, AgedPart[]> {
  const films = new Map<number, AgedPart[]>();
  const named = new Set<string>();
  let last: Growing | undefined;
  for (const [index, piece] of pieces.entries()) {
    const made = done[index];
    const [first] = piece.segments;
    const [entry] = made?.entries ?? [];
    if (!made || !first || !entry) continue;
    const replaces = [...new Set(piece.segments.map(({ recording }) => recording.id))].filter(
      (id) => !named.has(id),
    );
    for (const id of replaces) named.add(id);
    const hour = Math.floor(entry.startMs / HOUR_MS);
    const final = made.entries.at(-1) ?? entry;
    const endMs = final.startMs + final.durationTicks / 90;
    if (last && last.hour === hour && last.after === made.film && entry.startMs >= last.endMs - 100) {
      const { length } = last.entries;
      const baseBytes = last.baseOffsetBytes - made.init.length;
      last.entries.push(
        ...made.entries.map((each, number) => ({
          ...each,
          ordinal: length + number,
          offsetBytes: each.offsetBytes - baseBytes,
        })),
      );
      last.replaces.push(...replaces);
      last.endMs = endMs;
      continue;
    }
    const part: Growing = {
      replaces: [...replaces],
      baseTicks: channelTicks(first) - entry.mediaTicks,
      entries: made.entries.map((each, ordinal) => ({
        ...each,
        ordinal,
        offsetBytes: each.offsetBytes - entry.offsetBytes,
      })),
      baseOffsetBytes: made.init.length + entry.offsetBytes,
      run: first.run.id,
      hour,
      endMs,
      after: made.film,
    };
    films.set(made.film, [...(films.get(made.film) ?? []), part]);
    last = part;
  }
  return films;
}

/** A film as the archive takes it. */
export const agedFile = (
  path: string,
  init: Uint8Array,
  read: { sizeBytes: number; sha512: string },
  parts: readonly AgedPart[],
): AgedFile => ({
  path,
  ...read,
  init,
  parts: parts.map(({ replaces, baseTicks, entries, baseOffsetBytes, run }) => ({
    replaces,
    baseTicks,
    entries,
    baseOffsetBytes,
    run,
  })),
});
