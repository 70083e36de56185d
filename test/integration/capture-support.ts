import { createHash } from "node:crypto";
import { FfmpegSource } from "../../src/capture/ffmpeg/source.ts";
import type { RunSink, Source, SourceEnd } from "../../src/capture/source.ts";
import type { Fragment, RunParameters } from "../../src/media/parameters.ts";
import { systemClock } from "../../src/platform/system-clock.ts";
import type { Clip } from "../rtsp/clip.ts";

/** A picture or sound frame as the sink got it, in ticks of its track. */
export type Got = {
  decodeTicks: number;
  presentTicks: number;
  durationTicks: number;
  isKey: boolean;
  bytes: Uint8Array;
};

/** Keeps all that a source hands on, and checks the rules of the contract as it comes. */
export class CollectingSink implements RunSink {
  parameters: RunParameters | undefined;
  readonly video: Got[] = [];
  readonly audio: Got[] = [];
  readonly fragments: Fragment[] = [];
  readonly #nextTicks = { video: 0, audio: Number.NEGATIVE_INFINITY };

  begin(parameters: RunParameters): void {
    if (this.parameters) throw new Error("begin was called twice");
    this.parameters = parameters;
  }

  fragment(fragment: Fragment): void {
    if (!this.parameters) throw new Error("a fragment came before begin");
    const size = fragment.samples.reduce((sum, sample) => sum + sample.sizeBytes, 0);
    if (size !== fragment.payload.length)
      throw new Error(`${size} bytes of samples, ${fragment.payload.length} of payload`);
    if (fragment.track === "video" && fragment.decodeTicks !== this.#nextTicks.video) {
      throw new Error(`pictures go on at ${fragment.decodeTicks}, not at ${this.#nextTicks.video}`);
    }
    if (fragment.decodeTicks < this.#nextTicks[fragment.track]) throw new Error("decode time went back");
    this.fragments.push(fragment);
    let ticks = fragment.decodeTicks;
    let offset = 0;
    for (const sample of fragment.samples) {
      if (sample.durationTicks <= 0) throw new Error(`a sample lasts ${sample.durationTicks} ticks`);
      this[fragment.track].push({
        decodeTicks: ticks,
        presentTicks: ticks + sample.compositionOffsetTicks,
        durationTicks: sample.durationTicks,
        isKey: sample.isKey,
        bytes: fragment.payload.subarray(offset, offset + sample.sizeBytes),
      });
      ticks += sample.durationTicks;
      offset += sample.sizeBytes;
    }
    this.#nextTicks[fragment.track] = ticks;
  }
}

const hash = (bytes: Uint8Array): string => createHash("md5").update(bytes).digest("hex");

/** ffmpeg appends a zero byte to the last NAL unit of H.265 pictures. */
const withoutTrailingZeros = (nal: Uint8Array): Uint8Array => {
  let end = nal.length;
  while (end > 0 && nal[end - 1] === 0) end -= 1;
  return nal.subarray(0, end);
};

export const nalsOf = (sample: Uint8Array): Uint8Array[] => {
  const nals: Uint8Array[] = [];
  const view = new DataView(sample.buffer, sample.byteOffset, sample.byteLength);
  for (let at = 0; at + 4 <= sample.length; at += 4 + view.getUint32(at)) {
    nals.push(sample.subarray(at + 4, at + 4 + view.getUint32(at)));
  }
  return nals;
};

const pictureHash = (nals: readonly Uint8Array[]): string =>
  nals.map((nal) => hash(withoutTrailingZeros(nal))).join();

/** For each picture got, its index in the clip, or -1 for one that the clip does not have. */
export function clipIndices(clip: Clip, got: readonly Got[]): number[] {
  const known = new Map(clip.pictures.map((picture, index) => [pictureHash(picture.nals), index]));
  return got.map((picture) => known.get(pictureHash(nalsOf(picture.bytes))) ?? -1);
}

export type RunResult = {
  sink: CollectingSink;
  end: SourceEnd;
  /** From the start. */
  seconds: number;
  /** By `performance.now()`. */
  endedAtMs: number;
};

/** The ordinary source of a camera. */
export const camera = (url: string, withSound = true): Source =>
  new FfmpegSource({ input: { kind: "rtsp", url, transport: "tcp" }, withSound, clock: systemClock() });

/** Runs a source until it ends, or stops it: after some seconds, or when `until` says so. */
export async function runSource(
  source: Source,
  stop: { afterMs: number; until?: (sink: CollectingSink) => boolean },
): Promise<RunResult> {
  const sink = new CollectingSink();
  const controller = new AbortController();
  const started = performance.now();
  const timer = setInterval(() => {
    if (performance.now() - started > stop.afterMs || stop.until?.(sink)) controller.abort();
  }, 20);
  const end = await source.run(sink, controller.signal);
  clearInterval(timer);
  const endedAtMs = performance.now();
  return { sink, end, seconds: (endedAtMs - started) / 1000, endedAtMs };
}

/** Stops as soon as there are so many pictures. */
export const pictures = (count: number, afterMs = 60_000) => ({
  afterMs,
  until: (sink: CollectingSink) => sink.video.length >= count,
});
