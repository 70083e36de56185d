import type { LiveFootage, LivePartName } from "../archive/live/live-edge.ts";
import type { Footage } from "../archive/footage.ts";
import type { RunRow } from "../db/index/rows.ts";
import { moveInPlace, placedBytes } from "../export/footage-input.ts";
import { raiseOffsetsInPlace } from "../media/fmp4/raise-offsets.ts";
import type { Clock } from "../platform/clock.ts";
import { channelTicks } from "../playback/kept-body.ts";
import { whenLive } from "../playback/live-wait.ts";
import { livePartBytes } from "../playback/part-bytes.ts";
import type { StoredSegment } from "../playback/segment-body.ts";
import { mediaSequenceOf } from "../playback/stretch.ts";

export type LiveTail = {
  footage: Footage;
  live: LiveFootage;
  clock: Clock;
  channel: string;
  run: RunRow;
  /** The media sequence number of the segment that is not stored yet. */
  mediaSequence: number;
  /** Wall time at which it begins, ms UTC. */
  startMs: number;
  /** Up to this wall time pictures are wanted, ms UTC. */
  endMs: number;
  /** How long is waited for the next pictures, ms. */
  patienceMs: number;
  /** What is added to the pictures' media times, in their ticks. */
  byTicks: number;
  signal: AbortSignal;
};

/** A piece of a run that is being recorded, and the wall time at which it ends. */
export type LivePiece = { bytes: Uint8Array; endMs: number };

/**
 * What comes of a run behind its stored segments, as it comes, up to a wall time: the parts that players get, in memory or
 * from the disk. Ends earlier when the run does, and when nothing came for too long.
 */
export async function* liveTail(tail: LiveTail): AsyncGenerator<LivePiece, void> {
  const { footage, live, clock, channel, run, signal, patienceMs: limitMs } = tail;
  let atMs = tail.startMs;
  let name: LivePartName = { run: run.id, mediaSequence: tail.mediaSequence, part: 0 };
  while (atMs < tail.endMs) {
    // Whoever reads slowly finds whole segments: parts are kept for some seconds only.
    const stored = name.part === 0 ? storedSegment(tail, name, atMs) : undefined;
    if (stored) {
      const bytes = await placedBytes(footage, stored, channelTicks(stored) + tail.byTicks);
      atMs += (stored.segment.durationTicks * 1000) / run.videoTimescale;
      yield { bytes, endMs: atMs };
      name = { ...name, mediaSequence: name.mediaSequence + 1 };
      continue;
    }
    const wait = { live, clock, channel, signal, limitMs };
    const found = await whenLive(wait, () => look(tail, name));
    if (found === undefined || found === "over") return;
    if (found === "next") {
      name = { run: run.id, mediaSequence: name.mediaSequence + 1, part: 0 };
      continue;
    }
    const bytes = await livePartBytes(footage, found.content);
    if (bytes === undefined) return;
    moveInPlace(bytes.subarray(0, found.content.header.length), run, tail.byTicks);
    raiseOffsetsInPlace(bytes);
    atMs += found.durationMs;
    yield { bytes, endMs: atMs };
    name = { ...name, part: name.part + 1 };
  }
}

/** By so much the wall time of a segment may be another than that of what came before it. */
const NEAR_MS = 2000;

/** The segment that a part belongs to, if it is stored by now. */
function storedSegment(
  { footage, channel, run }: LiveTail,
  { mediaSequence }: LivePartName,
  atMs: number,
): StoredSegment | undefined {
  for (const recording of footage.recordings(channel, atMs - NEAR_MS, atMs + NEAR_MS)) {
    if (recording.run !== run.id) continue;
    const segment = recording.segments.findLast((each) => mediaSequenceOf(recording, each) === mediaSequence);
    if (segment) return { recording, run, segment };
  }
  return undefined;
}

/** The part, `next` when its segment has no more, `over` when nothing more can come; `undefined` while it has not come. */
function look({ live, footage, channel }: LiveTail, name: LivePartName) {
  const edge = live.liveEdge(channel);
  const segments = edge ? [...edge.stored, ...(edge.next ? [edge.next] : [])] : [];
  const segment = segments.find(
    ({ run, mediaSequence }) => run === name.run && mediaSequence === name.mediaSequence,
  );
  if (!segment) {
    // Between two segments there is none that is being written.
    const newest = segments.at(-1);
    const isOver = newest === undefined || newest.mediaSequence >= name.mediaSequence;
    return isOver || footage.outage(channel) ? "over" : undefined;
  }
  const part = segment.parts[name.part];
  if (!part) return segment.isClosed ? "next" : undefined;
  const content = live.livePart(channel, name);
  return content ? { content, durationMs: part.durationTicks / 90 } : "over";
}
