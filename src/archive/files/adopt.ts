import type { IndexDatabase } from "../../db/index/index-database.ts";
import { hasOwnFiles, type RunRow } from "../../db/index/rows.ts";
import { followsOnClock, type KeptParameters, type MediaFacts } from "../../media/media-facts.ts";
import { VIDEO_TIMESCALE } from "../../media/parameters.ts";
import { nextLocalHourMs } from "../../platform/zone.ts";
import { newId } from "../ids.ts";
import {
  ADOPTED_END,
  type AdoptDeps,
  type AdoptedEntry,
  adoptedEndMs,
  type AdoptingChannel,
  recordAdopted,
} from "./adopted-recording.ts";

export type { AdoptDeps } from "./adopted-recording.ts";

/** A part of a longer MP4 file that is one segment. */
export type FilePart = {
  /** Since the file's first picture, in 90,000ths of a second; so is its length. */
  fromTicks: number;
  durationTicks: number;
  /** Where its pictures lie in the file, in bytes: after what is before the first one, so above 0. */
  offsetBytes: number;
  lengthBytes: number;
  activityBytes: number;
  crc32: number;
};

/** A file of somebody else's that becomes footage where it lies. */
export type AdoptableFile = {
  /** Absolute. */
  path: string;
  sizeBytes: number;
  /** When it was changed last, whole ms UTC. */
  mtimeMs: number;
  /** Wall time of its first picture, whole ms UTC. */
  startMs: number;
  facts: MediaFacts;
} & ({ crc32: number } | { parts: readonly FilePart[] });

const TICKS_PER_MS = VIDEO_TIMESCALE / 1000;

/** What follows on the source's clock, but not by the times of the files, is something else; in ms. */
const MOST_APART_MS = 10_000;

const sameInit = (a: KeptParameters, b: KeptParameters): boolean =>
  a.format === b.format && Buffer.from(a.init).equals(Buffer.from(b.init));

/** Files of somebody else's that are footage of a channel, in `[fromMs, toMs)` (ms UTC), by their absolute paths, with their times. */
export function adoptedFiles(
  index: Pick<IndexDatabase, "recordingsBetween">,
  channel: string,
  fromMs: number,
  toMs: number,
): Map<string, number> {
  const recordings = index.recordingsBetween(channel, fromMs, toMs).filter(hasOwnFiles);
  const files = recordings.flatMap(({ segments }) =>
    segments.map(({ file, startMs }): [string, number] => [file?.name ?? "", startMs]),
  );
  return new Map(files.filter(([name]) => name.startsWith("/")));
}

/**
 * Makes files of other tools footage of a channel, where they lie: nothing but journals is written, on our own storage.
 * For one channel, with no server running.
 */
export class FootageAdoption {
  readonly #deps: AdoptDeps;
  readonly #channel: AdoptingChannel;
  #run: RunRow | undefined;
  #last:
    | { parameters: KeptParameters; sourceEndTicks: number; channelEndTicks: number; endMs: number }
    | undefined;

  constructor(deps: AdoptDeps, channel: AdoptingChannel) {
    this.#deps = deps;
    this.#channel = channel;
  }

  /** Adopts files, in the order of their times. Resolves when they are durable in journals and index. */
  async adopt(found: readonly AdoptableFile[]): Promise<void> {
    let segments: AdoptedEntry[] = [];
    let hourEndMs = Number.NEGATIVE_INFINITY;
    const close = async (): Promise<void> => {
      if (this.#run) await recordAdopted(this.#deps, this.#channel, this.#run, segments);
      segments = [];
    };
    for (const file of found) {
      const { parameters } = file.facts;
      const isNewRun = this.#last === undefined || !sameInit(this.#last.parameters, parameters);
      // Times of parts count from their own file's beginning.
      if (isNewRun || "parts" in file) await close();
      if (isNewRun) this.#run = this.#newRun(parameters, file.startMs);
      for (const segment of this.#segmentsOf(file)) {
        if (segment.startMs >= hourEndMs || segment.startMs < (segments.at(-1)?.startMs ?? 0)) await close();
        if (segments.length === 0) hourEndMs = nextLocalHourMs(segment.startMs, this.#channel.zone);
        segments.push(segment);
      }
      if ("parts" in file) await close();
    }
    await close();
  }

  #newRun(parameters: KeptParameters, startMs: number): RunRow {
    const { index } = this.#deps;
    const before = index.counter(this.#channel.id)?.timeline ?? 0;
    return {
      ...parameters,
      id: newId(),
      channel: this.#channel.id,
      timeline: Math.max(before, this.#run?.timeline ?? 0) + 1,
      videoTimescale: VIDEO_TIMESCALE,
      startMs,
      endMs: startMs,
      endReason: ADOPTED_END.reason,
      endDetail: ADOPTED_END.detail,
      bootId: "",
      realtimeMs: startMs,
      boottimeMs: 0,
      unsure: false,
    };
  }

  #segmentsOf(file: AdoptableFile): AdoptedEntry[] {
    const { path, mtimeMs, startMs, facts } = file;
    const own = { headerBytes: 0, audioBytes: 0, file: { name: path, mtimeMs, isLate: false } };
    const wallTicks = Math.round(startMs * TICKS_PER_MS);
    const last = this.#last;
    if ("parts" in file) {
      const fileEndTicks = wallTicks + facts.durationTicks;
      const endMs = adoptedEndMs({ startMs, durationTicks: facts.durationTicks });
      this.#last = {
        parameters: facts.parameters,
        sourceEndTicks: Number.NaN,
        channelEndTicks: fileEndTicks,
        endMs,
      };
      return file.parts.map(
        ({ fromTicks, durationTicks, offsetBytes, lengthBytes, activityBytes, crc32 }) => ({
          ...own,
          startMs: startMs + Math.round(fromTicks / TICKS_PER_MS),
          mediaTicks: fromTicks,
          channelTicks: wallTicks,
          durationTicks,
          offsetBytes,
          videoBytes: lengthBytes,
          activityBytes,
          crc32,
        }),
      );
    }
    const { format } = facts.parameters;
    const follows =
      last !== undefined &&
      sameInit(last.parameters, facts.parameters) &&
      format === "ts" &&
      Math.abs(startMs - last.endMs) <= MOST_APART_MS &&
      followsOnClock(format, last.sourceEndTicks, facts.sourceTicks);
    // What does not follow must not seem to.
    const free = last?.channelEndTicks === wallTicks ? wallTicks + 1 : wallTicks;
    const channelTicks = follows ? last.channelEndTicks : free;
    this.#last = {
      parameters: facts.parameters,
      sourceEndTicks: facts.sourceTicks + facts.durationTicks,
      channelEndTicks: channelTicks + facts.durationTicks,
      endMs: adoptedEndMs({ startMs, durationTicks: facts.durationTicks }),
    };
    return [
      {
        ...own,
        startMs,
        mediaTicks: 0,
        channelTicks,
        durationTicks: facts.durationTicks,
        offsetBytes: 0,
        videoBytes: file.sizeBytes,
        activityBytes: facts.activityBytes,
        crc32: file.crc32,
        sourceTicks: facts.sourceTicks,
      },
    ];
  }
}
