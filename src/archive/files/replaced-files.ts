import type { Recording } from "../../db/index/rows.ts";
import type { Segment } from "../../media/segment-list.ts";
import type { Clock } from "../../platform/clock.ts";

/** Folder of a day for files that longer ones took the place of. */
export const REPLACED = ".replaced";
/** What was replaced stays readable for so long, in ms. */
const READABLE_MS = 3_600_000;
/** So many are remembered at most. */
const MOST = 20_000;

/** What a replaced file is called, below its day. */
export const replacedName = ({ name, mtimeMs }: { name: string; mtimeMs: number }): string =>
  `${REPLACED}/${mtimeMs}-${name}`;

/** A segment that is one no more, with its recording as it was. */
export type ReplacedSegment = { recording: Recording; segment: Segment };

/** Addresses of segments whose file was replaced or dropped in the last hour: players may still ask for them. */
export class ReplacedFiles {
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #segments = new Map<string, ReplacedSegment & { atMs: number }>();

  constructor(clock: Pick<Clock, "monotonicMs">) {
    this.#clock = clock;
  }

  note(recording: Recording, segment: Segment): void {
    const { file } = segment;
    if (!file) return;
    const atMs = this.#clock.monotonicMs();
    for (const [key, each] of this.#segments) {
      if (atMs - each.atMs < READABLE_MS && this.#segments.size < MOST) break;
      this.#segments.delete(key);
    }
    const aside = { ...segment, file: { ...file, name: replacedName(file) } };
    const alone = { ...recording, segments: [aside], segmentCount: 1 };
    this.#segments.set(`${recording.id}-${segment.ordinal}`, { recording: alone, segment: aside, atMs });
  }

  find(recording: string, ordinal: number): ReplacedSegment | undefined {
    const found = this.#segments.get(`${recording}-${ordinal}`);
    return found && this.#clock.monotonicMs() - found.atMs < READABLE_MS ? found : undefined;
  }
}
