import { crc32 } from "node:zlib";
import type { KeptMark, KeptRunRecorder, KeptSegment } from "../../../src/capture/recording-sink.ts";
import { parseJournal } from "../../../src/archive/journal/journal.ts";
import { journalPathOf } from "../../../src/archive/write/recording-paths.ts";
import type { Recording } from "../../../src/db/index/rows.ts";
import { buildInit } from "../../../src/media/fmp4/init.ts";
import type { KeptParameters } from "../../../src/media/media-facts.ts";
import type { RunEnd } from "../../../src/media/reasons.ts";
import { segmentBytes } from "../../../src/media/segment-list.ts";
import type { Rig } from "./rig.ts";
import { rigParameters } from "./rig.ts";

/** What a stream says of itself; `isWide` makes another init. */
export function keptParameters(format: "ts" | "fmp4" = "ts", isWide = false): KeptParameters {
  const parameters = rigParameters(true, isWide);
  return {
    format,
    init: buildInit(parameters),
    videoCodec: parameters.video.codecString,
    audioCodec: parameters.audio?.codecString ?? null,
    width: parameters.video.width,
    height: parameters.video.height,
    frameRate: 25,
    audioTimescale: parameters.audio?.timescale ?? null,
  };
}

export type SourceOptions = {
  channel?: string;
  parameters?: KeptParameters;
  isContinuation?: boolean;
  isDatedBySource?: boolean;
  /** By how much the source's times differ from this machine's clock. */
  aheadMs?: number;
  segmentMs?: number;
  segmentBytes?: number;
};

/** A run of segments of noise, dated by the rig's clock, each as long as the other. */
export class KeptSource {
  readonly given: KeptSegment[] = [];
  failure: RunEnd | undefined;
  readonly recorder: KeptRunRecorder;

  constructor(
    private readonly rig: Rig,
    private readonly options: SourceOptions = {},
  ) {
    const { parameters = keptParameters(), isContinuation = false, isDatedBySource = false } = options;
    this.recorder = rig.archive.openKeptRun(
      options.channel ?? "front",
      { parameters, isContinuation, isDatedBySource },
      (end) => {
        this.failure = end;
      },
    );
  }

  /** A segment that ends now. */
  next(change: Partial<KeptSegment> = {}): KeptSegment {
    const { segmentMs = 6000, segmentBytes: sizeBytes = 5000, aheadMs = 0 } = this.options;
    this.rig.clock.pass(segmentMs);
    return {
      bytes: crypto.getRandomValues(new Uint8Array(sizeBytes)),
      startMs: this.rig.clock.nowMs() - segmentMs + aheadMs,
      durationTicks: segmentMs * 90,
      activityBytes: 2048,
      ...change,
    };
  }

  /** Sends so many, one after the other as each is stored. */
  async send(count: number, change: Partial<KeptSegment> = {}): Promise<void> {
    for (let i = 0; i < count; i += 1) {
      const segment = this.next(change);
      this.given.push(segment);
      await this.recorder.segment(segment);
    }
  }

  async close(reason: RunEnd["reason"] = "source-offline"): Promise<void> {
    await this.recorder.close(this.failure ?? { reason, detail: "" });
  }
}

export const markOf = ({ bytes, startMs, durationTicks }: KeptSegment): KeptMark => ({
  crc32: crc32(bytes),
  sizeBytes: bytes.length,
  startMs,
  durationTicks,
});

/** The bytes of all listed segments, in order, as they lie on the disk. */
export async function storedBytes(rig: Rig, recordings: readonly Recording[] = rig.all()): Promise<Buffer[]> {
  const all: Buffer[] = [];
  for (const recording of recordings) {
    const path = rig.archive.mediaPath(recording);
    if (path === undefined) throw new Error(`${recording.path}: its storage is not there`);
    for (const segment of recording.segments) {
      const from = recording.baseOffsetBytes + segment.offsetBytes;
      all.push(Buffer.from(await rig.files.readRange(path, from, segmentBytes(segment))));
    }
  }
  return all;
}

export async function journalText(rig: Rig, recording: Recording): Promise<string> {
  const path = rig.archive.mediaPath(recording);
  if (path === undefined) throw new Error(`${recording.path}: its storage is not there`);
  return new TextDecoder().decode(await rig.files.read(journalPathOf(path)));
}

export const journalOf = async (rig: Rig, recording: Recording) =>
  parseJournal(await journalText(rig, recording));
