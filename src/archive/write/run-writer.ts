import type { RunRecorder } from "../../capture/recording-sink.ts";
import type { RunRow } from "../../db/index/rows.ts";
import { buildInit, parseInit, runParametersOf } from "../../media/fmp4/init.ts";
import { silentFrame } from "../../media/aac.ts";
import type { AudioParameters, Fragment, RunParameters } from "../../media/parameters.ts";
import type { RunEnd } from "../../media/reasons.ts";
import { ticksToMs } from "../../media/ticks.ts";
import { clockStepMs, readClock, type ClockReading } from "../../platform/clock-watch.ts";
import { errorText } from "../../platform/errors.ts";
import { logOf } from "../../platform/log.ts";
import type { ChannelWriter } from "./channel-writer.ts";
import { endLate } from "./closing.ts";
import { diskEnd } from "./disk-end.ts";
import { newId } from "../ids.ts";
import type { UnstoredSegment } from "../live/live-channel.ts";
import { MediaClock } from "./media-clock.ts";
import { bearRecording } from "./recording-birth.ts";
import type { RecordingWriter } from "./recording-writer.ts";
import { Segmenter } from "./segmenter.ts";
import type { RunSegment } from "./segment-types.ts";
import type { ArchiveChannel } from "../settings.ts";
import type { WriteContext } from "./write-context.ts";

const log = logOf("archive");

/** Segments that wait for the disk may hold this much; one more ends the run. */
const MAX_BACKLOG_BYTES = 32 << 20;

const sizeOf = (segment: RunSegment): number => segment.video.sizeBytes + (segment.audio?.sizeBytes ?? 0);

function silenceFor(audio: AudioParameters | undefined): Uint8Array | undefined {
  if (!audio) return undefined;
  try {
    return silentFrame(audio);
  } catch {
    return undefined;
  }
}

/**
 * A run without sound after one that had it, all else the same, goes on with the former init and silence:
 * players can't follow sound that comes and goes.
 */
function withFormerSound(parameters: RunParameters, formerInit: Uint8Array | undefined): RunParameters {
  if (parameters.audio || !formerInit) return parameters;
  try {
    const { audio } = runParametersOf(parseInit(formerInit));
    if (!audio || !silenceFor(audio)) return parameters;
    const joined = { ...parameters, audio };
    return Buffer.compare(buildInit(joined), formerInit) === 0 ? joined : parameters;
  } catch {
    return parameters;
  }
}

/** One run on its way to the disk: fragments become segments, segments are appended one after the other. */
export class RunWriter implements RunRecorder {
  readonly id = newId();
  readonly isUnsure: boolean;
  readonly #context: WriteContext;
  readonly #channel: ChannelWriter;
  readonly #settings: ArchiveChannel;
  readonly #parameters: RunParameters;
  readonly #init: Uint8Array;
  readonly #onFailure: (end: RunEnd) => void;
  readonly #former: Promise<void>;
  readonly #segmenter: Segmenter;
  readonly #clock = new MediaClock();
  /** Both clocks at the first arrival. */
  #first: (ClockReading & { bootMs: number }) | undefined;
  readonly #queue: RunSegment[] = [];
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

  /** Throws `unprocessable` for parameters that make no init. */
  constructor(
    context: WriteContext,
    channel: ChannelWriter,
    settings: ArchiveChannel,
    parameters: RunParameters,
    onFailure: (end: RunEnd) => void,
  ) {
    this.#context = context;
    this.#channel = channel;
    this.#settings = settings;
    this.#parameters = settings.hasSound ? withFormerSound(parameters, channel.lastInit) : parameters;
    this.#init = buildInit(this.#parameters);
    this.#onFailure = onFailure;
    this.#former = channel.former;
    this.isUnsure = context.clock.synchronised() === false;
    this.#segmenter = new Segmenter(
      this.#parameters,
      {
        targetMs: context.settings.segmentTargetMs,
        maxMs: context.settings.segmentMaxMs,
        maxBytes: context.settings.segmentMaxBytes,
      },
      silenceFor(this.#parameters.audio),
    );
  }

  /** The run's row, as it is or will be in the index; `undefined` before its first segment is stored. */
  get row(): RunRow | undefined {
    return this.#row;
  }

  /** Storage root of the file that is being written. */
  get rootId(): string | undefined {
    return this.#recording?.row.root;
  }

