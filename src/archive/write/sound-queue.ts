import type { AudioParameters } from "../../media/parameters.ts";
import { convertTicks, msToTicks } from "../../media/ticks.ts";
import { trackPart, type TimedSample, type TrackPart } from "./segment-types.ts";

/** Holes up to this length are no holes: no player minds them (PLAYERS: over 40 ms some stop). */
const HOLE_MS = 40;
/** Sound that runs further ahead of the pictures than this is dropped, so that it can't fill the memory. */
const MAX_AHEAD_MS = 30_000;

/**
 * The sound of a run on its way into segments: holes are filled with silent frames, and each frame goes to the
 * segment in whose pictures' time it begins. All times in ticks of the sound since the run's first picture.
 */
export class SoundQueue {
  readonly #timescale: number;
  readonly #videoTimescale: number;
  readonly #frameTicks: number;
  readonly #silence: Uint8Array | undefined;
  readonly #frames: TimedSample[] = [];
  /** End of the newest frame, taken or still queued: where the next one is expected. */
  #endTicks = 0;
  /** End of the newest frame that came, silence not counted. */
  #heardTicks = 0;
  /** Frames that begin before this come too late: their segment is made, or silence stands in their place. */
  #fromTicks = 0;

  /** Without `silence` holes stay holes: there is no silent frame for this channel layout. */
  constructor(parameters: AudioParameters, videoTimescale: number, silence: Uint8Array | undefined) {
    this.#timescale = parameters.timescale;
    this.#videoTimescale = videoTimescale;
    this.#frameTicks = parameters.frameTicks;
    this.#silence = silence;
  }

  /**
   * Ticks of the sound at or after a time in the pictures' ticks. Rounded up, so that base(file) + time(in file)
   * is never before the base, whichever way the base was rounded down.
   */
  #at(videoTicks: number): number {
    return -convertTicks(-videoTicks, this.#videoTimescale, this.#timescale) + 0;
  }

  /** Takes one frame; `videoEndTicks` is the end of the newest picture, in the pictures' ticks. */
  push(frame: TimedSample, videoEndTicks: number): void {
    if (frame.startTicks < 0 || frame.startTicks < this.#endTicks - this.#frameTicks / 2) return;
    if (frame.startTicks > this.#at(videoEndTicks) + msToTicks(MAX_AHEAD_MS, this.#timescale)) return;
    const startTicks = Math.max(
      frame.startTicks,
      this.#fromTicks,
      (this.#frames.at(-1)?.startTicks ?? -1) + 1,
    );
    if (startTicks - frame.startTicks > this.#frameTicks / 2) return;
    const hole = startTicks - this.#endTicks;
    if (hole > this.#holeTicks) this.#fill(Math.floor(hole / this.#frameTicks));
    this.#frames.push({ ...frame, startTicks });
    this.#endTicks = startTicks + (frame.ownDurationTicks > 0 ? frame.ownDurationTicks : this.#frameTicks);
    this.#heardTicks = this.#endTicks;
  }

  get #holeTicks(): number {
    return msToTicks(HOLE_MS, this.#timescale);
  }

  #fill(count: number): void {
    if (!this.#silence) return;
    for (let i = 0; i < count; i += 1) {
      this.#frames.push(this.#silentFrame(this.#silence, this.#endTicks));
      this.#endTicks += this.#frameTicks;
    }
  }

  #silentFrame(bytes: Uint8Array, startTicks: number): TimedSample {
    return { startTicks, ownDurationTicks: this.#frameTicks, compositionOffsetTicks: 0, isKey: true, bytes };
  }

  /** Whether all frames that begin before this end of a segment, in the pictures' ticks, are here. */
  covers(videoEndTicks: number): boolean {
    return this.#endTicks >= this.#at(videoEndTicks);
  }

  /** By how many milliseconds the sound is behind the pictures. */
  behindMs(videoEndTicks: number): number {
    return ((this.#at(videoEndTicks) - this.#endTicks) * 1000) / this.#timescale;
  }

  /** The same, but silence that stands in for sound that did not come does not count as sound. */
  unheardMs(videoEndTicks: number): number {
    return ((this.#at(videoEndTicks) - this.#heardTicks) * 1000) / this.#timescale;
  }

  /**
   * The frames that begin before a time in the pictures' ticks and are not taken yet, left where they are. With
   * `isFilled` silence follows them up to that time, as it would be put there if nothing more came.
   */
  peek(videoEndTicks: number, isFilled: boolean): TrackPart | undefined {
    const end = this.#at(videoEndTicks);
    const frames = this.#frames.filter((frame) => frame.startTicks < end);
    const next = this.#frames[frames.length];
    if (isFilled && this.#silence && !next)
      for (let ticks = this.#endTicks; ticks < end; ticks += this.#frameTicks)
        frames.push(this.#silentFrame(this.#silence, ticks));
    const last = frames.at(-1);
    return last && trackPart(frames, this.#endOf(last, next));
  }

  #endOf(frame: TimedSample, next: TimedSample | undefined): number {
    const ownEnd =
      frame.startTicks + (frame.ownDurationTicks > 0 ? frame.ownDurationTicks : this.#frameTicks);
    return Math.min(ownEnd, next?.startTicks ?? ownEnd);
  }

  /** Puts silence up to this end of a segment; what comes for that time later is dropped. */
  giveUp(videoEndTicks: number): void {
    const end = this.#at(videoEndTicks);
    this.#fill(Math.ceil((end - this.#endTicks) / this.#frameTicks));
    this.#fromTicks = Math.max(end, this.#silence ? this.#endTicks : end);
  }

  /** Puts silence up to the run's end, so that no hole over 40 ms is left; may stand over by less than a frame. */
  finish(videoEndTicks: number): void {
    this.#fill(Math.ceil((this.#at(videoEndTicks) - this.#endTicks - this.#holeTicks) / this.#frameTicks));
  }

  /** The frames of the segment with this end, in the pictures' ticks; `undefined` when none begins in it. */
  take(videoEndTicks: number): TrackPart | undefined {
    const end = this.#at(videoEndTicks);
    this.#fromTicks = Math.max(this.#fromTicks, end);
    const later = this.#frames.findIndex((frame) => frame.startTicks >= end);
    const taken = this.#frames.splice(0, later < 0 ? this.#frames.length : later);
    const last = taken.at(-1);
    if (!last) return undefined;
    const endTicks = this.#endOf(last, this.#frames[0]);
    this.#fromTicks = Math.max(this.#fromTicks, endTicks);
    return trackPart(taken, endTicks);
  }
}
