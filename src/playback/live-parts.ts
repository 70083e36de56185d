import type { LiveEdge, LivePartName, LiveSegment } from "../archive/live/live-edge.ts";
import { partInfLine, partLine, partTargetSeconds, preloadHintLine } from "../media/m3u8-parts.ts";
import type { ServerControl } from "../media/m3u8.ts";
import { segmentAddress } from "./addresses.ts";
import { durationTicks90k, mediaSequenceOf, type Stretch } from "./stretch.ts";

/** What a live list says beside its whole segments. */
export type LiveParts = {
  /** The line of the head that says how long parts are. */
  inf: string;
  serverControl: ServerControl;
  /** Parts of listed segments, by the addresses of those. */
  ofSegments: ReadonlyMap<string, string>;
  /** The parts of the segment that is not whole yet, and the one that comes next where that is known. */
  tail: string;
};

/** Parts are named for so many target durations before the end of a list (draft-pantos-hls-rfc8216bis 4.4.4.9). */
const TARGETS_WITH_PARTS = 3;
/** How far from the end players stay, in part targets: three are advised (4.4.3.8). */
const PART_TARGETS_BACK = 3;

/** Address of a part, relative to the channel's folder. */
export const partAddress = ({ run, mediaSequence, part }: LivePartName): string =>
  `part/${run}-${mediaSequence}-${part}.m4s`;

/** What stands behind `/<channel>/part/`, or `undefined` when it is no part's address. */
export function parsePartAddress(name: string): LivePartName | undefined {
  const [, run, mediaSequence, part] = /^([A-Za-z0-9]{1,32})-(\d{1,12})-(\d{1,5})\.m4s$/.exec(name) ?? [];
  if (run === undefined) return undefined;
  return { run, mediaSequence: Number(mediaSequence), part: Number(part) };
}

const linesOf = ({ run, mediaSequence, parts }: LiveSegment, prefix: string): string =>
  parts
    .map(({ durationTicks, isIndependent }, part) =>
      partLine(prefix + partAddress({ run, mediaSequence, part }), durationTicks, isIndependent),
    )
    .join("");

const sumTicks = ({ parts }: LiveSegment): number => parts.reduce((sum, part) => sum + part.durationTicks, 0);

/**
 * The parts that belong into a list of these stretches, which ends with the newest footage; `prefix` is the way from
 * the list's folder to the channel's. What does not follow the last listed segment is left out.
 */
export function livePartsOf(
  edge: LiveEdge,
  stretches: readonly Stretch[],
  { prefix, targetDurationSeconds }: { prefix: string; targetDurationSeconds: number },
): LiveParts {
  const newest = stretches.at(-1);
  const lastNumber = newest && mediaSequenceOf(newest.recording, newest.last);
  const next = edge.next?.mediaSequence === (lastNumber ?? 0) + 1 ? edge.next : undefined;
  const byNumber = new Map(edge.stored.map((segment) => [segment.mediaSequence, segment]));
  const ofSegments = new Map<string, string>();
  let ticks = next ? sumTicks(next) : 0;
  const limitTicks = TARGETS_WITH_PARTS * targetDurationSeconds * 90_000;
  search: for (const { recording, run, segments } of stretches.toReversed())
    for (const segment of segments.toReversed()) {
      const told = byNumber.get(mediaSequenceOf(recording, segment));
      if (ticks >= limitTicks || told?.run !== run.id) break search;
      ticks += durationTicks90k(segment, run);
      ofSegments.set(prefix + segmentAddress(recording.id, segment.ordinal, "m4s"), linesOf(told, prefix));
    }
  const targetSeconds = partTargetSeconds(edge.partTargetTicks);
  return {
    inf: partInfLine(targetSeconds),
    serverControl: { canBlockReload: true, partHoldBackSeconds: PART_TARGETS_BACK * targetSeconds },
    ofSegments,
    tail: next
      ? linesOf(next, prefix) + (edge.coming ? preloadHintLine(prefix + partAddress(edge.coming)) : "")
      : "",
  };
}

/** A list's text with its parts: each before the duration of its segment, behind wall time and init. */
export function withParts(text: string, { inf, ofSegments, tail }: LiveParts): string {
  const out: string[] = [];
  let durationAt = -1;
  for (const line of text.split("\n").slice(0, -1)) {
    if (line.startsWith("#EXTINF:")) durationAt = out.length;
    const parts = ofSegments.get(line);
    if (parts !== undefined && durationAt >= 0) out.splice(durationAt, 0, parts);
    out.push(`${line}\n`);
    if (line.startsWith("#EXT-X-TARGETDURATION:")) out.push(inf);
  }
  return out.join("") + tail;
}