  fragment(fragment: Fragment): void {
    if (this.#end) return;
    try {
      const segments = this.#segmenter.push(fragment);
      if (fragment.track === "video") this.#observe(fragment.arrivalMs);
      for (const segment of segments) this.#enqueue(segment);
      this.#channel.live.changed();
    } catch (error) {
      this.fail({ reason: "source-broken", detail: errorText(error) }, true);
    }
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

  /** Resolves when the run is over and its last segment is written. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  #stop(end: RunEnd, keepRest: boolean): void {
    if (this.#end) return;
    if (keepRest) for (const segment of this.#segmenter.end()) this.#enqueue(segment);
    this.#end ??= end;
  }

  #observe(arrivalMs: number): void {
    if (this.#segmenter.zeroTicks === undefined) return;
    const { clock } = this.#context;
    const now = readClock(clock);
    this.#first ??= { ...now, bootMs: clock.bootMs() };
    // A step of the clock ends the run in a moment; until then its pictures keep the time they began with.
    const reference = clockStepMs(this.#first, now) === 0 ? now : this.#first;
    const wallMs = reference.nowMs - reference.monotonicMs + arrivalMs;
    this.#clock.observe(ticksToMs(this.#segmenter.endTicks, this.#parameters.video.timescale), wallMs);
  }

  #enqueue(segment: RunSegment): void {
    if (this.#end) return;
    if (this.#queuedBytes > MAX_BACKLOG_BYTES) {
      const detail = `${Math.round(this.#queuedBytes / 2 ** 20)} MB were waiting for the disk`;
      this.fail({ reason: "disk-slow", detail });
      return;
    }
    this.#queue.push(segment);
    this.#queuedBytes += sizeOf(segment);
    this.#draining ??= this.#drain().finally(() => {
      this.#draining = undefined;
    });
  }

  async #drain(): Promise<void> {
    await this.#former;
    try {
      for (let next = this.#queue[0]; next; next = this.#queue[0]) {
        await this.#store(next);
        this.#channel.live.changed();
      }
    } catch (error) {
      this.#queue.length = 0;
      this.#queuedBytes = 0;
      const end = diskEnd(error, this.#context.roots, this.#recording?.row.root);
      // Of a run that goes on, its supervisor tells, once for each outage however often it is tried again.
      if (!this.#end) return this.fail(end);
      log.error("{channel}: a segment could not be stored: {text}", {
        channel: this.#channel.id,
        text: end.detail,
      });
      if (this.#end.reason === "stopped") this.#end = end;
    }
  }

  async #store(segment: RunSegment): Promise<void> {
    if (!this.#row && !this.#end) await this.#context.redated();
    const { newestEndMs } = this.#channel;
    this.#clock.freeze(this.isUnsure && newestEndMs > 0 ? newestEndMs : undefined);
    const startMs = this.#clock.segmentStartMs(
      ticksToMs(segment.video.startTicks, this.#parameters.video.timescale),
    );
    if (this.#recording && this.#isFull(this.#recording, segment, startMs)) {
      this.#recording.finish(undefined);
      this.#recording = undefined;
    }
    this.#recording ??= await this.#newRecording(segment, startMs);
    const recording = this.#recording;
    const { ordinal } = await recording.append(segment, startMs);
    this.#queue.shift();
    this.#queuedBytes -= sizeOf(segment);
    const { nextMediaSequence } = this.#channel.counter;
    this.#channel.stored(segment, this.#runTicks, recording.endMs);
    this.#channel.live.stored(segment, nextMediaSequence, { recording: recording.row.id, ordinal });
  }

  /** The oldest segment that is not stored yet, as far as it has come. */
  #unstored(): UnstoredSegment | undefined {
    const [queued] = this.#queue;
    if (queued) {
      const { video, audio } = queued;
      return { video, ...(audio && { audio }), isClosed: true, hasSoundUntil: () => true };
    }
    return this.#end ? undefined : this.#segmenter.unfinished();
  }

  /** A new file begins with a key frame, or with what is left of a GOP that was too long for one segment. */
  #isFull(recording: RecordingWriter, segment: RunSegment, startMs: number): boolean {
    if (recording.segments.length === 0) return false;
    if (recording.sizeBytes + sizeOf(segment) > recording.maxBytes) return true;
    return startMs >= recording.changeMs && segment.video.samples[0]?.isKey === true;
  }

  async #newRecording(segment: RunSegment, startMs: number): Promise<RecordingWriter> {
    const isFirst = this.#row === undefined;
    const gaps = isFirst ? this.#channel.gapsUntil(startMs, this.isUnsure) : [];
    const row = this.#row ?? this.#newRow(startMs);
    if (isFirst) this.#runTicks = this.#channel.counter.nextTicks;
    const recording = await bearRecording(this.#context, {
      channel: this.#channel,
      settings: this.#settings,
      run: row,
      isFirst,
      runTicks: this.#runTicks,
      segment,
      startMs,
      gaps,
    });
    this.#row = row;
    if (isFirst)
      this.#channel.live.begin({
        id: this.id,
        runTicks: this.#runTicks,
        videoTimescale: row.videoTimescale,
        audioTimescale: row.audioTimescale ?? undefined,
        unstored: () => this.#unstored(),
        nextMediaSequence: () => this.#channel.counter.nextMediaSequence,
      });
    this.#lastRecording = recording;
    this.#context.open.add(recording);
    if (row.unsure) this.#context.noteUnsure();
    return recording;
  }

  #newRow(startMs: number): RunRow {
    const { video, audio } = this.#parameters;
    const { clock } = this.#context;
    const run = { id: this.id, init: this.#init, unsure: this.isUnsure, bootId: clock.bootId };
    return {
      ...run,
      channel: this.#channel.id,
      format: "nightjar",
      timeline: this.#channel.beginRun(run),
      videoCodec: video.codecString,
      audioCodec: audio?.codecString ?? null,
      width: video.width,
      height: video.height,
      frameRate: video.frameRate ?? null,
      videoTimescale: video.timescale,
      audioTimescale: audio?.timescale ?? null,
      startMs,
      endMs: null,
      endReason: null,
      endDetail: null,
      // As this run is dated: what the clock said, and by how much it was moved on to follow older footage.
      realtimeMs: Math.round((this.#first?.nowMs ?? clock.nowMs()) + this.#clock.shiftMs),
      boottimeMs: Math.round(this.#first?.bootMs ?? clock.bootMs()),
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
    this.#channel.noteEnd(end, this.#context.clock.nowMs());
    if (this.#channel.run === this) this.#channel.run = undefined;
    this.#channel.live.end(this.id);
    const last = this.#lastRecording;
    last?.finish(end);
    if (last && !this.#context.open.has(last)) await endLate(this.#context, last);
  }
}
