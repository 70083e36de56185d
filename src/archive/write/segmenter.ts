import type { Fragment, RunParameters } from "../../media/parameters.ts";
import { convertTicksNearest, msToTicks } from "../../media/ticks.ts";
import { NightjarError } from "../../platform/errors.ts";
import type { UnstoredSegment } from "../live/live-channel.ts";
import { trackPart, type RunSegment, type TimedSample } from "./segment-types.ts";
import { SoundQueue } from "./sound-queue.ts";

export type SegmenterSettings = {
  /** Segments are whole GOPs of at least this length. */
  targetMs: number;
  /** Only beyond one of these a segment is cut between samples. */
  maxMs: number;
  maxBytes: number;
};

/** How long a segment waits for its sound, counted in the pictures' time. */
const SOUND_WAIT_MS = 1500;
/** How long a live part waits; a source that is later than this has silence in its live parts. */
const LIVE_SOUND_WAIT_MS = 500;
/** The share of the target length that a segment has to reach before a key frame ends it. */
const EARLY_ENOUGH = 0.95;
/** Most pictures of a segment, whatever their size: 500 a second for 20 seconds. */
const MAX_PICTURES = 10_000;
/** Sound kept until the first picture tells which of it belongs to the run. */
const MAX_EARLY_FRAMES = 1000;

type ClosedPictures = { pictures: TimedSample[]; endTicks: number };

/**
 * Cuts a run into segments. Pure: fragments go in, whole segments come out; payloads are kept as they came, not
 * copied. A segment comes out when the key frame after it is known and its sound is there or has been waited
 * for. The first picture is at 0, and sound keeps its true distance from it; what begins before the first or
 * after the last picture is left out. Durations are computed from decode times; the last picture keeps its own.
 */
export class Segmenter {
  readonly #videoTimescale: number;
  readonly #targetTicks: number;
  readonly #maxTicks: number;
  readonly #maxBytes: number;
  readonly #audioTimescale: number | undefined;
  readonly #sound: SoundQueue | undefined;
  #zeroTicks: number | undefined;
  #pictures: TimedSample[] = [];
  #pictureBytes = 0;
  readonly #closed: ClosedPictures[] = [];
  #early: TimedSample[] = [];
  #newest: TimedSample | undefined;
  #usualDurationTicks: number;

  /** `silence` is the run's silent audio frame, where there is one. */
  constructor(parameters: RunParameters, settings: SegmenterSettings, silence: Uint8Array | undefined) {
    const { video, audio } = parameters;
    this.#videoTimescale = video.timescale;
    this.#targetTicks = msToTicks(settings.targetMs, video.timescale);
    this.#maxTicks = msToTicks(settings.maxMs, video.timescale);
    this.#maxBytes = settings.maxBytes;
    this.#usualDurationTicks = msToTicks(40, video.timescale);
    this.#audioTimescale = audio?.timescale;
    this.#sound = audio && new SoundQueue(audio, video.timescale, silence);
  }

  /** Decode time of the run's first picture in the source's ticks; `undefined` before it came. */
  get zeroTicks(): number | undefined {
    return this.#zeroTicks;
  }

  /** End of the newest picture in ticks since the first one. */
  get endTicks(): number {
    return this.#newest ? this.#newest.startTicks + this.#lengthOf(this.#newest) : 0;
  }

  /** Takes one fragment; answers the segments that it completed. Throws `unprocessable` when sizes don't agree. */
  push(fragment: Fragment): RunSegment[] {
    const sizeBytes = fragment.samples.reduce((sum, sample) => sum + sample.sizeBytes, 0);
    if (sizeBytes !== fragment.payload.length)
      throw new NightjarError(
        "unprocessable",
        `a fragment has ${fragment.payload.length} bytes, but its samples say ${sizeBytes}`,
      );
    let ticks = fragment.decodeTicks;
    let at = 0;
    for (const sample of fragment.samples) {
      const timed = {
        startTicks: ticks,
        ownDurationTicks: sample.durationTicks,
        compositionOffsetTicks: sample.compositionOffsetTicks,
        isKey: sample.isKey,
        bytes: fragment.payload.subarray(at, at + sample.sizeBytes),
      };
      if (fragment.track === "video") this.#picture(timed);
      else this.#frame(timed);
      ticks += sample.durationTicks;
      at += sample.sizeBytes;
    }
    return this.#complete(false);
  }

