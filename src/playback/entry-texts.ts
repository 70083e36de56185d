import { durationLine, programDateTimeLine } from "../media/m3u8.ts";
import { deflatePiece, type DeflatedPiece } from "../platform/gzip-pieces.ts";
import { stepMs } from "../media/segment-steps.ts";
import { SizedCache } from "../platform/sized-cache.ts";
import { segmentAddressHead, type SegmentForm } from "./addresses.ts";
import type { ListPiece } from "./list-text.ts";
import { numberedLines } from "./numbered-lines.ts";
import { durationTicks90k, type Stretch } from "./stretch.ts";

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

const tails: Record<ListedForm, string> = { ts: ".ts\n", m4s: ".m4s\n", "i.m4s": ".i.m4s\n" };

/** Wall time is told again where it has left the sum of durations by so much. */
const DRIFT_MS = 100;

/**
 * How many segments of a step come before wall time is told again: at the first of them the sum of durations is `offMs`
 * short of it, and with each one by `moreMs` more.
 */
function undatedCount(offMs: number, moreMs: number): number {
  if (moreMs === 0) return Infinity;
  const isOff = (count: number): boolean => Math.abs(offMs + count * moreMs) >= DRIFT_MS;
  let count = Math.max(1, Math.floor((Math.sign(moreMs) * DRIFT_MS - offMs) / moreMs) - 1);
  while (!isOff(count)) count++;
  return count;
}

function entryText(stretch: Stretch, shape: EntryShape): string {
  const { recording, run, steps } = stretch;
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
  for (const step of steps) {
    const ticks = durationTicks90k(step, run);
    const apartMs = stepMs(step);
    for (let index = 0, count = 0; index < step.count; index += count) {
      const startMs = step.startMs + index * apartMs;
      const ordinal = step.ordinal + index;
      const isDated = shape.isEveryDated || Math.abs(startMs - expectedMs) >= DRIFT_MS;
      if (isDated || ticks !== lastTicks || ordinal !== to || form !== otherForm) {
        if (to > from) {
          text += numberedLines(lead, from, to, tails[form]);
          form = otherForm;
        }
        from = ordinal;
        to = from;
      }
      if (isDated) {
        text += programDateTimeLine(startMs);
        expectedMs = startMs;
      }
      if (ticks !== lastTicks) {
        lead = leads.get(ticks) ?? durationLine(ticks) + addressHead;
        leads.set(ticks, lead);
        lastTicks = ticks;
      }
      // The first one may be of another form, so that it stands alone.
      const isAlone = shape.isEveryDated || form !== otherForm || index + 1 === step.count;
      const most = isAlone ? 1 : undatedCount(startMs - expectedMs, apartMs - ticks / 90);
      count = Math.min(most, step.count - index);
      expectedMs += (count * ticks) / 90;
      to += count;
    }
  }
  return to > from ? text + numberedLines(lead, from, to, tails[form]) : text;
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
    const { recording } = stretch;
    const { version } = recording;
    const key = () => `${recording.id} ${shape.inits} ${shape.isEveryDated} ${shape.prefix}`;
    const tag = () => {
      const { first, last } = stretch;
      return `${key()} ${version} ${first.ordinal} ${last.ordinal} ${first.startMs} ${last.startMs}`;
    };
    if (recording.state !== "closed" || !stretch.isWhole)
      return { tag, count: stretch.count, text: () => entryText(stretch, shape) };
    const texts = this.#texts;
    const deflated = this.#deflated;
    return {
      tag,
      count: stretch.count,
      text() {
        const name = key();
        const known = texts.get(name, version);
        if (known !== undefined) return known;
        const text = entryText(stretch, shape);
        return texts.set(name, version, text, text.length);
      },
      deflated() {
        const name = key();
        const known = deflated.get(name, version);
        if (known) return known;
        const piece = deflatePiece(texts.get(name, version) ?? entryText(stretch, shape));
        return deflated.set(name, version, piece, piece.bytes.length);
      },
    };
  }
}
