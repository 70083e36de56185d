import type { StorageAway } from "../../../src/archive/roots/root.ts";
import type { ChannelTotal, FootageHistory } from "../../../src/archive/footage-history.ts";
import type { Footage, FootageChannel } from "../../../src/archive/footage.ts";
import { fileSpans } from "../../../src/db/index/file-spans.ts";
import {
  hasOwnFiles,
  type Extent,
  type GapRow,
  type Recording,
  type RunRow,
} from "../../../src/db/index/rows.ts";
import type { RunEnd } from "../../../src/media/reasons.ts";
import type { Segment } from "../../../src/media/segment-list.ts";

type Outage = RunEnd & { sinceMs: number };

const SEGMENT_MS = 2_000;
const FILE_MS = 10_000;

export function fakeRun(channel: string, change: Partial<RunRow> = {}): RunRow {
  return {
    id: `run-${channel}`,
    channel,
    timeline: 1,
    init: new Uint8Array(),
    format: "nightjar",
    videoCodec: "avc1.64001f",
    audioCodec: "mp4a.40.2",
    width: 1920,
    height: 1080,
    frameRate: 25,
    videoTimescale: 90_000,
    audioTimescale: 48_000,
    startMs: 0,
    endMs: null,
    endReason: null,
    endDetail: null,
    bootId: "boot",
    realtimeMs: 0,
    boottimeMs: 0,
    unsure: false,
    ...change,
  };
}

/** A recording of whole segments of two seconds that covers `[startMs, endMs)`. */
export function fakeRecording(
  channel: string,
  startMs: number,
  endMs: number,
  run = `run-${channel}`,
): Recording {
  const segments: Segment[] = [];
  for (let at = startMs; at < endMs; at += SEGMENT_MS) {
    const lengthMs = Math.min(SEGMENT_MS, endMs - at);
    segments.push({
      ordinal: segments.length,
      startMs: at,
      mediaTicks: (at - startMs) * 90,
      durationTicks: lengthMs * 90,
      offsetBytes: segments.length * 1000,
      headerBytes: 100,
      videoBytes: 800,
      audioBytes: 100,
      activityBytes: 10,
    });
  }
  return {
    id: `${channel}-${startMs}`,
    channel,
    root: "root",
    path: "x.mp4",
    run,
    baseOffsetBytes: 0,
    startMs,
    endMs,
    firstMediaSequence: 0,
    discontinuitySequence: 0,
    baseTicks: 0,
    zone: "UTC",
    sizeBytes: segments.length * 1000,
    segmentCount: segments.length,
    state: "closed",
    garbageMs: null,
    version: 1,
    segments,
  };
}

/** An hour of files of ten seconds each, those of `missing` (ms UTC of their starts) left out. */
export function fakeFiles(
  channel: string,
  startMs: number,
  endMs: number,
  missing: readonly number[] = [],
): Recording {
  const segments: Segment[] = [];
  for (let at = startMs; at < endMs; at += FILE_MS) {
    if (missing.includes(at)) continue;
    segments.push({
      ordinal: segments.length,
      startMs: at,
      mediaTicks: (at - startMs) * 90,
      durationTicks: FILE_MS * 90,
      offsetBytes: 0,
      headerBytes: 0,
      videoBytes: 1_000_000,
      audioBytes: 0,
      activityBytes: 0,
      file: { name: `${at}.ts`, mtimeMs: at, isLate: false },
    });
  }
  const sizeBytes = segments.length * 1_000_000;
  const facts = { sizeBytes, segmentCount: segments.length, segments };
  return { ...fakeRecording(channel, startMs, endMs), path: `${channel}/day/${startMs}.files`, ...facts };
}

/** The read side of an archive that lies in memory, its history as well. */
export class FakeFootage implements Footage, FootageHistory {
  channelList: FootageChannel[] = [];
  recordingList: Recording[] = [];
  gapList: GapRow[] = [];
  runs = new Map<string, RunRow>();
  outages = new Map<string, Outage>();
  away: StorageAway | undefined;

  add(id: string, name = id, zone = "UTC", isRetired = false): FootageChannel {
    const channel = { id, name, zone, isRetired };
    this.channelList.push(channel);
    const run = fakeRun(id);
    this.runs.set(run.id, run);
    return channel;
  }

  storageAway(): StorageAway | undefined {
    return this.away;
  }

  gap(channel: string, startMs: number, endMs: number, end: RunEnd): void {
    this.gapList.push({ channel, startMs, endMs, ...end, recording: "r" });
  }

  channels = () => this.channelList;
  channel = (id: string) => this.channelList.find((channel) => channel.id.toLowerCase() === id.toLowerCase());
  recordings(channel: string, fromMs: number, toMs: number): Recording[] {
    return this.recordingList.filter((r) => r.channel === channel && r.startMs < toMs && r.endMs > fromMs);
  }
  newest = (channel: string) => this.recordingList.filter((r) => r.channel === channel).slice(-1);
  recording = (id: string) => this.recordingList.find((r) => r.id === id);
  run = (id: string) => this.runs.get(id);
  gaps = (channel: string, fromMs: number, toMs: number) =>
    this.gapList.filter((gap) => gap.channel === channel && gap.startMs < toMs && gap.endMs > fromMs);
  outage = (channel: string) => this.outages.get(channel);
  mediaPath = (_recording: Recording): string | undefined => undefined;
  extents = (channel: string, fromMs: number, toMs: number): Extent[] =>
    this.recordings(channel, fromMs, toMs)
      .flatMap((recording): Extent[] =>
        hasOwnFiles(recording) ? fileSpans(recording.run, recording.segments) : [recording],
      )
      .toSorted((a, b) => a.startMs - b.startMs);
  lastBefore = (channel: string, ms: number) =>
    this.extents(channel, -Infinity, Infinity).findLast(({ startMs }) => startMs < ms);
  firstFrom = (channel: string, ms: number) =>
    this.extents(channel, -Infinity, Infinity).find(({ startMs }) => startMs >= ms);
  totals(): ReadonlyMap<string, ChannelTotal> {
    const totals = new Map<string, ChannelTotal>();
    for (const { channel, startMs, endMs, sizeBytes } of this.recordingList) {
      const known = totals.get(channel);
      totals.set(channel, {
        startMs: Math.min(known?.startMs ?? startMs, startMs),
        endMs: Math.max(known?.endMs ?? endMs, endMs),
        sizeBytes: (known?.sizeBytes ?? 0) + sizeBytes,
      });
    }
    return totals;
  }
}
