import type { RunRecorder } from "../../capture/recording-sink.ts";
import type { RunRow } from "../../db/index/rows.ts";
import { buildInit, parseInit, runParametersOf } from "../../media/fmp4/init.ts";
import { silentFrame } from "../../media/aac.ts";
import type { AudioParameters, Fragment, RunParameters } from "../../media/parameters.ts";
import { ticksToMs } from "../../media/ticks.ts";
import { clockStepMs, readClock, type ClockReading } from "../../platform/clock-watch.ts";
import { errorText } from "../../platform/errors.ts";
import { endNeed } from "../../platform/given-memory.ts";
import type { UnstoredSegment } from "../live/live-channel.ts";
import { MediaClock } from "./media-clock.ts";
import { OpenRun, type RunMakeup, type RunPlace } from "./open-run.ts";
import { Segmenter } from "./segmenter.ts";
import type { RunSegment } from "./segment-types.ts";

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

/** Throws `unprocessable` for parameters that make no init. */
function makeupOf(parameters: RunParameters): RunMakeup {
  const { video, audio } = parameters;
  return {
    init: buildInit(parameters),
    format: "nightjar",
    videoCodec: video.codecString,
    audioCodec: audio?.codecString ?? null,
    width: video.width,
    height: video.height,
    frameRate: video.frameRate ?? null,
    videoTimescale: video.timescale,
    audioTimescale: audio?.timescale ?? null,
  };
}

/** One run of samples on its way to the disk: fragments become segments. */
export class RunWriter extends OpenRun<RunSegment> implements RunRecorder {
  readonly #parameters: RunParameters;
  readonly #segmenter: Segmenter;
  readonly #clock = new MediaClock();
  /** Both clocks at the first arrival. */
  #first: (ClockReading & { bootMs: number }) | undefined;

  /** Throws `unprocessable` for parameters that make no init. */
  constructor(place: RunPlace, parameters: RunParameters) {
    const { context, channel, settings } = place;
    const own = settings.hasSound ? withFormerSound(parameters, channel.lastInit) : parameters;
    const isUnsure = context.clock.synchronised() === false;
    super(place, { makeup: makeupOf(own), isUnsure, isContinuation: true });
    this.#parameters = own;
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

  fragment(fragment: Fragment): void {
    if (this.isEnded) return;
    try {
      const segments = this.#segmenter.push(fragment);
      if (fragment.track === "video") this.#observe(fragment.arrivalMs);
      for (const segment of segments) this.enqueue(segment);
      this.channel.live.changed();
    } catch (error) {
      this.fail({ reason: "source-broken", detail: errorText(error) }, true);
    }
  }

  #observe(arrivalMs: number): void {
    if (this.#segmenter.zeroTicks === undefined) return;
    const { clock } = this.context;
    const now = readClock(clock);
    this.#first ??= { ...now, bootMs: clock.bootMs() };
    // A step of the clock ends the run in a moment; until then its pictures keep the time they began with.
    const reference = clockStepMs(this.#first, now) === 0 ? now : this.#first;
    const wallMs = reference.nowMs - reference.monotonicMs + arrivalMs;
    this.#clock.observe(ticksToMs(this.#segmenter.endTicks, this.#parameters.video.timescale), wallMs);
  }

  protected sizeOf(segment: RunSegment): number {
    return segment.video.sizeBytes + (segment.audio?.sizeBytes ?? 0);
  }

  protected rest(): RunSegment[] {
    return this.#segmenter.end();
  }

  protected async store(segment: RunSegment): Promise<void> {
    const { newestEndMs } = this.channel;
    this.#clock.freeze(this.isUnsure && newestEndMs > 0 ? newestEndMs : undefined);
    const { startTicks } = segment.video;
    const startMs = this.#clock.segmentStartMs(ticksToMs(startTicks, this.#parameters.video.timescale));
    const next = {
      startTicks,
      durationTicks: segment.durationTicks,
      sizeBytes: this.sizeOf(segment),
      // A new file begins with a key frame, or with what is left of a GOP that was too long for one segment.
      canBegin: segment.video.samples[0]?.isKey === true,
    };
    const recording = await this.recordingFor(next, startMs);
    const { ordinal } = await recording.append(segment, startMs);
    const { nextMediaSequence } = this.channel.counter;
    this.appended(segment, next, recording);
    this.channel.live.stored(segment, nextMediaSequence, { recording: recording.row.id, ordinal });
    // Not at once: who was told of its parts in this moment copies them first.
    setImmediate(() => {
      for (const bytes of [...segment.video.payload, ...(segment.audio?.payload ?? [])]) endNeed(bytes);
    });
  }

  /** The oldest segment that is not stored yet, as far as it has come. */
  #unstored(): UnstoredSegment | undefined {
    const queued = this.oldest;
    if (queued) {
      const { video, audio } = queued;
      return { video, ...(audio && { audio }), isClosed: true, hasSoundUntil: () => true };
    }
    return this.isEnded ? undefined : this.#segmenter.unfinished();
  }

  protected clocks(): Pick<RunRow, "realtimeMs" | "boottimeMs"> {
    const { clock } = this.context;
    return {
      // As this run is dated: what the clock said, and by how much it was moved on to follow older footage.
      realtimeMs: Math.round((this.#first?.nowMs ?? clock.nowMs()) + this.#clock.shiftMs),
      boottimeMs: Math.round(this.#first?.bootMs ?? clock.bootMs()),
    };
  }

  protected override begun(row: RunRow, runTicks: number): void {
    this.channel.live.begin({
      id: this.id,
      runTicks,
      videoTimescale: row.videoTimescale,
      audioTimescale: row.audioTimescale ?? undefined,
      unstored: () => this.#unstored(),
      nextMediaSequence: () => this.channel.counter.nextMediaSequence,
    });
  }
}