  /** What has come of the oldest segment that was not answered yet; everything stays as it is. */
  unfinished(): UnstoredSegment | undefined {
    const closed = this.#closed[0];
    const pictures = closed?.pictures ?? this.#pictures;
    const last = pictures.at(-1);
    if (!last) return undefined;
    const endTicks = closed?.endTicks ?? last.startTicks + this.#lengthOf(last);
    const sound = this.#sound;
    const isUnheard = sound !== undefined && sound.unheardMs(this.endTicks) > LIVE_SOUND_WAIT_MS;
    const audio = sound?.peek(endTicks, isUnheard);
    return {
      video: trackPart(pictures, endTicks),
      ...(audio && { audio }),
      isClosed: closed !== undefined,
      hasSoundUntil: (ticks) => !sound || isUnheard || sound.covers(ticks),
    };
  }

  /** The run is over: answers the segments that are left, the last one perhaps a part of a GOP. */
  end(): RunSegment[] {
    const endTicks = this.endTicks;
    if (this.#pictures.length > 0) this.#close(endTicks);
    this.#sound?.finish(endTicks);
    return this.#complete(true);
  }

  #picture(sample: TimedSample): void {
    if (this.#zeroTicks === undefined) {
      if (!sample.isKey) return;
      this.#zeroTicks = sample.startTicks;
    }
    const earliest = this.#newest ? this.#newest.startTicks + 1 : 0;
    const picture = { ...sample, startTicks: Math.max(sample.startTicks - this.#zeroTicks, earliest) };
    this.#cutBefore(picture);
    this.#pictures.push(picture);
    this.#pictureBytes += picture.bytes.length;
    if (picture.ownDurationTicks > 0) this.#usualDurationTicks = picture.ownDurationTicks;
    const isFirst = this.#newest === undefined;
    this.#newest = picture;
    if (isFirst) {
      for (const frame of this.#early) this.#frame(frame);
      this.#early = [];
    }
  }

  #cutBefore(next: TimedSample): void {
    const isTooLong = (start: TimedSample) => next.startTicks - start.startTicks > this.#maxTicks;
    let [first] = this.#pictures;
    const last = this.#pictures.at(-1);
    if (!first || !last) return;
    if (isTooLong(first) && last !== first) {
      // The last picture stands until `next` begins: it is its length that does not fit any more.
      this.#pictures.pop();
      this.#close(last.startTicks);
      this.#pictures.push(last);
      this.#pictureBytes = last.bytes.length;
      first = last;
    }
    // Key frames don't come at exactly even times: after one that is early by a moment there is none for another GOP.
    const enoughTicks = this.#targetTicks * EARLY_ENOUGH;
    const isGopEnd = next.isKey && (next.startTicks - first.startTicks >= enoughTicks || !first.isKey);
    const isTooLarge =
      this.#pictureBytes + next.bytes.length > this.#maxBytes || this.#pictures.length >= MAX_PICTURES;
    if (isGopEnd || isTooLarge || isTooLong(first)) this.#close(next.startTicks);
  }

  #close(endTicks: number): void {
    this.#closed.push({ pictures: this.#pictures, endTicks });
    this.#pictures = [];
    this.#pictureBytes = 0;
  }

  #frame(sample: TimedSample): void {
    if (!this.#sound || this.#audioTimescale === undefined) return;
    if (this.#zeroTicks === undefined) {
      this.#early.push(sample);
      if (this.#early.length > MAX_EARLY_FRAMES) this.#early.shift();
      return;
    }
    const zeroTicks = convertTicksNearest(this.#zeroTicks, this.#videoTimescale, this.#audioTimescale);
    this.#sound.push({ ...sample, startTicks: sample.startTicks - zeroTicks }, this.endTicks);
  }

  #complete(isLast: boolean): RunSegment[] {
    const segments: RunSegment[] = [];
    for (let next = this.#closed[0]; next; next = this.#closed[0]) {
      if (this.#sound && !isLast && !this.#sound.covers(next.endTicks)) {
        if (this.#sound.behindMs(this.endTicks) <= SOUND_WAIT_MS) break;
        this.#sound.giveUp(next.endTicks);
      }
      this.#closed.shift();
      segments.push(this.#segment(next));
    }
    return segments;
  }

  #segment({ pictures, endTicks }: ClosedPictures): RunSegment {
    const video = trackPart(pictures, endTicks);
    const audio = this.#sound?.take(endTicks);
    const activityBytes = pictures.reduce((sum, p) => sum + (p.isKey ? 0 : p.bytes.length), 0);
    const durationTicks = endTicks - video.startTicks;
    return audio ? { video, audio, durationTicks, activityBytes } : { video, durationTicks, activityBytes };
  }

  #lengthOf(picture: TimedSample): number {
    return picture.ownDurationTicks > 0 ? picture.ownDurationTicks : this.#usualDurationTicks;
  }
}
