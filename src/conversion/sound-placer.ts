import { silentFrame } from "../media/aac.ts";
import { attempt } from "../media/bits.ts";
import { type AudioParameters, type Sample, VIDEO_TIMESCALE } from "../media/parameters.ts";
import { convertTicks, msToTicks } from "../media/ticks.ts";
import type { FedSegment } from "./source-feed.ts";

/** Holes up to this length are none to any player. */
const HOLE_MS = 40;

/** The sound of a segment, ready to be written. */
export type PlacedSound = {
  decodeTicks: number;
  samples: Sample[];
  payload: Uint8Array[];
  /** Which of the samples are silence that was put in. */
  silent: number[];
};

type Frame = { ticks: number; durationTicks: number; bytes: Uint8Array; isSilent: boolean };

/**
 * Gives the frames of a piece their times in the film: end to end where they were so, holes filled with silence. Not a byte
 * of them is changed. Frames that would be heard before the film begins are left out.
 */
export class SoundPlacer {
  readonly #audio: AudioParameters;
  /** Where the piece begins in the film, in ticks of the pictures. */
  readonly #baseTicks: number;
  readonly #silence: Uint8Array | undefined;
  /** End of the last frame, in ticks of the sound since the film's beginning. */
  #endTicks: number | undefined;

  constructor(audio: AudioParameters, baseTicks: number) {
    this.#audio = audio;
    this.#baseTicks = baseTicks;
    this.#silence = attempt(() => silentFrame(audio));
  }

  /** The sound of some segments that become one; it is to be asked for in order. */
  place(segments: readonly FedSegment[]): PlacedSound | undefined {
    const frames: Frame[] = [];
    for (const segment of segments) {
      for (const frame of segment.frames) {
        const atTicks = this.#at(segment.startTicks) + frame.heardTicks;
        const ticks = this.#joined(atTicks);
        if (ticks < -this.#audio.frameTicks / 2) continue;
        const startTicks = Math.max(0, ticks, (frames.at(-1)?.ticks ?? -1) + 1);
        this.#fill(frames, this.#endTicks ?? this.#at(segment.startTicks), startTicks);
        const durationTicks = frame.durationTicks > 0 ? frame.durationTicks : this.#audio.frameTicks;
        frames.push({ ticks: startTicks, durationTicks, bytes: frame.bytes, isSilent: false });
        this.#endTicks = startTicks + durationTicks;
      }
      this.#fill(frames, this.#endTicks ?? this.#at(segment.startTicks), this.#at(segment.endTicks));
    }
    return soundOf(frames);
  }

  #at(ticks: number): number {
    return convertTicks(this.#baseTicks + ticks, VIDEO_TIMESCALE, this.#audio.timescale);
  }

  /** A small deviation from the end of the frame before is none. */
  #joined(ticks: number): number {
    const endTicks = this.#endTicks;
    if (endTicks === undefined || Math.abs(ticks - endTicks) > this.#audio.frameTicks / 2) return ticks;
    return endTicks;
  }

  #fill(frames: Frame[], fromTicks: number, toTicks: number): void {
    const { frameTicks, timescale } = this.#audio;
    if (!this.#silence || toTicks - fromTicks <= msToTicks(HOLE_MS, timescale)) return;
    let ticks = Math.max(0, fromTicks);
    for (; toTicks - ticks >= frameTicks; ticks += frameTicks)
      frames.push({ ticks, durationTicks: frameTicks, bytes: this.#silence, isSilent: true });
    this.#endTicks = ticks;
  }
}

/** A frame sounds until the next one begins. */
function soundOf(frames: readonly Frame[]): PlacedSound | undefined {
  const [first] = frames;
  if (!first) return undefined;
  return {
    decodeTicks: first.ticks,
    samples: frames.map((frame, index) => ({
      sizeBytes: frame.bytes.length,
      durationTicks: (frames[index + 1]?.ticks ?? frame.ticks + frame.durationTicks) - frame.ticks,
      compositionOffsetTicks: 0,
      isKey: true,
    })),
    payload: frames.map(({ bytes }) => bytes),
    silent: frames.flatMap(({ isSilent }, index) => (isSilent ? [index] : [])),
  };
}
