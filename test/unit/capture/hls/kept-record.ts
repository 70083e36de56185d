import { crc32 } from "node:zlib";
import type { KeptMark, KeptRunStart, KeptSegment } from "../../../../src/capture/recording-sink.ts";
import type { KeptSink, RunSink } from "../../../../src/capture/source.ts";
import { HlsSource, type HlsSourceOptions } from "../../../../src/capture/hls/source.ts";
import { parseSource, type SourceOptions } from "../../../../src/config/source-address.ts";
import type { RunEnd } from "../../../../src/media/reasons.ts";
import { systemClock } from "../../../../src/platform/system-clock.ts";
import type { HlsClip } from "../../../support/hls-clip.ts";

export type KeptRun = { start: KeptRunStart; segments: KeptSegment[]; end?: RunEnd };

/** An archive that remembers what it is given. */
export class KeptRecord implements RunSink, KeptSink {
  readonly runs: KeptRun[] = [];
  #open: KeptRun | undefined;
  /** What a source is that was recorded like a camera. */
  camera: { codecs: string[]; width: number } | undefined;

  get segments(): KeptSegment[] {
    return this.runs.flatMap((run) => run.segments);
  }

  keptTail(count: number): Promise<readonly KeptMark[]> {
    const marks = this.segments.slice(-count).map(({ bytes, startMs, durationTicks }) => ({
      crc32: crc32(bytes),
      sizeBytes: bytes.length,
      startMs,
      durationTicks,
    }));
    return Promise.resolve(marks);
  }

  beginKept(start: KeptRunStart): void {
    if (this.#open) throw new Error("a run is open");
    this.#open = { start, segments: [] };
    this.runs.push(this.#open);
  }

  keep(segment: KeptSegment): Promise<void> {
    if (!this.#open) throw new Error("no run is open");
    this.#open.segments.push({ ...segment, bytes: segment.bytes.slice() });
    return Promise.resolve();
  }

  endKept(end: RunEnd): Promise<void> {
    if (this.#open) this.#open.end = end;
    this.#open = undefined;
    return Promise.resolve();
  }

  begin({ video, audio }: Parameters<RunSink["begin"]>[0]): void {
    this.camera = { codecs: [video.codec, ...(audio ? [audio.codec] : [])], width: video.width };
  }

  fragment(): void {}

  /** What each kept segment is: its place in a clip, or -1. */
  placesIn(clip: HlsClip): number[] {
    const places = new Map(clip.segments.map(({ bytes }, place) => [crc32(bytes), place]));
    return this.segments.map(({ bytes }) => places.get(crc32(bytes)) ?? -1);
  }
}

/** A source as the configuration makes it. */
export function sourceOf(
  address: string,
  options: SourceOptions = {},
  given: Partial<Pick<HlsSourceOptions, "network" | "media">> = {},
): HlsSource {
  const parsed = parseSource(address, options);
  if (!("source" in parsed) || parsed.source.kind !== "hls") throw new Error(`${address} is no HLS source`);
  return new HlsSource({ config: parsed.source, withSound: true, clock: systemClock(), ...given });
}
