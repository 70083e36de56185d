import type { Footage } from "../archive/footage.ts";
import { isoOf } from "../platform/zone.ts";
import type { Recording } from "../db/index/rows.ts";
import { WALL_JOIN_MS } from "../media/segment-outline.ts";
import { segmentEndMs, sequenceOf, type Stretch } from "./sequence.ts";
import type { Interval } from "./time-parameters.ts";

/** A recorded span, `[startMs, endMs)` in ms UTC. */
export type Span = { startMs: number; endMs: number };

/** Joins spans in order that touch or overlap, and cuts them to an interval. */
function joined(spans: Iterable<Span>, interval: Interval, joinMs: number): Span[] {
  const found: Span[] = [];
  for (const span of spans) {
    const startMs = Math.max(interval.fromMs, span.startMs);
    const endMs = Math.min(interval.toMs, span.endMs);
    const last = found.at(-1);
    if (last && startMs - last.endMs <= joinMs) last.endMs = Math.max(last.endMs, endMs);
    else if (endMs > startMs) found.push({ startMs, endMs });
  }
  return found;
}

/** Wall time of a stretch: in one where nothing is missing, else by its segments. */
function* spansOf(stretch: Stretch): Generator<Span> {
  const { run, first, last, isWhole, recording } = stretch;
  if (isWhole && recording.outline?.isSteady === true)
    return yield { startMs: first.startMs, endMs: segmentEndMs(last, run) };
  for (const segment of stretch.segments)
    yield { startMs: segment.startMs, endMs: segmentEndMs(segment, run) };
}

/** What a channel has recorded within an interval, cut to it, in order. */
export function recordedSpans(footage: Footage, channel: string, interval: Interval): Span[] {
  const recordings = footage.recordings(channel, interval.fromMs, interval.toMs);
  const stretches = sequenceOf(recordings, (id) => footage.run(id), interval.fromMs, interval.toMs);
  return joined(
    stretches.flatMap((stretch) => [...spansOf(stretch)]),
    interval,
    WALL_JOIN_MS,
  );
}

/** A shorter hole is not told where whole seconds are. */
const SECOND_MS = 1000;

/**
 * The same to the second, by whole recordings: without their segments, and so for all of an archive at once. What is
 * missing inside of a recording is not told.
 */
export function recordedSeconds(footage: Footage, channel: string, interval: Interval): Span[] {
  const recordings: readonly Recording[] = footage.recordings(channel, interval.fromMs, interval.toMs);
  return joined(recordings, interval, SECOND_MS);
}

const HOUR_MS = 3_600_000;
const REACHES_MS = [HOUR_MS, 24 * HOUR_MS, 31 * 24 * HOUR_MS, 366 * 24 * HOUR_MS];

/** The recorded spans next to an interval without footage, as far as a year away. */
export function nearestSpans(
  footage: Footage,
  channel: string,
  interval: Interval,
): { before?: Span; after?: Span } {
  const found: { before?: Span; after?: Span } = {};
  for (const reachMs of REACHES_MS) {
    const before = found.before ?? spanAtEnd(footage, channel, interval.fromMs - reachMs, interval.fromMs);
    const after = found.after ?? spanAtStart(footage, channel, interval.toMs, interval.toMs + reachMs);
    if (before) found.before = before;
    if (after) found.after = after;
    if (before && after) break;
  }
  return found;
}

function spanAtEnd(footage: Footage, channel: string, fromMs: number, toMs: number): Span | undefined {
  const last = footage.recordings(channel, fromMs, toMs).at(-1);
  return last && recordedSpans(footage, channel, { fromMs: last.startMs, toMs }).at(-1);
}

function spanAtStart(footage: Footage, channel: string, fromMs: number, toMs: number): Span | undefined {
  const first = footage.recordings(channel, fromMs, toMs)[0];
  return first && recordedSpans(footage, channel, { fromMs, toMs: first.endMs })[0];
}

/** `2024-06-18T17:45:24.005249`: local time of the zone without offset, always six digits of a second. */
export function plainTimeText(ms: number, zone: string): string {
  const local = Temporal.Instant.fromEpochMilliseconds(Math.floor(ms))
    .toZonedDateTimeISO(zone)
    .toPlainDateTime();
  return local.toString({ fractionalSecondDigits: 6 });
}

/** An entry of the metadata answer: a recorded span, or with a reason a gap. */
export type MetadataEntry = {
  start_datetime: string;
  end_datetime: string;
  reason?: string;
  detail?: string;
};

/** Recorded spans of an interval as clients of `/metadata` read them, and on request the gaps between them. */
export function metadataEntries(
  footage: Footage,
  channel: string,
  interval: Interval,
  options: { zone: string; hasGaps: boolean; nowMs: number },
): MetadataEntry[] {
  const { zone, nowMs } = options;
  const entries: { atMs: number; entry: MetadataEntry }[] = recordedSpans(footage, channel, interval).map(
    (span) => ({
      atMs: span.startMs,
      entry: {
        start_datetime: plainTimeText(span.startMs, zone),
        end_datetime: plainTimeText(span.endMs, zone),
      },
    }),
  );
  if (options.hasGaps) {
    const outage = footage.outage(channel);
    const gaps = [
      ...footage.gaps(channel, interval.fromMs, interval.toMs),
      ...(outage ? [{ ...outage, startMs: outage.sinceMs, endMs: nowMs }] : []),
    ];
    for (const gap of gaps) {
      const startMs = Math.max(interval.fromMs, gap.startMs);
      const endMs = Math.min(interval.toMs, gap.endMs);
      if (endMs <= startMs) continue;
      const entry = {
        start_datetime: isoOf(startMs, zone),
        end_datetime: isoOf(endMs, zone),
        reason: gap.reason,
        detail: gap.detail,
      };
      entries.push({ atMs: startMs, entry });
    }
  }
  return entries.sort((a, b) => a.atMs - b.atMs).map(({ entry }) => entry);
}
