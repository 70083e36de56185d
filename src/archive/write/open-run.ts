import type { RunRow } from "../../db/index/rows.ts";
import { roundedSeconds } from "../../media/m3u8.ts";
import type { RunEnd } from "../../media/reasons.ts";
import { logOf } from "../../platform/log.ts";
import { newId } from "../ids.ts";
import type { JournalGap } from "../journal/journal.ts";
import type { ArchiveChannel } from "../settings.ts";
import type { ChannelWriter } from "./channel-writer.ts";
import { endLate } from "./closing.ts";
import { diskEnd } from "./disk-end.ts";
import { bearRecording } from "./recording-birth.ts";
import type { RecordingWriter } from "./recording-writer.ts";
import type { WriteContext } from "./write-context.ts";

const log = logOf("archive");

/** Segments that wait for the disk may hold this much; one more ends the run. */
const MAX_BACKLOG_BYTES = 32 << 20;

/** What a run is made of, as its row and its journals tell it. */
export type RunMakeup = Pick<
  RunRow,
  | "init"
  | "format"
  | "videoCodec"
  | "audioCodec"
  | "width"
  | "height"
  | "frameRate"
  | "videoTimescale"
  | "audioTimescale"
>;

/** What tells which file a segment goes to. */
export type NextSegment = {
  /** Media time since the run's zero, in ticks of its pictures. */
  startTicks: number;
  durationTicks: number;
  sizeBytes: number;
  /** Whether a new file may begin with it, but for the first, which always does. */
  canBegin: boolean;
};

export type RunKind = {
  makeup: RunMakeup;
  /** Its wall times may have to be dated anew: they follow a clock that the kernel does not call right. */
  isUnsure: boolean;
  /** With an init like the newest one's it goes on with that one's timeline. */
  isContinuation: boolean;
};

/** Where a run is written. */
export type RunPlace = {
  context: WriteContext;
  channel: ChannelWriter;
  settings: ArchiveChannel;
  /** Called at most once, when it can't be recorded any further. */
  onFailure: (end: RunEnd) => void;
};

/**
 * One run on its way to the disk, whatever its segments are: they wait in a queue, are appended one after the other
 * to recordings that begin at the hour, at midnight and at their size, and the run ends once, with one reason.
 */
export abstract class OpenRun<S> {
  readonly id = newId();
  protected readonly context: WriteContext;
  protected readonly channel: ChannelWriter;
  readonly #kind: RunKind;
  readonly #settings: ArchiveChannel;
  readonly #onFailure: (end: RunEnd) => void;
  readonly #former: Promise<void>;
  readonly #queue: S[] = [];
  #queuedBytes = 0;
  #draining: Promise<void> | undefined;
  #row: RunRow | undefined;
  #runTicks = 0;
  #recording: RecordingWriter | undefined;
  /** The last recording of the run, also when it is finished. */
  #lastRecording: RecordingWriter | undefined;
  #end: RunEnd | undefined;
  #isFinishing = false;
  readonly #over = Promise.withResolvers<void>();

  constructor({ context, channel, settings, onFailure }: RunPlace, kind: RunKind) {
    this.#kind = kind;
    this.context = context;
    this.channel = channel;
    this.#settings = settings;
    this.#onFailure = onFailure;
    this.#former = channel.former;
  }

  protected abstract sizeOf(segment: S): number;

  /** Appends the oldest segment of the queue and says so with `appended`. Rejects when the disk does not take it. */
  protected abstract store(segment: S): Promise<void>;

  /** What has come and is no whole segment yet: asked for once, when the run ends. */
  protected abstract rest(): S[];

  /** What both clocks said at the run's first arrival; the wall clock moved on by as much as its times were. */
  protected abstract clocks(): Pick<RunRow, "realtimeMs" | "boottimeMs">;

  /** The first file of the run has been made. */
  protected begun?(row: RunRow, runTicks: number): void;

  /** A segment has left the queue: it is stored, or was given up. */
  protected settled?(segment: S): void;

  /** The gaps that the run ends. */
  protected gapsBefore(startMs: number): JournalGap[] {
    return this.channel.gapsUntil(startMs, this.isUnsure);
  }

  get isUnsure(): boolean {
    return this.#kind.isUnsure;
  }

  /** The run's row, as it is or will be in the index; `undefined` before its first segment is stored. */
  get row(): RunRow | undefined {
    return this.#row;
  }

  /** Storage root of the file that is being written. */
  get rootId(): string | undefined {
    return this.#recording?.row.root;
  }

  /** Resolves when the run is over and its last segment is written. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  protected get isEnded(): boolean {
    return this.#end !== undefined;
  }

  /** The segment that is stored next. */
  protected get oldest(): S | undefined {
    return this.#queue[0];
  }

  async close(end: RunEnd): Promise<void> {
    this.#stop(end, true);
    this.#finish();
    await this.#over.promise;
  }

