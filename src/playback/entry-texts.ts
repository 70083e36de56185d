import { durationLine, programDateTimeLine } from "../media/m3u8.ts";
import { deflatePiece, type DeflatedPiece } from "../platform/gzip-pieces.ts";
import { SizedCache } from "../platform/sized-cache.ts";
import { segmentAddressHead, type SegmentForm } from "./addresses.ts";
import type { ListPiece } from "./list-text.ts";
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

/** The forms in which whole segments are listed. */
type ListedForm = Extract<SegmentForm, "ts" | "m4s" | "i.m4s">;

/** Wall time is told again where it has left the sum of durations by so much. */
const DRIFT_MS = 100;

/** Ends of addresses that are made once, about 40 bytes each: nearly all recordings have fewer segments. */
const MOST_NAMES = 4096;
const madeNames: Record<ListedForm, string[]> = { ts: [], m4s: [], "i.m4s": [] };

/** How the addresses of `[from, to)` end, each with the end of its line, and `lead` between them. */
function joinedNames(from: number, to: number, form: ListedForm, lead: string): string {
  const made = madeNames[form];
  const nameOf = (ordinal: number): string => `${ordinal}.${form}\n`;
  for (let next = made.length; next < Math.min(to, MOST_NAMES); next++) made.push(nameOf(next));
  if (to <= made.length) return to === from + 1 ? made[from]! : made.slice(from, to).join(lead);
  return Array.from({ length: to - from }, (_, index) => nameOf(from + index)).join(lead);
}

function entryText(stretch: Stretch, shape: EntryShape): string {
  const { recording, run, segments } = stretch;
  const addressHead = shape.prefix + segmentAddressHead(recording.id);
  const leads = new Map<number, string>();
  const formAt = (index: number): ListedForm => {
    if (run.format === "ts") return "ts";
    return shape.inits === "all" || (shape.inits === "first" && index === 0) ? "i.m4s" : "m4s";
  };
  const [firstForm, otherForm] = [formAt(0), formAt(1)];
  let text = "";
  // Segments in a row that differ by their numbers alone are joined by all that stands between two of these.
  let [from, to, lead, form] = [0, 0, "", firstForm];
  let expectedMs = Number.NEGATIVE_INFINITY;
  let lastTicks = -1;
  for (const segment of segments) {
    const ticks = durationTicks90k(segment, run);
    const isDated = shape.isEveryDated || Math.abs(segment.startMs - expectedMs) >= DRIFT_MS;
    if (isDated || ticks !== lastTicks || segment.ordinal !== to || form !== otherForm) {
      if (to > from) {
        text += lead + joinedNames(from, to, form, lead);
        form = otherForm;
      }
      from = segment.ordinal;
      to = from;
    }
    if (isDated) {
      text += programDateTimeLine(segment.startMs);
      expectedMs = segment.startMs;
    }
    if (ticks !== lastTicks) {
      lead = leads.get(ticks) ?? durationLine(ticks) + addressHead;
      leads.set(ticks, lead);
      lastTicks = ticks;
    }
    expectedMs += ticks / 90;
    to += 1;
  }
  return to > from ? text + lead + joinedNames(from, to, form, lead) : text;
}

const MAX_TEXT_BYTES = 12_000_000;
/** A compressed day of 2 s segments takes a twentieth of its text, or a tenth where their lengths vary. */
const MAX_DEFLATED_BYTES = 4_000_000;

/**
 * Entries as text. What a closed recording says is made once and kept, as it is and compressed, so that a day of
 * 43,200 segments is two dozen pieces; the pieces that were used longest ago go when there are too many.
 */
export class EntryTexts {
  readonly #texts: SizedCache<string>;
  readonly #deflated: SizedCache<DeflatedPiece>;

  constructor(limitBytes = MAX_TEXT_BYTES) {
    this.#texts = new SizedCache(limitBytes);
    this.#deflated = new SizedCache(Math.min(limitBytes, MAX_DEFLATED_BYTES));
  }

  of(stretch: Stretch, shape: EntryShape): ListPiece {
    const { recording, first, last } = stretch;
    const key = `${recording.id} ${shape.inits} ${shape.isEveryDated} ${shape.prefix}`;
    const { version } = recording;
    const tag = `${key} ${version} ${first.ordinal} ${last.ordinal} ${first.startMs} ${last.startMs}`;
    if (recording.state !== "closed" || !stretch.isWhole)
      return { tag, count: stretch.count, text: () => entryText(stretch, shape) };
    const texts = this.#texts;
    const deflated = this.#deflated;
    return {
      tag,
      count: stretch.count,
      text() {
        const known = texts.get(key, version);
        if (known !== undefined) return known;
        const text = entryText(stretch, shape);
        return texts.set(key, version, text, text.length);
      },
      deflated() {
        const known = deflated.get(key, version);
        if (known) return known;
        const piece = deflatePiece(texts.get(key, version) ?? entryText(stretch, shape));
        return deflated.set(key, version, piece, piece.bytes.length);
      },
    };
  }
}
