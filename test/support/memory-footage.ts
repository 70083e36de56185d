import { dirname, resolve } from "node:path";
import type { Footage, FootageChannel } from "../../src/archive/footage.ts";
import type { GapRow, Recording, RunRow } from "../../src/db/index/rows.ts";
import type { RunEnd } from "../../src/media/reasons.ts";
import type { Segment } from "../../src/media/segment-list.ts";
import type { Clock } from "../../src/platform/clock.ts";

/** A clock that stands until it is set. */
export class StandingClock implements Clock {
  readonly bootId = "boot";
  constructor(public timeMs: number) {}
  nowMs = () => this.timeMs;
  monotonicMs = () => this.timeMs;
  bootMs = () => this.timeMs;
  synchronised = () => true;
  sleep = () => Promise.resolve();
}

export type RunSpec = {
  /** Wall time of the first picture, in ms UTC. */
  startMs: number;
  /** Lengths of the segments in 90,000ths of a second. */
  durations: readonly number[];
  /** Runs with equal inits share a name. */
  init?: string;
  /** Segments per recording. */
  perRecording?: number;
  audio?: boolean;
};

/**
 * The read side of an archive in memory. `record` numbers runs, timelines, segments and media time as capture
 * does: everything is counted on.
 */
export class MemoryFootage implements Footage {
  readonly channelList: FootageChannel[] = [];
  recordingList: Recording[] = [];
  readonly runs = new Map<string, RunRow>();
  readonly gapList: GapRow[] = [];
  outageNow: (RunEnd & { sinceMs: number }) | undefined;
  /** Where media files lie; `undefined` is a storage that is not there. */
  folder: string | undefined = "/nowhere";
  #nextTicks = 0;
  #nextSequence = 0;
  #timeline = 0;
  #init: string | undefined;

  constructor(channel = "front-door", zone = "UTC", firstTicks = 0) {
    this.channelList.push({ id: channel, name: "Front door", zone, isRetired: false });
    this.#nextTicks = firstTicks;
  }

  /** Adds a run with its recordings; returns these. */
  record({ startMs, durations, init = "a", perRecording = 1800, audio = true }: RunSpec): Recording[] {
    const channel = this.channelList[0]?.id ?? "";
    if (this.#init !== init) this.#timeline++;
    this.#init = init;
    const id = `run${String(this.runs.size).padStart(7, "0")}`;
    const run: RunRow = {
      id,
      channel,
      timeline: this.#timeline,
      init: new TextEncoder().encode(init),
      format: "nightjar",
      videoCodec: "avc1.64001f",
      audioCodec: audio ? "mp4a.40.2" : null,
      width: 640,
      height: 360,
      frameRate: 25,
      videoTimescale: 90_000,
      audioTimescale: audio ? 48_000 : null,
      startMs,
      endMs: null,
      endReason: null,
      endDetail: null,
      bootId: "boot",
      realtimeMs: startMs,
      boottimeMs: 0,
      unsure: false,
    };
    this.runs.set(id, run);
    const made: Recording[] = [];
    let wallTicks = 0;
    for (let from = 0; from < durations.length; from += perRecording) {
      const recording = this.#recording(
        run,
        startMs + wallTicks / 90,
        durations.slice(from, from + perRecording),
      );
      wallTicks += recording.segments.reduce((sum, segment) => sum + segment.durationTicks, 0);
      made.push(recording);
    }
    this.recordingList.push(...made);
    return made;
  }

  #recording(run: RunRow, startMs: number, durations: readonly number[]): Recording {
    const segments: Segment[] = [];
    let ticks = 0;
    for (const durationTicks of durations) {
      const ordinal = segments.length;
      const bytes = {
        offsetBytes: ordinal * 1000,
        headerBytes: 100,
        videoBytes: 700,
        audioBytes: 200,
        activityBytes: 10,
      };
      segments.push({
        ordinal,
        startMs: Math.round(startMs + ticks / 90),
        mediaTicks: ticks,
        durationTicks,
        ...bytes,
      });
      ticks += durationTicks;
    }
    const recording: Recording = {
      id: `rec${String(this.recordingList.length + this.#nextSequence).padStart(7, "0")}`,
      channel: run.channel,
      root: "root",
      path: `${run.id}.mp4`,
      run: run.id,
      baseOffsetBytes: 0,
      startMs: Math.round(startMs),
      endMs: Math.round(startMs + ticks / 90),
      firstMediaSequence: this.#nextSequence,
      discontinuitySequence: this.#timeline - 1,
      baseTicks: this.#nextTicks,
      zone: "UTC",
      sizeBytes: segments.length * 1000,
      segmentCount: segments.length,
      state: "closed",
      garbageMs: null,
      version: 0,
      segments,
    };
    this.#nextTicks += ticks;
    this.#nextSequence += segments.length;
    return recording;
  }

  channels = () => this.channelList;
  channel = (id: string) => this.channelList.find((channel) => channel.id.toLowerCase() === id.toLowerCase());
  recordings = (channel: string, fromMs: number, toMs: number): Recording[] =>
    this.recordingList
      .filter((each) => each.channel === channel && each.startMs < toMs && each.endMs > fromMs)
      .toSorted((a, b) => a.startMs - b.startMs || a.firstMediaSequence - b.firstMediaSequence);
  newest(channel: string, durationMs: number): Recording[] {
    const kept: Recording[] = [];
    let ms = 0;
    for (const each of this.recordings(channel, -Infinity, Infinity).toReversed()) {
      if (ms >= durationMs) break;
      ms += each.endMs - each.startMs;
      kept.unshift(each);
    }
    return kept;
  }
  recording = (id: string) => this.recordingList.find((each) => each.id === id);
  run = (id: string) => this.runs.get(id);
  gaps = (channel: string, fromMs: number, toMs: number) =>
    this.gapList.filter((gap) => gap.channel === channel && gap.startMs < toMs && gap.endMs > fromMs);
  outage = () => this.outageNow;
  mediaPath = (recording: Recording, segment?: Segment): string | undefined => {
    if (this.folder === undefined) return undefined;
    const path = `${this.folder}/${recording.path}`;
    return segment?.file ? resolve(dirname(path), segment.file.name) : path;
  };
}
