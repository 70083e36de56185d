import { crc32 } from "node:zlib";
import type { KeptMark } from "../recording-sink.ts";
import type { Loaded } from "./loader.ts";
import { DATE_REACH_MS, JOIN_MS } from "./source-times.ts";
import type { Entry } from "./window.ts";

/** Where in a source's window what is stored ends. */
export type Place = {
  /** How many entries at the window's front are not to be stored (any more). */
  skip: number;
  /** Segments that were fetched while looking. */
  known: Map<Entry, Loaded>;
  /** The stored segment that was found in the window, and what it is there. */
  found?: { mark: KeptMark; loaded: Loaded; isNewest: boolean };
};

/** What is held of segments that were fetched while looking. */
const MAX_HELD_BYTES = 32 * 1024 * 1024;
/** How far a source's times and those of what is stored may be apart, in ms. */
const SLACK_MS = 120_000;

const keyOf = (crc: number, sizeBytes: number): string => `${crc} ${sizeBytes}`;

/** Wall time at which an entry begins, as well as the list tells. */
const aboutMs = ({ dateMs = Number.NaN, arrivalStartMs }: Entry): number =>
  Math.abs(dateMs - arrivalStartMs) <= DATE_REACH_MS ? dateMs : arrivalStartMs;

/**
 * Finds the newest segment of a window that is stored already, by its bytes: numbers and names may mean something else
 * after a source began anew. It looks from the newest one back, as usually little is missing, and no further than what is
 * stored can be by its times.
 * @param load a segment's bytes; `undefined` when they can't be had
 * @param tail what is stored, oldest first
 */
export async function findPlace(
  entries: readonly Entry[],
  tail: readonly KeptMark[],
  load: (entry: Entry) => Promise<Loaded | undefined>,
): Promise<Place> {
  const known = new Map<Entry, Loaded>();
  const newest = tail.at(-1);
  if (newest === undefined) return { skip: 0, known };
  const marks = new Map(tail.map((mark) => [keyOf(mark.crc32, mark.sizeBytes), mark]));
  const newestEndMs = newest.startMs + newest.durationTicks / 90;
  let heldBytes = 0;
  for (let index = entries.length - 1; index >= 0; index -= 1) {
    const entry = entries[index];
    if (entry === undefined) break;
    if (aboutMs(entry) + entry.durationSeconds * 1000 < newest.startMs - SLACK_MS) {
      // Older than all that was looked for: what lies behind here in the window, was stored or lost before.
      const skip = entries.findIndex((other) => aboutMs(other) >= newestEndMs - JOIN_MS);
      return { skip: skip < 0 ? entries.length : skip, known };
    }
    if (entry.isGap) continue;
    const loaded = await load(entry);
    if (loaded === undefined) continue;
    const mark = marks.get(keyOf(crc32(loaded.bytes), loaded.bytes.length));
    if (mark !== undefined)
      return { skip: index + 1, known, found: { mark, loaded, isNewest: mark === newest } };
    if (heldBytes + loaded.bytes.length <= MAX_HELD_BYTES) {
      heldBytes += loaded.bytes.length;
      known.set(entry, loaded);
    }
  }
  return { skip: 0, known };
}
