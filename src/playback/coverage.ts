import type { Footage } from "../archive/footage.ts";
import { FILE_JOIN_MS } from "../db/index/file-spans.ts";
import { hasOwnFiles, isFilmOfFiles } from "../db/index/rows.ts";
import { isoOf } from "../platform/zone.ts";
import { WALL_JOIN_MS } from "../media/segment-outline.ts";
import { stepSegment } from "../media/segment-steps.ts";
import { sequenceOf } from "./sequence.ts";
import { segmentEndMs, type Stretch } from "./stretch.ts";
import type { Interval } from "./time-parameters.ts";

/** A recorded span, `[startMs, endMs)` in ms UTC. */
export type Span = { startMs: number; endMs: number };

/** A span, and how far from it the next one may begin without a hole between them. */
type OpenSpan = Span & { joinMs: number };

/** Joins spans in order that touch or overlap, and cuts them to an interval. */
function joined(spans: Iterable<OpenSpan>, interval: Interval): Span[] {
  const found: OpenSpan[] = [];
  for (const { joinMs, ...span } of spans) {
    const startMs = Math.max(interval.fromMs, span.startMs);
    const endMs = Math.min(interval.toMs, span.endMs);
    const last = found.at(-1);
    if (last && startMs - last.endMs <= Math.min(last.joinMs, joinMs)) {
      // The join belongs to the end that is reached.
      if (endMs >= last.endMs) [last.endMs, last.joinMs] = [endMs, joinMs];
    } else if (endMs > startMs) found.push({ startMs, endMs, joinMs });
  }
  return found.map(({ startMs, endMs }) => ({ startMs, endMs }));
}

/**
 * Names of files tell whole seconds: two that follow each other may seem to have as much between them, also when they were
 * aged.
 */
const joinMsOf = ({ recording, run }: Pick<Stretch, "recording" | "run">): number =>
  hasOwnFiles(recording) || isFilmOfFiles(recording, run) ? FILE_JOIN_MS : WALL_JOIN_MS;

/** Wall time of a stretch: in one where nothing is missing, else by its steps, in which nothing is missing. */
function* spansOf(stretch: Stretch): Generator<OpenSpan> {
  const { run, first, last, isWhole, recording } = stretch;
  const joinMs = joinMsOf(stretch);
  if (isWhole && recording.outline?.isSteady === true)
    return yield { startMs: first.startMs, endMs: segmentEndMs(last, run), joinMs };
  for (const step of stretch.steps)
    yield { startMs: step.startMs, endMs: segmentEndMs(stepSegment(step, step.count - 1), run), joinMs };
}

/** What a channel has recorded within an interval, cut to it, in order. */
export function recordedSpans(footage: Footage, channel: string, interval: Interval): Span[] {
  const recordings = footage.recordings(channel, interval.fromMs, interval.toMs);
  const stretches = sequenceOf(recordings, (id) => footage.run(id), interval.fromMs, interval.toMs);
  return joined(
    stretches.flatMap((stretch) => [...spansOf(stretch)]),
    interval,
  );
}

/** A shorter hole is not told where whole seconds are. */
const SECOND_MS = 1000;

/**
 * The same to the second, by whole recordings: without their segments, and so for all of an archive at once. What is
 * missing inside of a captured recording is not told; where segments are files, any of the hour may be.
 */
export function recordedSeconds(footage: Footage, channel: string, interval: Interval): Span[] {
  const spans = footage
    .recordings(channel, interval.fromMs, interval.toMs)
    .flatMap((recording): OpenSpan[] => {
      const whole = { startMs: recording.startMs, endMs: recording.endMs, joinMs: SECOND_MS };
      const run =
        hasOwnFiles(recording) && recording.outline?.isSteady !== true && footage.run(recording.run);
      if (!run) return [whole];
      return recording.segments.map((segment) => ({
        startMs: segment.startMs,
        endMs: segmentEndMs(segment, run),
        joinMs: SECOND_MS,
      }));
    })
    // Those of an hour with two inits lie between one another.
    .sort((a, b) => a.startMs - b.startMs);
  return joined(spans, interval);
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
