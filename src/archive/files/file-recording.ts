import { basename } from "node:path/posix";
import type { GapRow, Recording, RunRow } from "../../db/index/rows.ts";
import {
  journalEnd,
  journalEntry,
  journalFiles,
  journalHead,
  journalSynced,
  type JournalHead,
} from "../journal/journal.ts";
import { endMs, plainSegment, type FileSegment } from "./file-segment.ts";

/** What a recording of files is born with. */
export type FileRecordingFacts = {
  id: string;
  channel: string;
  root: string;
  /** Path below the root; nothing lies there. */
  path: string;
  zone: string;
  run: RunRow;
  firstMediaSequence: number;
  discontinuitySequence: number;
  /** Folder date of its files, YYYY-MM-DD. */
  date: string;
  /** End of its hour of local time, ms UTC. */
  hourEndMs: number;
  /** Its files lie in a watched folder, by absolute paths. */
  isForeign: boolean;
};

/** A recording as it is at one moment, for lists, the index and its journal. */
export type FileSnapshot = {
  version: number;
  recording: Recording;
  gaps: readonly GapRow[];
  files: readonly FileSegment[];
  nextOrdinal: number;
  /** See `FileRecording.isAway`. */
  isAway: boolean;
};

/** An hour of files of one folder with one init. Its segments are kept by their day, in the order of time. */
export class FileRecording {
  readonly facts: FileRecordingFacts;
  /** Numbers are not used again, also not those of files that are gone. */
  nextOrdinal = 0;
  /** Its storage was not there, so only what the index knows of it is known; it is never written as it is here. */
  isAway = false;
  #version = 0;
  #storedVersion = 0;
  #snapshot: FileSnapshot | undefined;

  constructor(facts: FileRecordingFacts) {
    this.facts = facts;
  }

  get run(): RunRow {
    return this.facts.run;
  }

  get version(): number {
    return this.#version;
  }

  /** Whether journal and index don't have it as it is. */
  get isChanged(): boolean {
    return this.#version !== this.#storedVersion;
  }

  /** Its list or its gaps are others than before. */
  touch(): void {
    this.#version += 1;
  }

  /** Journal and index have this version. */
  stored(version: number): void {
    this.#version = Math.max(this.#version, version);
    this.#storedVersion = version;
  }

  /** As it is now; `make` gives its segments in order and the gaps that it ended. */
  snapshot(make: () => { files: readonly FileSegment[]; gaps: readonly GapRow[] }): FileSnapshot {
    if (this.#snapshot?.version === this.#version) return this.#snapshot;
    const { files, gaps } = make();
    const { id, channel, root, path, run, zone, firstMediaSequence, discontinuitySequence } = this.facts;
    const baseTicks = files.reduce((least, { ticks }) => Math.min(least, ticks), files[0]?.ticks ?? 0);
    const startMs = files[0]?.startMs ?? 0;
    const recording: Recording = {
      id,
      channel,
      root,
      path,
      run: run.id,
      baseOffsetBytes: 0,
      startMs,
      endMs: files.reduce((most, file) => Math.max(most, endMs(file)), startMs),
      firstMediaSequence,
      discontinuitySequence,
      baseTicks,
      zone,
      sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      segmentCount: files.length,
      state: "closed",
      garbageMs: null,
      version: this.#version,
      segments: files.map((file) => plainSegment(file, baseTicks)),
    };
    const { nextOrdinal, isAway } = this;
    this.#snapshot = { version: this.#version, recording, gaps, files, nextOrdinal, isAway };
    return this.#snapshot;
  }
}

/** The whole journal of a recording of files. */
export function filesJournal(snapshot: FileSnapshot, run: RunRow): string {
  const { recording, gaps, files, nextOrdinal, version } = snapshot;
  const { channel: _channel, endMs: _endMs, endReason: _reason, endDetail: _detail, ...journalRun } = run;
  const head: JournalHead = {
    recording: recording.id,
    channel: recording.channel,
    root: recording.root,
    file: basename(recording.path),
    baseOffsetBytes: 0,
    firstMediaSequence: recording.firstMediaSequence,
    discontinuitySequence: recording.discontinuitySequence,
    baseTicks: { video: recording.baseTicks },
    zone: recording.zone,
    replaces: [],
    gaps: gaps.map(({ startMs, endMs, reason, detail }) => ({ startMs, endMs, reason, detail })),
    run: journalRun,
  };
  const longestTicks = files.reduce((most, { durationTicks }) => Math.max(most, durationTicks), 0);
  const entries = recording.segments.map((segment, index) => {
    const { crc32, sourceTicks } = files[index]!;
    return journalEntry(head, { ...segment, crc32, sourceTicks });
  });
  return [
    journalHead(head, Math.max(1, Math.round(longestTicks / run.videoTimescale))),
    ...entries,
    journalFiles(nextOrdinal, version),
    journalSynced(files.length),
    journalEnd(undefined),
  ].join("");
}
