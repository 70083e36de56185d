import { isRandomAccess, splitAnnexB } from "../nal.ts";
import type { VideoCodec } from "../parameters.ts";
import { adtsFrames } from "./adts.ts";
import { PacketSplitter } from "./packets.ts";
import { PesReader, type PesSink } from "./pes.ts";
import { clockDifference } from "./picture-clock.ts";
import { Programs } from "./programs.ts";
import type { SoundKind } from "./stream-kinds.ts";

/** A coded picture; times in 90,000ths of a second since the first picture that is shown. */
export type TsPicture = {
  shownTicks: number;
  isKey: boolean;
  /** NAL units with four bytes of length in front of each. */
  bytes: Uint8Array;
};

/** A raw AAC frame; when it is heard, on the pictures' clock. */
export type TsFrame = { heardTicks: number; bytes: Uint8Array };

export type TsSamples = {
  /** In the order in which they are decoded. */
  pictures: TsPicture[];
  /** Sound in ADTS; none of any other kind. */
  frames: TsFrame[];
  /** What its sound is; `undefined` without any. */
  soundKind: SoundKind | undefined;
  /** How many streams of sound there are; only the first is read. */
  soundCount: number;
};

type Packet = { presentTicks: number | undefined; bytes: Uint8Array };

/** Keeps the packets of one elementary stream whole. */
class WholePackets implements PesSink {
  readonly packets: Packet[] = [];
  #parts: Uint8Array[] = [];
  #presentTicks: number | undefined;

  begin(presentTicks: number | undefined): void {
    this.#presentTicks = presentTicks;
    this.#parts = [];
  }

  data(bytes: Uint8Array, start: number, end: number): void {
    // The splitter uses its memory again.
    this.#parts.push(bytes.slice(start, end));
  }

  end(): void {
    this.packets.push({ presentTicks: this.#presentTicks, bytes: Buffer.concat(this.#parts) });
  }
}

/** NAL units with four bytes of length in front of each (ISO 14496-15). */
export function lengthPrefixed(nals: readonly Uint8Array[]): Uint8Array {
  const sample = new Uint8Array(nals.reduce((sum, { length }) => sum + 4 + length, 0));
  const view = new DataView(sample.buffer);
  let at = 0;
  for (const nal of nals) {
    view.setUint32(at, nal.length);
    sample.set(nal, at + 4);
    at += 4 + nal.length;
  }
  return sample;
}

const PACKET_BYTES = 188;

/**
 * All pictures and the AAC sound of a piece of MPEG-TS; none of what is no MPEG-TS or has no pictures. A packet of
 * pictures without a time belongs to the picture before it.
 * @throws NightjarError `unprocessable` for sound that can't be taken apart into frames
 */
export function tsSamples(ts: Uint8Array): TsSamples {
  const programs = new Programs();
  passThrough(ts, (bytes, at) => programs.packet(bytes, at));
  programs.end();
  const program = programs.inOrder().find(({ pictures }) => pictures && pictures.stream.pictureCount > 0);
  const pictures = program?.pictures;
  if (!pictures) return { pictures: [], frames: [], soundKind: undefined, soundCount: 0 };
  const soundKind = program.sound?.stream.kind;
  const sound = soundKind === "adts" ? program.sound : undefined;
  const video = new WholePackets();
  const audio = new WholePackets();
  const readers = new Map([[pictures.pid, new PesReader(video)]]);
  if (sound) readers.set(sound.pid, new PesReader(audio));
  passThrough(ts, (bytes, at) => {
    const flags = bytes[at + 1] ?? 0;
    const reader = readers.get(((flags & 0x1f) << 8) | (bytes[at + 2] ?? 0));
    const control = bytes[at + 3] ?? 0;
    if (!reader || (flags & 0x80) !== 0 || (control & 0x10) === 0) return;
    const start = at + 4 + ((control & 0x20) === 0 ? 0 : 1 + (bytes[at + 4] ?? 0));
    const end = at + PACKET_BYTES;
    if (start < end) reader.packet(bytes, start, end, (flags & 0x40) !== 0);
  });
  for (const reader of readers.values()) reader.end();
  const shown = picturesOf(video.packets, pictures.stream.codec);
  const frames = framesOf(audio.packets, shown.firstTicks);
  return { pictures: shown.pictures, frames, soundKind, soundCount: program.soundCount };
}

function passThrough(ts: Uint8Array, sink: (bytes: Uint8Array, at: number) => void): void {
  const splitter = new PacketSplitter(sink);
  splitter.push(ts);
  splitter.end();
}

function picturesOf(
  packets: readonly Packet[],
  codec: VideoCodec,
): { pictures: TsPicture[]; firstTicks: number } {
  const found: { presentTicks: number; parts: Uint8Array[] }[] = [];
  for (const { presentTicks, bytes } of packets) {
    if (presentTicks !== undefined) found.push({ presentTicks, parts: [bytes] });
    else found.at(-1)?.parts.push(bytes);
  }
  const origin = found[0]?.presentTicks ?? 0;
  const since = found.map(({ presentTicks }) => clockDifference(presentTicks, origin));
  const earliest = since.reduce((least, ticks) => Math.min(least, ticks), 0);
  const pictures = found.map(({ parts }, index) => {
    const bytes = lengthPrefixed(splitAnnexB(Buffer.concat(parts)));
    const shownTicks = (since[index] ?? 0) - earliest;
    return { shownTicks, isKey: isRandomAccess(codec, bytes), bytes };
  });
  return { pictures, firstTicks: origin + earliest };
}

/**
 * Frames may reach over packets; the time of a packet is that of the first frame that begins in it (ISO 13818-1, 2.4.3.7).
 */
function framesOf(packets: readonly Packet[], firstTicks: number): TsFrame[] {
  const frames: TsFrame[] = [];
  let rest: Uint8Array = new Uint8Array();
  let nextTicks: number | undefined;
  for (const { presentTicks, bytes } of packets) {
    const own = rest.length === 0 ? 0 : 1;
    const read = adtsFrames(own === 0 ? bytes : Buffer.concat([rest, bytes]));
    for (const [index, { payload, durationTicks }] of read.frames.entries()) {
      if (index === own && presentTicks !== undefined) nextTicks = clockDifference(presentTicks, firstTicks);
      if (nextTicks === undefined) continue;
      frames.push({ heardTicks: nextTicks, bytes: payload });
      nextTicks += durationTicks;
    }
    rest = read.rest;
  }
  return frames;
}
