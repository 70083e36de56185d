import { attempt, BitReader, withoutEmulationPrevention } from "../bits.ts";
import { H264_NAL, h264NalType } from "../h264.ts";
import { H265_NAL, h265NalType } from "../h265.ts";
import { hasAllParameterSets, isExactRecoveryPoint, parameterSetsAmong } from "../nal.ts";
import type { VideoCodec } from "../parameters.ts";
import type { PesSink } from "./pes.ts";
import { PictureClock } from "./picture-clock.ts";

/** What is kept of a NAL unit; parameter sets are far smaller. */
const MAX_NAL_BYTES = 4096;
/** What is read of a slice: enough for its first two numbers. */
const SLICE_BYTES = 16;
/** More parameter sets than any decoder takes. */
const MAX_SETS = 64;
const LAST_H264_SLICE = 5;
const LAST_H265_SLICE = 31;
/** `slice_type` of slices without prediction, and the same where all slices of the picture are so (ITU-T H.264, 7.4.3). */
const INTRA_SLICES: readonly number[] = [2, 7];

/**
 * The pictures of a transport stream: counts them, tells key frames from others, and finds the parameter sets. Looks
 * at no more of each picture than what stands before its first slice.
 */
export class PictureStream implements PesSink {
  readonly codec: VideoCodec;
  readonly clock = new PictureClock();
  readonly #nal = new Uint8Array(MAX_NAL_BYTES);
  /** Bytes of the NAL unit so far, also those that were not kept; -1 before the first start code. */
  #nalLength = -1;
  #zeros = 0;
  #sets: Uint8Array[] = [];
  #hasAllSets = false;
  /** Found in front of the picture that is read. */
  #hasSequenceSet = false;
  #hasRecoveryPoint = false;
  /** The first slice of the picture was seen. */
  #isSliced = false;
  #isKey = false;
  #pictureBytes = 0;
  #presentTicks: number | undefined;
  #decodeTicks: number | undefined;
  #pictureCount = 0;
  #isIndependent = false;
  #activityBytes = 0;

  constructor(codec: VideoCodec) {
    this.codec = codec;
  }

  get pictureCount(): number {
    return this.#pictureCount;
  }

  /** Whether the first picture is a key frame. */
  get isIndependent(): boolean {
    return this.#isIndependent;
  }

  /** Bytes of pictures that are not key frames. */
  get activityBytes(): number {
    return this.#activityBytes;
  }

  /** Those in front of the first picture that has all of them. */
  get parameterSets(): readonly Uint8Array[] {
    return this.#sets;
  }

  begin(presentTicks: number | undefined, decodeTicks: number | undefined): void {
    this.#presentTicks = presentTicks;
    this.#decodeTicks = decodeTicks;
    this.#isSliced = false;
    this.#isKey = false;
    this.#pictureBytes = 0;
    this.#nalLength = -1;
    this.#zeros = 0;
  }

  data(bytes: Uint8Array, start: number, end: number): void {
    this.#pictureBytes += end - start;
    if (!this.#isSliced) this.#scan(bytes, start, end);
  }

  /** Behind its first slice, a picture is only as large as it is. */
  get isCounting(): boolean {
    return this.#isSliced;
  }

  pass(count: number): void {
    this.#pictureBytes += count;
  }

  end(): void {
    if (!this.#isSliced) this.#endNal();
    if (!this.#isSliced) return;
    if (!this.#isKey) this.#activityBytes += this.#pictureBytes;
  }

  /** Goes through the byte stream (ITU-T H.264, Annex B) up to the beginning of the first slice. */
  #scan(bytes: Uint8Array, start: number, end: number): void {
    for (let at = start; at < end; at++) {
      const byte = bytes[at] ?? 0;
      if (byte === 1 && this.#zeros >= 2) {
        this.#endNal();
        if (this.#isSliced) return;
        this.#nalLength = 0;
      } else if (this.#nalLength >= 0) {
        if (this.#nalLength < MAX_NAL_BYTES) this.#nal[this.#nalLength] = byte;
        this.#nalLength++;
        if (this.#nalLength === SLICE_BYTES && this.#isSlice()) {
          this.#takeSlice();
          return;
        }
      }
      this.#zeros = byte === 0 ? this.#zeros + 1 : 0;
    }
  }

  #isSlice(): boolean {
    if (this.#nalLength <= 0) return false;
    if (this.codec === "h265") return h265NalType(this.#nal) <= LAST_H265_SLICE;
    const type = h264NalType(this.#nal);
    return type >= H264_NAL.slice && type <= LAST_H264_SLICE;
  }

  #endNal(): void {
    if (this.#nalLength <= 0) return;
    if (this.#isSlice()) {
      this.#takeSlice();
      return;
    }
    const isWhole = this.#nalLength <= MAX_NAL_BYTES;
    if (this.codec === "h264") {
      const type = h264NalType(this.#nal);
      if (type === H264_NAL.sps) this.#hasSequenceSet = true;
      if (type === H264_NAL.sei && isWhole && isExactRecoveryPoint(this.#nalBytes()))
        this.#hasRecoveryPoint = true;
    }
    if (!this.#hasAllSets && isWhole) this.#keepSet();
  }

  #nalBytes(): Uint8Array {
    return this.#nal.subarray(0, Math.min(this.#nalLength, MAX_NAL_BYTES));
  }

  /** `parameterSetsAmong` leaves out what is none, and the zeros behind it. */
  #keepSet(): void {
    const [set] = parameterSetsAmong(this.codec, [this.#nalBytes()]);
    if (set && this.#sets.length < MAX_SETS) this.#sets.push(set.slice());
  }

  #takeSlice(): void {
    this.#isSliced = true;
    this.#isKey = this.#isKeySlice();
    if (this.#pictureCount === 0) this.#isIndependent = this.#isKey;
    this.#pictureCount++;
    this.#hasSequenceSet = false;
    this.#hasRecoveryPoint = false;
    this.#hasAllSets ||= hasAllParameterSets(this.codec, this.#sets);
    if (this.#presentTicks !== undefined) this.clock.add(this.#presentTicks, this.#decodeTicks);
  }

  /** As `isRandomAccess`; broadcasters also begin at intra pictures behind parameter sets, without a message. */
  #isKeySlice(): boolean {
    if (this.codec === "h265") {
      const type = h265NalType(this.#nal);
      return type >= H265_NAL.firstRandomAccess && type <= H265_NAL.lastRandomAccess;
    }
    if (h264NalType(this.#nal) === H264_NAL.idr || this.#hasRecoveryPoint) return true;
    return this.#hasSequenceSet && this.#isIntraSlice();
  }

  #isIntraSlice(): boolean {
    const bits = new BitReader(
      withoutEmulationPrevention(this.#nalBytes().subarray(0, SLICE_BYTES)),
      "The slice",
    );
    const sliceType = attempt(() => {
      bits.skip(8);
      bits.ue();
      return bits.ue();
    });
    return sliceType !== undefined && INTRA_SLICES.includes(sliceType);
  }
}
