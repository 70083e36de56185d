import { parseInit, type ParsedInit } from "../../media/fmp4/init.ts";
import type { ReaderEvent } from "../../media/fmp4/reader.ts";
import { parameterSetsIn, videoParameters } from "../../media/nal.ts";
import type { Fragment } from "../../media/parameters.ts";
import type { RunSink, SourceEnd } from "../source.ts";
import { bringsNewParameterSets, chooseParameterSets } from "./parameter-sets.ts";
import { PictureTimes, type RawFragment } from "./picture-times.ts";
import { firstShownTicks } from "./first-picture.ts";
import { SoundTimes } from "./sound-times.ts";
import { TimeWatch } from "./time-watch.ts";

/** Sound that came before the first key picture and may still belong to it: two seconds of fragments. */
const MAX_EARLY_SOUND = 4;

type VideoTrack = NonNullable<ParsedInit["video"]>;
type Arrived = { raw: RawFragment; arrivalMs: number };

/** Where ffmpeg is known to give false times. May be changed until the first picture has come. */
export type Quirks = {
  /** The first picture came without a time, so ffmpeg made one up. */
  firstTimeIsGuess: boolean;
  /** The first sound frame was put at 0 and stretched to the second one. */
  firstSoundIsStretched: boolean;
};

/** What a run has once its first key picture has come. */
type Begun = { sets: Uint8Array[]; pictures: PictureTimes; sound: SoundTimes | undefined };

/**
 * Turns what ffmpeg writes into one run: drops what comes before the first key picture, sets the run's zero at
 * that picture, and finds the changes that end a run. Returns the end, when there is one; after that it must not
 * be given more.
 */
