import type { Footage } from "../archive/footage.ts";
import { placedSegments } from "../playback/kept-interval.ts";
import type { StoredSegment } from "../playback/segment-body.ts";
import type { FootageGroup, Window } from "./choose-footage.ts";
import { decodableFrom, inputStartSeconds, LEAD_TICKS, placedBytes } from "./footage-input.ts";

/** Media times may be so far from wall times before they are set right, in 90,000ths of a second. */
const MOST_OFF_TICKS = 1350;

/** What ffmpeg reads of a piece. */
export type PieceInput = {
  chunks(): AsyncGenerator<Uint8Array, void>;
  /** Wall time, ms UTC, of what ffmpeg shows at 0. */
  zeroMs: number;
};

const isBefore = (one: StoredSegment, other: StoredSegment): boolean =>
  one.recording.id === other.recording.id && one.segment.ordinal < other.segment.ordinal;

/** The segments of a group; before them those that its first one can't be decoded without. */
async function segmentsOf(footage: Footage, { stretches }: FootageGroup): Promise<StoredSegment[]> {
  const listed = [...placedSegments(stretches, 0)].map(({ stored }) => stored);
  const [first] = listed;
  if (!first) return [];
  const begin = await decodableFrom(footage, first);
  const earlier = begin.recording.segments
    .filter(({ ordinal }) => ordinal >= begin.segment.ordinal)
    .map((segment) => ({ ...begin, segment }))
    .filter((stored) => isBefore(stored, first));
  return [...earlier, ...listed];
}

/**
 * Footage without a hole, with times that follow wall time to a sixtieth of a second, however long it is and however the
 * clocks drift; MPEG-TS with its own times.
 */
export async function pieceInput(footage: Footage, group: FootageGroup): Promise<PieceInput> {
  const segments = await segmentsOf(footage, group);
  const [first] = segments;
  if (!first) throw new RangeError("a group has no segments");
  const { run } = first;
  const startSeconds = await inputStartSeconds(footage, first);
  return {
    zeroMs: first.segment.startMs - startSeconds * 1000,
    async *chunks() {
      if (run.format !== "ts") yield run.init;
      let outTicks = LEAD_TICKS;
      for (const stored of segments) {
        const { startMs, durationTicks } = stored.segment;
        const wallTicks = LEAD_TICKS + Math.round((startMs - first.segment.startMs) * 90);
        if (Math.abs(wallTicks - outTicks) > MOST_OFF_TICKS) outTicks = wallTicks;
        yield await placedBytes(footage, stored, outTicks);
        outTicks += durationTicks;
      }
    },
  };
}

/** A part of a window that a group covers. */
export const shownOf = ({ startMs, endMs }: FootageGroup, window: Window): Window => ({
  startMs: Math.max(startMs, window.startMs),
  endMs: Math.min(endMs, window.endMs),
});
