import { appendFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { crc32 } from "node:zlib";
import {
  journalEnd,
  journalEntry,
  journalHead,
  journalSynced,
  type JournalGap,
  type JournalHead,
} from "../../../src/archive/journal/journal.ts";
import type { Databases } from "../../../src/archive/database-pair.ts";
import { newId } from "../../../src/archive/ids.ts";
import { IndexDatabase } from "../../../src/db/index/index-database.ts";
import type { RunRow } from "../../../src/db/index/rows.ts";
import { StateDatabase } from "../../../src/db/state/state-database.ts";
import type { RunEnd } from "../../../src/media/reasons.ts";
import type { Segment } from "../../../src/media/segment-list.ts";
import type { Clock } from "../../../src/platform/clock.ts";
import { fileTimeOf, localDateOf } from "../../../src/platform/zone.ts";

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
/** 2026-11-21T00:00:00Z */
export const NOON_MS = Date.UTC(2026, 10, 21, 12);

/** A clock that stands until it is told otherwise; sleeping makes it go on at once. */
export class SimulatedClock implements Clock {
  readonly bootId = "boot-1";
  isSynchronised: boolean | undefined = true;
  #monotonicMs = 1000;

  constructor(private wallMs = NOON_MS) {}

  nowMs = (): number => this.wallMs;
  monotonicMs = (): number => this.#monotonicMs;
  bootMs = (): number => this.#monotonicMs;
  synchronised = (): boolean | undefined => this.isSynchronised;

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (!signal?.aborted) this.pass(ms);
    await Bun.sleep(1);
  }

  /** Time goes by. */
  pass(ms: number): void {
    this.wallMs += ms;
    this.#monotonicMs += ms;
  }

  /** Somebody sets the wall clock. */
  set(ms: number): void {
    this.wallMs = ms;
  }
}

/** The system's clock that nobody waits for. */
export class WaitingClock extends SimulatedClock {
  override async sleep(_ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    signal?.addEventListener("abort", () => resolve(), { once: true });
    await promise;
  }
}

export type TestArchive = AsyncDisposable & {
  folder: string;
  data: string;
  storage: string;
  /** Opens both databases; they are closed at the end, if not before. */
  open(): Databases;
};

