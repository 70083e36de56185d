import { convertTicks } from "../../media/ticks.ts";
import { VIDEO_TIMESCALE } from "../../media/parameters.ts";
import type { RunSegment, TrackPart } from "../write/segment-types.ts";
import type { LiveEdge, LivePartContent, LivePartName, LiveSegment } from "./live-edge.ts";
import { partContent, type RunTimes, type SegmentTables } from "./part-content.ts";
import { PartCuts, partTicksFor } from "./part-cuts.ts";

/** What has come of a segment that is not stored yet. */
export type UnstoredSegment = {
  video: TrackPart;
  audio?: TrackPart;
  /** All of its pictures have come. */
  isClosed: boolean;
  /** Whether the sound is there up to a time in the pictures' ticks, or is not waited for. */
  hasSoundUntil(endTicks: number): boolean;
};

/** A run while it is written. */
export type LiveRun = RunTimes & {
  id: string;
  /** The oldest segment that is not stored yet. */
  unstored(): UnstoredSegment | undefined;
  /** The media sequence number that it gets. */
  nextMediaSequence(): number;
};

type Told = SegmentTables & {
  run: string;
  times: RunTimes;
  mediaSequence: number;
  durationTicks: number;
  cuts: PartCuts;
};

/** Parts of stored segments are kept for so long and so many, at least: lists name them for three target durations. */
const KEPT_TICKS = 16 * VIDEO_TIMESCALE;
const KEPT_SEGMENTS = 6;

/**
 * The newest footage of a channel in parts. Of stored segments it keeps tables alone, and of those that are not stored
 * it looks at what their run holds anyway; parts are cut and put together when somebody asks.
 */
export class LiveChannel {
  readonly #recent: Told[] = [];
  readonly #listeners = new Set<() => void>();
  #run: LiveRun | undefined;
  /** What parts of the run are cut to; known when its first segment is. */
  #cutTicks: number | undefined;
  #open: { mediaSequence: number; cuts: PartCuts } | undefined;

  /** A run's first segment is about to be stored: from its second one on there are parts before it is whole. */
  begin(run: LiveRun): void {
    this.#run = run;
    this.#cutTicks = undefined;
    this.#open = undefined;
  }

  /** What is stored from now on has no parts: nothing is told of what was before it. */
  forget(): void {
    this.#run = undefined;
    this.#recent.length = 0;
    this.#open = undefined;
    this.changed();
  }

  /** Nothing more comes of a run. */
  end(runId: string): void {
    if (this.#run?.id === runId) this.#run = undefined;
    this.changed();
  }

  /** The run's next segment was stored. */
  stored(segment: RunSegment, mediaSequence: number, place: { recording: string; ordinal: number }): void {
    const run = this.#run;
    if (!run) return;
    this.#cutTicks ??= partTicksFor(segment.video.samples);
    const isOpen = this.#open?.mediaSequence === mediaSequence;
    const tableOf = ({ startTicks, samples, sizeBytes }: TrackPart) => ({ startTicks, samples, sizeBytes });
    this.#recent.push({
      run: run.id,
      times: timesOf(run),
      mediaSequence,
      durationTicks: segment.durationTicks,
      cuts: (isOpen && this.#open?.cuts) || new PartCuts(this.#cutTicks),
      video: tableOf(segment.video),
      audio: segment.audio && tableOf(segment.audio),
      bytes: place,
    });
    this.#open = undefined;
    let keptTicks = this.#recent.reduce((sum, each) => sum + each.durationTicks, 0);
    while (this.#recent.length > KEPT_SEGMENTS) {
      keptTicks -= this.#recent[0]!.durationTicks;
      if (keptTicks < KEPT_TICKS) break;
      this.#recent.shift();
    }
  }

  /** Samples came, or something else did; costs nothing while nobody listens. */
  changed(): void {
    for (const listener of this.#listeners) listener();
  }

  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** `undefined` before the first segment since the start was stored. */
  edge(): LiveEdge | undefined {
    if (this.#recent.length === 0) return undefined;
    const stored = this.#recent.map((told) => liveSegment(cutStored(told)));
    const next = this.#next();
    return {
      stored,
      next: next && liveSegment(next),
      coming: next && this.#coming(next),
      partTargetTicks: Math.max(...this.#recent.map(({ cuts, times }) => in90k(cuts.maxTicks, times))),
    };
  }

  /** Whether a segment goes on is told by the one before it: cameras send key frames at even distances. */
  #coming({ run, mediaSequence, cuts, video }: Told): LivePartName | undefined {
    if (cuts.isDone) return { run, mediaSequence: mediaSequence + 1, part: 0 };
    const { durationTicks = 0 } = this.#recent.at(-1) ?? {};
    const lengthTicks = (cuts.spans.at(-1)?.endTicks ?? video.startTicks) - video.startTicks;
    if (lengthTicks + cuts.maxTicks / 2 >= durationTicks) return undefined;
    return { run, mediaSequence, part: cuts.spans.length };
  }

  /** What a part consists of; `undefined` when it is not there, or not yet. */
  part(name: LivePartName): LivePartContent | undefined {
    const isNamed = ({ mediaSequence, run }: Told) =>
      mediaSequence === name.mediaSequence && run === name.run;
    const stored = this.#recent.findLast(isNamed);
    const next = stored ? undefined : this.#next();
    const told = stored ? cutStored(stored) : next && isNamed(next) ? next : undefined;
    const span = told?.cuts.spans[name.part];
    if (!told || !span) return undefined;
    const isLast = told.cuts.isDone && name.part === told.cuts.spans.length - 1;
    return partContent(told, span, { isLast, times: told.times, name });
  }

  /** The segment behind the last stored one, cut as far as it has come. */
  #next(): Told | undefined {
    const run = this.#run;
    const unstored = run?.unstored();
    if (!run || !unstored || this.#cutTicks === undefined) return undefined;
    const mediaSequence = run.nextMediaSequence();
    if (this.#open?.mediaSequence !== mediaSequence)
      this.#open = { mediaSequence, cuts: new PartCuts(this.#cutTicks) };
    const { cuts } = this.#open;
    const { video, audio, isClosed } = unstored;
    cuts.extend(video, isClosed, (ticks) => unstored.hasSoundUntil(ticks));
    const bytes = { video: video.payload, audio: audio?.payload ?? [] };
    const times = timesOf(run);
    return { run: run.id, times, mediaSequence, durationTicks: 0, cuts, video, audio, bytes };
  }
}

function liveSegment({ run, mediaSequence, times, cuts }: Told): LiveSegment {
  const parts = cuts.spans.map(({ startTicks, endTicks, isIndependent }) => ({
    durationTicks: in90k(endTicks, times) - in90k(startTicks, times),
    isIndependent,
  }));
  return { run, mediaSequence, parts, isClosed: cuts.isDone };
}

/** A stored segment with all of its parts. */
function cutStored(told: Told): Told {
  told.cuts.extend(told.video, true, () => true);
  return told;
}

/** Without what else the run holds. */
const timesOf = ({ runTicks, videoTimescale, audioTimescale }: LiveRun): RunTimes => ({
  runTicks,
  videoTimescale,
  audioTimescale,
});

const in90k = (ticks: number, { videoTimescale }: RunTimes): number =>
  convertTicks(ticks, videoTimescale, VIDEO_TIMESCALE);
