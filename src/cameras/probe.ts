import type { KeptSink, KeptSource, RunSink, SourceEnd } from "../capture/source.ts";
import { buildInit } from "../media/fmp4/init.ts";
import type { Fragment, RunParameters } from "../media/parameters.ts";
import type { Clock } from "../platform/clock.ts";
import { fmp4KeyFrames, pictureInit } from "../media/kept/key-frames.ts";
import { tsKeyFrames } from "../media/ts/key-frames.ts";
import { decodeStill, type CodedPicture } from "../still/decode.ts";
import { StreamMeter, type StreamFacts } from "./figures.ts";
import { KeptMeter, type KeptFacts } from "./kept-figures.ts";

/** What a test of a source brought. */
export type ProbeResult =
  | {
      isGood: true;
      facts: StreamFacts;
      /** The first picture as JPEG; absent when it can't be decoded. */
      jpeg?: Uint8Array<ArrayBuffer>;
    }
  /** A stream that is kept as it comes, in segments. */
  | { isGood: true; kept: KeptFacts; jpeg?: Uint8Array<ArrayBuffer> }
  | { isGood: false; end: SourceEnd };

/** Enough key frames to know their interval, and enough time for a bit rate. */
const ENOUGH = { keyFrames: 3, ms: 3000 };
/** So long is usually watched. */
const USUAL_MS = 6000;
/** So long is waited for a second key frame. */
const LONGEST_MS = 12_000;
/** The whole of it, connecting with it; capture itself gives up connecting sooner. */
const LIMIT_MS = 40_000;
const WATCH_PERIOD_MS = 100;
const PICTURE_WIDTH = 960;

const ENDED: SourceEnd = { reason: "stopped", detail: "", retry: "later" };

/**
 * Connects to a source as capture does, watches it for some seconds, and lets go of it. Nothing is recorded.
 * @param signal ends it early: whoever asked has gone
 */
export async function probe(source: KeptSource, clock: Clock, signal: AbortSignal): Promise<ProbeResult> {
  const meter = new StreamMeter();
  const keptMeter = new KeptMeter();
  let parameters: RunParameters | undefined;
  let begunMs = 0;
  const stop = new AbortController();
  const isEnough = (): boolean => {
    if (parameters === undefined) return false;
    const watchedMs = clock.monotonicMs() - begunMs;
    const { durationMs } = meter.figures;
    if (meter.keyFrames >= ENOUGH.keyFrames && durationMs >= ENOUGH.ms) return true;
    return watchedMs >= (meter.keyFrames >= 2 ? USUAL_MS : LONGEST_MS);
  };
  const sink: RunSink & KeptSink = {
    keptTail: () => Promise.resolve([]),
    beginKept: ({ parameters: given }, usualPauseMs) => keptMeter.begin(given, usualPauseMs),
    keep(segment) {
      keptMeter.take(segment);
      if (keptMeter.isEnough) stop.abort(ENDED);
      return Promise.resolve();
    },
    endKept: () => Promise.resolve(),
    begin(given: RunParameters) {
      parameters = given;
      begunMs = clock.monotonicMs();
    },
    fragment(fragment: Fragment) {
      meter.take(fragment);
      if (isEnough()) stop.abort(ENDED);
    },
  };
  const limit = AbortSignal.timeout(LIMIT_MS);
  const running = source.run(sink, AbortSignal.any([signal, stop.signal, limit]));
  const watching = (async () => {
    while (!stop.signal.aborted) {
      await clock.sleep(WATCH_PERIOD_MS, stop.signal);
      if (isEnough()) stop.abort(ENDED);
    }
  })();
  const end = await running;
  stop.abort(ENDED);
  await watching;

  if (signal.aborted) return { isGood: false, end: ENDED };
  const { facts: kept } = keptMeter;
  if (kept) {
    const jpeg = await decoded(signal, kept.parameters.width, () => keptPictureOf(kept, keptMeter.first));
    return { isGood: true, kept, ...(jpeg ? { jpeg } : {}) };
  }
  const { firstKey } = meter;
  if (parameters === undefined || firstKey === undefined) {
    return limit.aborted
      ? { isGood: false, end: { reason: "source-stalled", detail: "it took too long", retry: "later" } }
      : { isGood: false, end };
  }
  const { video } = parameters;
  const init = buildInit(parameters);
  const jpeg = await decoded(signal, video.width, () => ({ init, sample: firstKey }));
  return { isGood: true, facts: { parameters, figures: meter.figures }, ...(jpeg ? { jpeg } : {}) };
}

/** The first key frame of a segment that is kept as it came; `undefined` when there is none in it. */
function keptPictureOf({ parameters }: KeptFacts, segment: Uint8Array | undefined): CodedPicture | undefined {
  if (segment === undefined) return undefined;
  const { format, init } = parameters;
  const [key] = format === "ts" ? tsKeyFrames(segment) : fmp4KeyFrames(init, segment);
  if (!key) return undefined;
  const { sample } = key;
  return { init: format === "ts" ? init : pictureInit(init, sample), sample };
}

/** A picture that can't be decoded is no reason to call the test a failure: the rest is known. */
async function decoded(
  signal: AbortSignal,
  width: number,
  picture: () => CodedPicture | undefined,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const widthPixels = width > PICTURE_WIDTH ? PICTURE_WIDTH : undefined;
  try {
    const found = picture();
    return found && (await decodeStill(found, { widthPixels, signal }));
  } catch {
    return undefined;
  }
}
