import type { AudioParameters, Fragment, Sample } from "../../media/parameters.ts";
import type { RawFragment } from "./picture-times.ts";

/** How far a frame's time may lie from the end of the one before it before it counts as a hole or an overlap. */
const TOLERANCE_MS = 20;

export type SoundTrack = {
  parameters: AudioParameters;
  /** Ticks a second of the times that come in. */
  timescale: number;
  /** Added to all times: the track's edit list, minus the run's zero, in ticks of `timescale`. */
  offsetTicks: number;
  /** The first frame was put at 0, and its duration reaches to the second one. */
  firstSoundIsStretched: boolean;
};

/**
 * Lays sound frames end to end: each lasts what its codec says, and the small deviations of a sender's clock are
 * not passed on. A deviation over 20 ms begins a new fragment at the frame's own time (a hole, for the archive to
 * fill); frames that would overlap by more, or end before the run begins, are dropped.
 */
export class SoundTimes {
  #expectedTicks: number | undefined;
  #hasSeenSound = false;

  constructor(private readonly track: SoundTrack) {}

  push(raw: RawFragment, arrivalMs: number): Fragment[] {
    const { parameters, timescale, offsetTicks } = this.track;
    const { timescale: outScale, frameTicks } = parameters;
    const toleranceTicks = (TOLERANCE_MS * outScale) / 1000;
    const fragments: Fragment[] = [];
    let rawTicks = raw.decodeTicks;
    let offsetBytes = 0;
    let open: { fragment: Fragment; startBytes: number } | undefined;
    const close = () => {
      if (open) open.fragment.payload = raw.payload.subarray(open.startBytes, offsetBytes);
      open = undefined;
    };
    for (const sample of raw.samples) {
      const stretchTicks = this.#stretchOf(sample, (frameTicks * timescale) / outScale);
      const ownTicks = Math.round(((rawTicks + stretchTicks + offsetTicks) * outScale) / timescale);
      const ticks = this.#place(ownTicks, toleranceTicks);
      if (ticks === undefined) {
        close();
      } else {
        if (this.#expectedTicks !== ticks) close();
        if (open === undefined) {
          const fragment: Fragment = {
            track: "audio",
            decodeTicks: ticks,
            samples: [],
            payload: raw.payload,
            arrivalMs,
          };
          open = { fragment, startBytes: offsetBytes };
          fragments.push(fragment);
        }
        const { sizeBytes } = sample;
        open.fragment.samples.push({
          sizeBytes,
          durationTicks: frameTicks,
          compositionOffsetTicks: 0,
          isKey: true,
        });
        this.#expectedTicks = ticks + frameTicks;
      }
      rawTicks += sample.durationTicks;
      offsetBytes += sample.sizeBytes;
    }
    close();
    return fragments;
  }

  /** By how much the track's very first frame stands too early, in the track's ticks. */
  #stretchOf(sample: Sample, frameTicks: number): number {
    const isStretched = this.track.firstSoundIsStretched && !this.#hasSeenSound;
    this.#hasSeenSound = true;
    return isStretched ? Math.max(0, sample.durationTicks - frameTicks) : 0;
  }

  #place(ownTicks: number, toleranceTicks: number): number | undefined {
    if (ownTicks + this.track.parameters.frameTicks <= 0) return undefined;
    const expected = this.#expectedTicks;
    if (expected === undefined || ownTicks > expected + toleranceTicks) return ownTicks;
    return ownTicks < expected - toleranceTicks ? undefined : expected;
  }
}