  /** Ends the run from the archive's side; with `keepRest`, what has come so far is stored. */
  fail(end: RunEnd, keepRest = false): void {
    if (this.#end) return;
    this.#stop(end, keepRest);
    queueMicrotask(() => this.#onFailure(end));
    this.#finish();
  }

  #stop(end: RunEnd, keepRest: boolean): void {
    if (this.#end) return;
    if (keepRest) for (const segment of this.rest()) this.enqueue(segment);
    this.#end ??= end;
  }

  protected enqueue(segment: S): void {
    if (this.#end) return this.settled?.(segment);
    if (this.#queuedBytes > MAX_BACKLOG_BYTES) {
      const detail = `${Math.round(this.#queuedBytes / 2 ** 20)} MB were waiting for the disk`;
      this.settled?.(segment);
      this.fail({ reason: "disk-slow", detail });
      return;
    }
    this.#queue.push(segment);
    this.#waiting(this.sizeOf(segment));
    this.#draining ??= this.#drain();
  }

  /** More, or less, waits for the disk. */
  #waiting(bytes: number): void {
    this.#queuedBytes += bytes;
    this.context.figures.waitingBytes += bytes;
  }

  async #drain(): Promise<void> {
    await this.#former;
    try {
      for (let next = this.#queue[0]; next; next = this.#queue[0]) {
        if (!this.#row && !this.#end) await this.context.redated();
        await this.store(next);
        this.channel.live.changed();
      }
    } catch (error) {
      this.#waiting(-this.#queuedBytes);
      for (const segment of this.#queue.splice(0)) this.settled?.(segment);
      const end = diskEnd(error, this.context.roots, this.#recording?.row.root);
      // Of a run that goes on, its supervisor tells, once for each outage however often it is tried again.
      if (!this.#end) return this.fail(end);
      log.error("{channel}: a segment could not be stored: {text}", {
        channel: this.channel.id,
        text: end.detail,
      });
      if (this.#end.reason === "stopped") this.#end = end;
    } finally {
      // Not a moment after the queue was found empty: the next segment may be handed over by then.
      this.#draining = undefined;
    }
  }

  /** The oldest segment of the queue is in `recording` now. */
  protected appended(
    segment: S,
    { startTicks, durationTicks }: NextSegment,
    recording: RecordingWriter,
  ): void {
    this.#queue.shift();
    this.#waiting(-this.sizeOf(segment));
    this.channel.stored(this.#runTicks + startTicks + durationTicks, recording.endMs);
    this.settled?.(segment);
  }

  /** The recording that the next segment goes to: a new one where the one before is full. */
  protected async recordingFor(next: NextSegment, startMs: number): Promise<RecordingWriter> {
    if (this.#recording && isFull(this.#recording, next, startMs)) {
      this.#recording.finish(undefined);
      this.#recording = undefined;
    }
    this.#recording ??= await this.#newRecording(next, startMs);
    return this.#recording;
  }

  async #newRecording(next: NextSegment, startMs: number): Promise<RecordingWriter> {
    const isFirst = this.#row === undefined;
    const gaps = isFirst ? this.gapsBefore(startMs) : [];
    const row = this.#row ?? this.#newRow(startMs);
    if (isFirst) this.#runTicks = this.channel.counter.nextTicks;
    const recording = await bearRecording(this.context, {
      channel: this.channel,
      settings: this.#settings,
      run: row,
      isFirst,
      runTicks: this.#runTicks,
      next,
      startMs,
      gaps,
    });
    this.#row = row;
    if (isFirst) this.begun?.(row, this.#runTicks);
    this.#lastRecording = recording;
    this.context.open.add(recording);
    if (row.unsure) this.context.noteUnsure();
    return recording;
  }

  #newRow(startMs: number): RunRow {
    const { makeup, isUnsure, isContinuation } = this.#kind;
    const run = { ...makeup, id: this.id, bootId: this.context.clock.bootId, unsure: isUnsure };
    return {
      ...run,
      channel: this.channel.id,
      timeline: this.channel.beginRun(run, isContinuation),
      startMs,
      endMs: null,
      endReason: null,
      endDetail: null,
      ...this.clocks(),
    };
  }

  #finish(): void {
    if (this.#isFinishing) return;
    this.#isFinishing = true;
    void this.#finishOnce().finally(() => this.#over.resolve());
  }

  async #finishOnce(): Promise<void> {
    await this.#former;
    await this.#draining;
    const end = this.#end ?? { reason: "stopped", detail: "" };
    this.channel.noteEnd(end, this.context.clock.nowMs());
    if (this.channel.run === this) this.channel.run = undefined;
    this.channel.live.end(this.id);
    const last = this.#lastRecording;
    last?.finish(end);
    if (last && !this.context.open.has(last)) await endLate(this.context, last);
  }
}

function isFull(recording: RecordingWriter, next: NextSegment, startMs: number): boolean {
  if (recording.segments.length === 0) return false;
  if (recording.sizeBytes + next.sizeBytes > recording.maxBytes) return true;
  // Our own segments are cut where they get longer than a journal says; what is kept as it came can't be.
  const isCut = recording.head.run.format === "nightjar";
  const isTooLong = !isCut && roundedSeconds(next.durationTicks) > recording.targetSeconds;
  return next.canBegin && (startMs >= recording.changeMs || isTooLong);
}