export async function testArchive(): Promise<TestArchive> {
  const folder = await mkdtemp(join(tmpdir(), "nightjar-keep-"));
  const data = join(folder, "data");
  await mkdir(data);
  const opened: Databases[] = [];
  return {
    folder,
    data,
    storage: join(folder, "storage"),
    open() {
      const databases = {
        index: IndexDatabase.open(join(data, "index.db")),
        state: StateDatabase.open(join(data, "state.db")),
      };
      opened.push(databases);
      return databases;
    },
    async [Symbol.asyncDispose]() {
      for (const { index, state } of opened) {
        index.close();
        state.close();
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export type Written = {
  id: string;
  path: string;
  run: RunRow;
  segments: Segment[];
  startMs: number;
  endMs: number;
};

/** Footage as the writer leaves it, one recording after the other, in the files and in an index. */
export class FootageMaker {
  #mediaSequence = 0;
  #ticks = 0;
  readonly #runs = new Map<string, RunRow>();

  constructor(
    private readonly storage: string,
    private readonly root: string,
    private readonly index: IndexDatabase,
    readonly channel = "front",
    private readonly zone = "Europe/Berlin",
  ) {}

  run(startMs: number, timeline = 0, change: Partial<RunRow> = {}): RunRow {
    const run: RunRow = {
      id: newId(),
      channel: this.channel,
      timeline,
      init: crypto.getRandomValues(new Uint8Array(100)),
      format: "nightjar",
      videoCodec: "avc1.64001f",
      audioCodec: null,
      width: 640,
      height: 360,
      frameRate: 25,
      videoTimescale: 90_000,
      audioTimescale: null,
      startMs,
      endMs: null,
      endReason: null,
      endDetail: null,
      bootId: "boot-0",
      realtimeMs: startMs + 1000,
      boottimeMs: 1000,
      unsure: false,
      ...change,
    };
    this.index.insertRun(run);
    this.#runs.set(run.id, run);
    return run;
  }

  /** One recording of `run`: segments of two seconds, each of `segmentBytes`. */
  async recording(
    run: RunRow,
    startMs: number,
    options: {
      segments?: number;
      segmentBytes?: number;
      gaps?: JournalGap[];
      end?: RunEnd;
      isOpen?: boolean;
      isUnsynced?: boolean;
    } = {},
  ): Promise<Written> {
    const { segments: count = 5, segmentBytes = 1000, gaps = [], end, isOpen = false } = options;
    const id = newId();
    const file = `${fileTimeOf(startMs, this.zone)}.mp4`;
    const path = `${this.channel}/${localDateOf(startMs, this.zone)}/${file}`;
    const { channel: _c, endMs: _m, endReason: _r, endDetail: _d, ...journalRun } = run;
    const head: JournalHead = {
      recording: id,
      channel: this.channel,
      root: this.root,
      file,
      baseOffsetBytes: run.init.length,
      firstMediaSequence: this.#mediaSequence,
      discontinuitySequence: run.timeline,
      baseTicks: { video: this.#ticks },
      zone: this.zone,
      replaces: [],
      gaps,
      run: journalRun,
    };
    const mediaPath = join(this.storage, path);
    const journalPath = mediaPath.replace(/mp4$/, "m3u8");
    await mkdir(dirname(mediaPath), { recursive: true });
    await writeFile(mediaPath, run.init);
    await writeFile(journalPath, journalHead(head));
    const segments: Segment[] = [];
    for (let ordinal = 0; ordinal < count; ordinal++) {
      const bytes = crypto.getRandomValues(new Uint8Array(segmentBytes));
      const segment: Segment = {
        ordinal,
        startMs: startMs + ordinal * 2000,
        mediaTicks: ordinal * 180_000,
        durationTicks: 180_000,
        offsetBytes: ordinal * segmentBytes,
        headerBytes: 100,
        videoBytes: segmentBytes - 100,
        audioBytes: 0,
        activityBytes: 0,
      };
      await appendFile(mediaPath, bytes);
      await appendFile(journalPath, journalEntry(head, { ...segment, crc32: crc32(bytes) }));
      segments.push(segment);
    }
    if (!options.isUnsynced) await appendFile(journalPath, journalSynced(count));
    if (!isOpen) await appendFile(journalPath, journalEnd(end));
    const endMs = startMs + count * 2000;
    const row = {
      id,
      channel: this.channel,
      root: this.root,
      path,
      run: run.id,
      baseOffsetBytes: head.baseOffsetBytes,
      startMs,
      endMs: startMs,
      firstMediaSequence: head.firstMediaSequence,
      discontinuitySequence: head.discontinuitySequence,
      baseTicks: head.baseTicks.video,
      zone: this.zone,
      sizeBytes: 0,
      segmentCount: 0,
      state: "open" as const,
      garbageMs: null,
      version: 0,
    };
    this.index.insertRecording(row);
    for (const gap of gaps) this.index.insertGap({ ...gap, channel: this.channel, recording: id });
    if (!isOpen) {
      this.#mediaSequence += count;
      this.#ticks += count * 180_000;
      this.index.updateRecording(
        id,
        { state: "closed", startMs, endMs, sizeBytes: head.baseOffsetBytes + count * segmentBytes },
        segments,
      );
      if (end) this.index.updateRun(run.id, { endMs, endReason: end.reason, endDetail: end.detail });
    }
    const before = this.index.counter(this.channel);
    this.index.setCounter({
      channel: this.channel,
      nextMediaSequence: this.#mediaSequence,
      discontinuitySequence: run.timeline,
      timeline: run.timeline,
      nextTicks: this.#ticks,
      newestEndMs: Math.max(before?.newestEndMs ?? 0, isOpen ? startMs : endMs),
    });
    return { id, path, run, segments, startMs, endMs };
  }
}