export class RunBuilder {
  #init: ParsedInit | undefined;
  #begun: Begun | undefined;
  readonly #earlySound: Arrived[] = [];
  #expectsJump = false;
  readonly #timeWatch = new TimeWatch();
  /** Pictures that are shown before this time, in the track's ticks, need pictures from before the run. */
  #firstShownTicks = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly sink: RunSink,
    /** Told what is left out of the run, in words for people. */
    private readonly warn: (text: string) => void,
    private readonly quirks: Quirks,
  ) {}

  get hasBegun(): boolean {
    return this.#begun !== undefined;
  }

  take(event: ReaderEvent, arrivalMs: number): SourceEnd | undefined {
    if (event.kind === "init") {
      this.#init = parseInit(event.init);
      for (const what of this.#init.unsupported) this.warn(`left out: ${what}`);
      return this.#init.video ? undefined : end("source-unsupported", NO_PICTURES, "rarely");
    }
    const { video, audio } = this.#init ?? {};
    if (video === undefined) return end("source-broken", "footage came before its description", "later");
    let ended: SourceEnd | undefined;
    for (const track of event.tracks) {
      if (track.trackId === video.trackId) ended ??= this.#takePictures(video, track, arrivalMs);
    }
    for (const track of event.tracks) {
      if (track.trackId === audio?.trackId) this.#takeSound({ raw: track, arrivalMs });
    }
    return ended;
  }

  /** From now on pictures that ffmpeg moved behind a backward jump of the source's time are taken as such. */
  expectJump(): void {
    this.#expectsJump = true;
  }

  /** The stream goes on: hands on the picture that was held back because it might have been cut off. */
  settle(): void {
    this.#handOn(this.#begun?.pictures.settle() ?? []);
  }

  /** Hands on what was held back, at the end of the run. */
  finish(): void {
    this.#handOn(this.#begun?.pictures.flush() ?? []);
  }

  #takePictures(video: VideoTrack, raw: RawFragment, arrivalMs: number): SourceEnd | undefined {
    let ticks = raw.decodeTicks;
    let offsetBytes = 0;
    let ended: SourceEnd | undefined;
    for (const [index, sample] of raw.samples.entries()) {
      const isFirst = index === 0 && this.#begun === undefined;
      const shownTicks = isFirst
        ? firstShownTicks(raw, this.quirks.firstTimeIsGuess)
        : ticks + sample.compositionOffsetTicks;
      if (sample.isKey) {
        const bytes = raw.payload.subarray(offsetBytes, offsetBytes + sample.sizeBytes);
        ended = this.#takeParameterSets(video, parameterSetsIn(video.parameters.codec, bytes), shownTicks);
      }
      if (ended === undefined && this.#begun !== undefined && shownTicks >= this.#firstShownTicks) {
        const wrong = this.#timeWatch.observe((ticks * 1000) / video.timescale, arrivalMs);
        if (wrong !== undefined) ended = end("time-jumped", wrong, "now");
        else {
          const placed = { ...sample, compositionOffsetTicks: shownTicks - ticks };
          this.#begun.pictures.take({ sample: placed, ticks, payload: raw.payload, offsetBytes, arrivalMs });
        }
      }
      if (this.#expectsJump && sample.durationTicks <= MOVED_TICKS) ended ??= WENT_BACK;
      if (ended !== undefined) break;
      ticks += sample.durationTicks;
      offsetBytes += sample.sizeBytes;
    }
    if (ended === undefined) this.#begun?.pictures.endFragment(ticks);
    this.#handOn(this.#begun?.pictures.release() ?? []);
    return ended;
  }

  #takeParameterSets(video: VideoTrack, inBand: Uint8Array[], shownTicks: number): SourceEnd | undefined {
    if (this.#begun === undefined) {
      this.#begin(video, inBand, shownTicks);
      return undefined;
    }
    if (!bringsNewParameterSets(this.#begun.sets, inBand)) return undefined;
    this.#handOn(this.#begun.pictures.flush(shownTicks));
    return end("init-changed", "the source changed the format of its pictures", "now");
  }

  #begin(video: VideoTrack, inBand: Uint8Array[], shownTicks: number): void {
    const sets = chooseParameterSets(video.parameters.codec, inBand, video.parameters.parameterSets);
    const { audio } = this.#init ?? {};
    let sound: SoundTimes | undefined;
    if (audio !== undefined) {
      const zeroMs = ((shownTicks + video.editOffsetTicks) * 1000) / video.timescale;
      const offsetTicks = audio.editOffsetTicks - (zeroMs * audio.timescale) / 1000;
      const { firstSoundIsStretched } = this.quirks;
      sound = new SoundTimes({ ...audio, offsetTicks, firstSoundIsStretched });
    }
    this.#firstShownTicks = shownTicks;
    this.#begun = { sets, pictures: new PictureTimes(video.timescale, -shownTicks), sound };
    this.sink.begin({
      video: videoParameters(video.parameters.codec, sets),
      ...(audio === undefined ? {} : { audio: audio.parameters }),
    });
    for (const early of this.#earlySound.splice(0)) this.#takeSound(early);
  }

  #takeSound(arrived: Arrived): void {
    if (this.#begun !== undefined) {
      this.#handOn(this.#begun.sound?.push(arrived.raw, arrived.arrivalMs) ?? []);
      return;
    }
    this.#earlySound.push(arrived);
    if (this.#earlySound.length > MAX_EARLY_SOUND) this.#earlySound.shift();
  }

  #handOn(fragments: readonly Fragment[]): void {
    for (const fragment of fragments) this.sink.fragment(fragment);
  }
}

/** ffmpeg puts what came after a backward jump one tick behind the newest picture. */
const MOVED_TICKS = 2;

/** The end of a run whose source's time went back. */
export const WENT_BACK: SourceEnd = {
  reason: "time-jumped",
  detail: "the source's time went back",
  retry: "now",
};

const NO_PICTURES = "the source sends no pictures in H.264 or H.265";

const end = (reason: SourceEnd["reason"], detail: string, retry: SourceEnd["retry"]): SourceEnd => ({
  reason,
  detail,
  retry,
});
