import { durationLine, programDateTimeLine } from "../media/m3u8.ts";
import { segmentAddress } from "./addresses.ts";
import { durationTicks90k, type Stretch } from "./sequence.ts";

/** How the entries of a list are written. */
export type EntryShape = {
  /** What stands before each address: the way to the channel's folder. */
  prefix: string;
  /** A wall time on every segment, not only where it is needed. */
  isEveryDated: boolean;
  /** Which segments carry their own init. */
  inits: "none" | "first" | "all";
};

/** Wall time is told again where it has left the sum of durations by so much. */
const DRIFT_MS = 100;

function entryText(stretch: Stretch, shape: EntryShape): string {
  const { recording, run, segments } = stretch;
  // Joined at the end: a text that grew by `+=` would be put together anew each time it is sent.
  const parts: string[] = [];
  let expectedMs = Number.NEGATIVE_INFINITY;
  let lastTicks = -1;
  let inf = "";
  for (const segment of segments) {
    const ticks = durationTicks90k(segment, run);
    if (shape.isEveryDated || Math.abs(segment.startMs - expectedMs) >= DRIFT_MS) {
      parts.push(programDateTimeLine(segment.startMs));
      expectedMs = segment.startMs;
    }
    expectedMs += ticks / 90;
    if (ticks !== lastTicks) inf = durationLine(ticks);
    lastTicks = ticks;
    const hasInit = shape.inits === "all" || (shape.inits === "first" && segment === segments[0]);
    parts.push(
      inf,
      shape.prefix,
      segmentAddress(recording.id, segment.ordinal, hasInit ? "i.m4s" : "m4s"),
      "\n",
    );
  }
  return parts.join("");
}

type Kept = { version: number; text: string };

/**
 * Entries as text. What a closed recording says is made once and kept, so that a day of 43,200 segments is
 * two dozen pieces; the oldest pieces go when they are more than `limitBytes` together.
 */
export class EntryTexts {
  readonly #limitBytes: number;
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;

  constructor(limitBytes = 24_000_000) {
    this.#limitBytes = limitBytes;
  }

  of(stretch: Stretch, shape: EntryShape): string {
    const { recording } = stretch;
    if (recording.state !== "closed" || !stretch.isWhole) return entryText(stretch, shape);
    const key = `${recording.id} ${shape.inits} ${shape.isEveryDated} ${shape.prefix}`;
    const known = this.#kept.get(key);
    if (known) {
      this.#kept.delete(key);
      this.#bytes -= known.text.length;
    }
    const entry =
      known?.version === recording.version
        ? known
        : { version: recording.version, text: entryText(stretch, shape) };
    this.#kept.set(key, entry);
    this.#bytes += entry.text.length;
    for (const [oldest, { text }] of this.#kept) {
      if (this.#bytes <= this.#limitBytes) break;
      this.#kept.delete(oldest);
      this.#bytes -= text.length;
    }
    return entry.text;
  }
}
