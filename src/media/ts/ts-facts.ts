import { NightjarError } from "../../platform/errors.ts";
import { audioParameters } from "../aac.ts";
import { attempt } from "../bits.ts";
import { buildInit, parseInit, runParametersOf } from "../fmp4/init.ts";
import { whatItIs } from "../kept/what-it-is.ts";
import type { KeptParameters, MediaFacts } from "../media-facts.ts";
import { videoParameters } from "../nal.ts";
import { type VideoCodec, VIDEO_TIMESCALE } from "../parameters.ts";
import { PacketSplitter } from "./packets.ts";
import { clockDifference, type PictureClock } from "./picture-clock.ts";
import type { PictureStream } from "./picture-stream.ts";
import { type Program, Programs } from "./programs.ts";
import type { SoundFacts } from "./sound-headers.ts";
import type { SoundStream } from "./sound-stream.ts";

/** So many bytes without a packet are no transport stream, whatever follows. */
const MOST_JUNK_BYTES = 8 * 1024 * 1024;
/** Of the first bytes, for telling what they are instead. */
const HEAD_BYTES = 256;
/** How long a single picture stands of which nothing else is known: 40 ms. */
const USUAL_PICTURE_TICKS = 3600;

/** What a stream says of itself, of which its parameters are made. */
type Said = {
  codec: VideoCodec;
  parameterSets: readonly Uint8Array[];
  isSoundTold: boolean;
  sound: SoundFacts | undefined;
};

/** Segment after segment says the same: where it does, nothing is made anew. */
const saidOf = new WeakMap<KeptParameters, Said>();

const unprocessable = (message: string): NightjarError => new NightjarError("unprocessable", message);

/**
 * Reads what a transport stream says of itself (ISO 13818-1), as it comes and however it is cut. Of several programs
 * the first one with pictures counts. Holds some kilobytes, whatever the stream's size.
 */
