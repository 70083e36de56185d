import { FILES_EXTENSION, type ListedRow, type Recording } from "../../src/db/index/rows.ts";
import type { Segment } from "../../src/media/segment-list.ts";
import type { ListedStore } from "../../src/playback/listed-numbers.ts";
import { localDateOf } from "../../src/platform/zone.ts";
import { MemoryFootage } from "./memory-footage.ts";

const HOUR_MS = 3_600_000;
const SETTLE_MS = 60_000;

/** What `ListedStore` keeps, in memory: it outlives whoever uses it. */
export class MemoryListed implements ListedStore {
  readonly rows = new Map<string, ListedRow>();
  read = (channel: string) => this.rows.get(channel);
  write(row: ListedRow): void {
    this.rows.set(row.channel, { ...row });
  }
}

export type PutFile = {
  startMs: number;
  durationMs: number;
  name: string;
  nowMs: number;
  /** It goes on where the file before it ended, on the clock of whoever made it. */
  follows?: boolean;
};

/** A channel of a `MemoryFootage` to which files come, in any order, as the archive tells of them. */
export class MemoryFiles {
  readonly footage: MemoryFootage;
  readonly #zone: string;
  readonly #channel: string;
  #ordinal = 0;
  #arrivals: { startMs: number; arrivedMs: number }[] = [];
  #settledMs: number | undefined;

  constructor(channel = "garage", zone = "Europe/Berlin") {
    this.#channel = channel;
    this.#zone = zone;
    this.footage = new MemoryFootage(channel, zone);
    this.footage.record({ startMs: 0, durations: [90_000] });
    this.footage.recordingList = [];
    for (const run of this.footage.runs.values()) run.format = "ts";
  }

  /** As `FileFootage.settledMs`. */
  settledMs(nowMs: number): number | undefined {
    for (const { startMs, arrivedMs } of this.#arrivals)
      if (arrivedMs + SETTLE_MS <= nowMs) this.#settledMs = Math.max(this.#settledMs ?? 0, startMs);
    this.#arrivals = this.#arrivals.filter(({ arrivedMs }) => arrivedMs + SETTLE_MS > nowMs);
    return this.#settledMs ?? (this.#arrivals.length > 0 ? 0 : undefined);
  }

  /** As `FileArchive.settlesInMs`. */
  settlesInMs(nowMs: number): number | undefined {
    const dues = this.#arrivals.map(({ arrivedMs }) => arrivedMs + SETTLE_MS - nowMs);
    return dues.length > 0 ? Math.max(0, Math.min(...dues)) : undefined;
  }

  put({ startMs, durationMs, name, nowMs, follows = true }: PutFile): void {
    const isLate = startMs <= (this.settledMs(nowMs) ?? -1);
    const durationTicks = Math.round(durationMs * 90);
    // Media time by the wall: what follows on the wall follows in it.
    const mediaTicks = (startMs % (1000 * HOUR_MS)) * 90 + (follows ? 0 : this.#ordinal * 7);
    const segment: Segment = {
      ordinal: this.#ordinal++,
      startMs,
      mediaTicks,
      durationTicks,
      offsetBytes: 0,
      headerBytes: 0,
      videoBytes: 1000,
      audioBytes: 0,
      activityBytes: 0,
      file: { name, mtimeMs: nowMs, isLate },
    };
    this.#arrivals.push({ startMs, arrivedMs: nowMs });
    const hourMs = Math.floor(startMs / HOUR_MS) * HOUR_MS;
    const known = this.footage.recordingList.find(({ id }) => id === idOf(hourMs));
    const recording = known ?? this.#newRecording(hourMs);
    this.#change(recording, [...recording.segments, segment]);
  }

  drop(name: string): void {
    for (const recording of this.footage.recordingList) {
      const left = recording.segments.filter(({ file }) => file?.name !== name);
      if (left.length < recording.segments.length) this.#change(recording, left);
    }
    this.footage.recordingList = this.footage.recordingList.filter(({ segments }) => segments.length > 0);
  }

  #newRecording(hourMs: number): Recording {
    const [run] = this.footage.runs.values();
    const date = localDateOf(hourMs, this.#zone);
    const recording: Recording = {
      id: idOf(hourMs),
      channel: this.#channel,
      root: "root",
      path: `${this.#channel}/${date}/${new Date(hourMs).toISOString().slice(11, 19).replaceAll(":", "-")}${FILES_EXTENSION}`,
      run: run?.id ?? "",
      baseOffsetBytes: 0,
      startMs: hourMs,
      endMs: hourMs,
      firstMediaSequence: 0,
      discontinuitySequence: 0,
      baseTicks: 0,
      zone: this.#zone,
      sizeBytes: 0,
      segmentCount: 0,
      state: "closed",
      garbageMs: null,
      version: 0,
      segments: [],
    };
    this.footage.recordingList.push(recording);
    return recording;
  }

  #change(recording: Recording, segments: readonly Segment[]): void {
    const sorted = segments.toSorted((a, b) => a.startMs - b.startMs);
    Object.assign(recording, {
      segments: sorted,
      segmentCount: sorted.length,
      version: recording.version + 1,
      startMs: sorted[0]?.startMs ?? recording.startMs,
      endMs: Math.max(...sorted.map(({ startMs, durationTicks }) => startMs + durationTicks / 90)),
    });
  }
}

const idOf = (hourMs: number): string => `hour${hourMs / HOUR_MS}`;
