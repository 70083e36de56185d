import { hasOwnFiles, type Recording } from "../db/index/rows.ts";
import { outlineOf } from "../media/segment-outline.ts";

/** Start of a recording's last segment, ms UTC. */
const lastStartMs = ({ outline, segments, startMs }: Recording): number =>
  (outline ?? outlineOf(segments))?.last.startMs ?? startMs;

/**
 * For each recording of files the times (ms UTC, in order) at which files of others begin between its first file and its
 * last. An hour has as many recordings as its files have inits, and these come in any order: there its files are listed
 * in turn with theirs, by time. Else what is added to the one would come before what was listed of the other.
 */
export function interleavedStarts(recordings: readonly Recording[]): Map<Recording, number[]> {
  const starts = new Map<Recording, number[]>();
  const byStart = recordings.filter(hasOwnFiles).sort((a, b) => a.startMs - b.startMs);
  const add = (to: Recording, from: Recording, untilMs: number): void => {
    const list = starts.get(to) ?? [];
    for (const { startMs } of from.segments)
      if (startMs >= to.startMs && startMs <= untilMs) list.push(startMs);
    starts.set(to, list);
  };
  for (const [index, first] of byStart.entries()) {
    const untilMs = lastStartMs(first);
    for (let next = index + 1; next < byStart.length; next++) {
      const second = byStart[next];
      if (!second || second.startMs > untilMs) break;
      add(first, second, untilMs);
      add(second, first, lastStartMs(second));
    }
  }
  for (const list of starts.values()) list.sort((a, b) => a - b);
  return starts;
}