export class TsProbe {
  readonly #programs = new Programs();
  readonly #packets = new PacketSplitter(
    (bytes, at) => this.#programs.packet(bytes, at),
    (bytes, at, end, strideBytes) => this.#programs.pass(bytes, at, end, strideBytes),
  );
  readonly #head = new Uint8Array(HEAD_BYTES);
  #headLength = 0;
  #sizeBytes = 0;
  readonly #known: KeptParameters | undefined;

  /**
   * @param known parameters of the run to which the stream belongs, which count where it carries no parameter sets
   *   itself: segments need not begin with a key frame
   */
  constructor(known?: KeptParameters) {
    this.#known = known?.format === "ts" ? known : undefined;
  }

  /** @throws NightjarError `unprocessable` once it is clear that this is no transport stream */
  push(bytes: Uint8Array): void {
    if (this.#headLength < HEAD_BYTES) {
      const taken = bytes.subarray(0, HEAD_BYTES - this.#headLength);
      this.#head.set(taken, this.#headLength);
      this.#headLength += taken.length;
    }
    this.#packets.push(bytes);
    this.#sizeBytes += bytes.length;
    if (this.#packets.count === 0 && this.#sizeBytes > MOST_JUNK_BYTES) throw this.#notTs();
  }

  #notTs(): NightjarError {
    const found = whatItIs(this.#head.subarray(0, this.#headLength));
    return unprocessable(`This is no MPEG-TS: found ${found}`);
  }

  /**
   * To be asked once all has been pushed.
   * @throws NightjarError `unprocessable` with words, when it is no transport stream or can't be kept
   */
  facts(): MediaFacts {
    this.#packets.end();
    this.#programs.end();
    if (this.#packets.count === 0) throw this.#notTs();
    const { pictures, sound } = this.#chosen();
    const { clock } = pictures;
    if (clock.count === 0) throw unprocessable("The pictures of this MPEG-TS say no time");
    const parameters = this.#parameters(pictures, sound);
    return {
      parameters,
      sourceTicks: clock.firstTicks,
      durationTicks: durationOf(clock, sound, parameters.frameRate),
      isIndependent: pictures.isIndependent,
      activityBytes: pictures.activityBytes,
    };
  }

  #chosen(): { pictures: PictureStream; sound: SoundStream | undefined } {
    const programs = this.#programs.inOrder();
    for (const { pictures, sound } of programs)
      if (pictures && pictures.stream.pictureCount > 0)
        return { pictures: pictures.stream, sound: sound?.stream };
    throw unprocessable(whyNone(programs));
  }

  #parameters(pictures: PictureStream, sound: SoundStream | undefined): KeptParameters {
    const { codec, parameterSets } = pictures;
    const said: Said = { codec, parameterSets, isSoundTold: sound !== undefined, sound: sound?.facts };
    const before = this.#known && saidOf.get(this.#known);
    if (this.#known && before && isSame(before, said)) return this.#known;
    const made = this.#madeOf(said);
    if (!saidOf.has(made)) saidOf.set(made, said);
    return made;
  }

  #madeOf({ codec, parameterSets, isSoundTold, sound }: Said): KeptParameters {
    const video = attempt(() => videoParameters(codec, parameterSets));
    if (video === undefined) {
      if (this.#known) return this.#known;
      // Says what is wrong with them.
      videoParameters(codec, parameterSets);
      throw unprocessable("The parameter sets of this MPEG-TS can't be read");
    }
    const { codecString = null, sampleRate = null, audioSpecificConfig } = sound ?? {};
    const audio = audioSpecificConfig && audioParameters(audioSpecificConfig);
    const init = buildInit({ video, ...(audio ? { audio } : {}) });
    // Sound that is announced and pauses in this piece is still there: the run's parameters hold.
    const isSilent = isSoundTold && sound === undefined;
    if (isSilent && this.#known && isSameWithoutSound(this.#known, init)) return this.#known;
    return {
      format: "ts",
      // Sound that an init of ours can't describe is told by its codec alone.
      init,
      videoCodec: video.codecString,
      audioCodec: codecString,
      width: video.width,
      height: video.height,
      frameRate: video.frameRate ?? null,
      audioTimescale: codecString === null ? null : sampleRate,
    };
  }
}

/** Whether both make the same parameters. */
const isSame = (a: Said, b: Said): boolean =>
  a.codec === b.codec &&
  a.isSoundTold === b.isSoundTold &&
  a.sound?.codecString === b.sound?.codecString &&
  a.sound?.sampleRate === b.sound?.sampleRate &&
  areSameBytes(a.sound?.audioSpecificConfig, b.sound?.audioSpecificConfig) &&
  a.parameterSets.length === b.parameterSets.length &&
  a.parameterSets.every((set, index) => areSameBytes(set, b.parameterSets[index]));

const areSameBytes = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a === undefined || b === undefined ? a === b : Buffer.compare(a, b) === 0;

/** Whether an init of ours is this one of pictures alone, but for its sound. */
function isSameWithoutSound({ init }: KeptParameters, silent: Uint8Array): boolean {
  const video = attempt(() => runParametersOf(parseInit(init)).video);
  return video !== undefined && Buffer.compare(buildInit({ video }), silent) === 0;
}

/** What the facts of a whole stream say. Throws as `TsProbe.facts`. */
export function tsFacts(bytes: Uint8Array, known?: KeptParameters): MediaFacts {
  const probe = new TsProbe(known);
  probe.push(bytes);
  return probe.facts();
}

function whyNone(programs: readonly Program[]): string {
  if (programs.length === 0) return "This MPEG-TS has no table of its programs (PAT and PMT)";
  if (programs.some(({ isScrambled }) => isScrambled)) return "The pictures of this MPEG-TS are scrambled";
  if (programs.some(({ pictures }) => pictures)) return "This MPEG-TS announces pictures, but has none";
  const names = programs.flatMap(({ streamNames }) => streamNames);
  const found = names.length > 0 ? [...new Set(names)].join(", ") : "nothing";
  return `This MPEG-TS has no pictures that can be kept: found ${found}; wanted: H.264 or H.265`;
}

/** The last picture stands as long as they usually do; where there is only one, the sound may tell more. */
function durationOf(clock: PictureClock, sound: SoundStream | undefined, frameRate: number | null): number {
  const { intervalTicks, spanTicks } = clock;
  if (intervalTicks !== undefined) return spanTicks + intervalTicks;
  const byRate = frameRate === null ? 0 : Math.round(VIDEO_TIMESCALE / frameRate);
  const heard = sound?.lastTicks;
  const bySound = heard === undefined ? 0 : clockDifference(heard, clock.firstTicks);
  return spanTicks + (Math.max(byRate, bySound, 0) || USUAL_PICTURE_TICKS);
}
