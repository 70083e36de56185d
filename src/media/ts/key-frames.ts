import { splitAnnexB } from "../nal.ts";
import type { VideoCodec } from "../parameters.ts";
import { PACKET_BYTES, PacketSplitter } from "./packets.ts";
import { PesReader, type PesSink } from "./pes.ts";
import { clockDifference } from "./picture-clock.ts";
import { PictureStream } from "./picture-stream.ts";
import { Programs } from "./programs.ts";
import { lengthPrefixed } from "./stream-samples.ts";

/** A picture at which decoding can begin. */
export type KeyFrame = {
  /** When it is shown, in 90,000ths of a second since the first picture that is shown. */
  shownTicks: number;
  /** NAL units with four bytes of length in front of each. */
  sample: Uint8Array;
};

/** Keeps the key frames of one stream of pictures, and looks at all others only for when they are shown. */
class KeyFrames implements PesSink {
  readonly codec: VideoCodec;
  readonly found: { presentTicks: number; bytes: Uint8Array }[] = [];
  firstTicks: number | undefined;
  #parts: Uint8Array[] = [];
  #picture: PictureStream;
  #presentTicks: number | undefined;

  constructor(codec: VideoCodec) {
    this.codec = codec;
    this.#picture = new PictureStream(codec);
  }

  begin(presentTicks: number | undefined, decodeTicks: number | undefined): void {
    this.#parts = [];
    this.#presentTicks = presentTicks;
    // Alone, a picture is independent when it is a key frame.
    this.#picture = new PictureStream(this.codec);
    this.#picture.begin(presentTicks, decodeTicks);
  }

  data(bytes: Uint8Array, start: number, end: number): void {
    this.#picture.data(bytes, start, end);
    this.#parts.push(bytes.subarray(start, end));
  }

  end(): void {
    this.#picture.end();
    const presentTicks = this.#presentTicks;
    if (presentTicks === undefined || this.#picture.pictureCount === 0) return;
    if (this.firstTicks === undefined || clockDifference(presentTicks, this.firstTicks) < 0)
      this.firstTicks = presentTicks;
    if (this.#picture.isIndependent) this.found.push({ presentTicks, bytes: Buffer.concat(this.#parts) });
  }
}

/** The key frames of a piece of MPEG-TS, in order; none of what is no MPEG-TS or has no pictures. */
export function tsKeyFrames(ts: Uint8Array): KeyFrame[] {
  const pictures = picturesOf(ts);
  if (!pictures) return [];
  const frames = new KeyFrames(pictures.codec);
  const reader = new PesReader(frames);
  const splitter = new PacketSplitter((bytes, at) => {
    const pid = (((bytes[at + 1] ?? 0) & 0x1f) << 8) | (bytes[at + 2] ?? 0);
    const control = bytes[at + 3] ?? 0;
    if (pid !== pictures.pid || ((bytes[at + 1] ?? 0) & 0x80) !== 0 || (control & 0x10) === 0) return;
    const start = at + 4 + ((control & 0x20) === 0 ? 0 : 1 + (bytes[at + 4] ?? 0));
    const end = at + PACKET_BYTES;
    // A copy where the splitter uses its memory again.
    const part = bytes.buffer === ts.buffer ? bytes : bytes.slice(0, end);
    if (start < end) reader.packet(part, start, end, ((bytes[at + 1] ?? 0) & 0x40) !== 0);
  });
  splitter.push(ts);
  splitter.end();
  reader.end();
  const { firstTicks = 0 } = frames;
  return frames.found.map(({ presentTicks, bytes }) => ({
    shownTicks: clockDifference(presentTicks, firstTicks),
    sample: lengthPrefixed(splitAnnexB(bytes)),
  }));
}

/** Which PID has the pictures: those of the first program that has any. */
function picturesOf(ts: Uint8Array): { pid: number; codec: VideoCodec } | undefined {
  const programs = new Programs();
  const splitter = new PacketSplitter(
    (bytes, at) => programs.packet(bytes, at),
    (bytes, at, end, strideBytes) => programs.pass(bytes, at, end, strideBytes),
  );
  splitter.push(ts);
  splitter.end();
  programs.end();
  const found = programs.inOrder().find(({ pictures }) => pictures && pictures.stream.pictureCount > 0);
  return found?.pictures && { pid: found.pictures.pid, codec: found.pictures.stream.codec };
}
