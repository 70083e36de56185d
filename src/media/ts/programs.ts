import { NightjarError } from "../../platform/errors.ts";
import { PACKET_BYTES, SYNC_BYTE } from "./packets.ts";
import { PesReader } from "./pes.ts";
import { PictureStream } from "./picture-stream.ts";
import { type ElementaryStream, readProgram, readPrograms, SectionReader } from "./sections.ts";
import { SoundStream } from "./sound-stream.ts";
import { kindOf } from "./stream-kinds.ts";

/** What a packet carries that has no adaptation field. */
const PAYLOAD_BYTES = PACKET_BYTES - 4;
const PROGRAMS_PID = 0;
/** A multiplex has at most some dozens; each is looked at. */
const MAX_PROGRAMS = 32;

type Track<Stream> = { pid: number; stream: Stream; reader: PesReader };

/** One program: its first pictures and its first sound. */
export type Program = {
  number: number;
  pictures: Track<PictureStream> | undefined;
  sound: Track<SoundStream> | undefined;
  /** How many streams of sound it has, at the most. */
  soundCount: number;
  /** All its streams, for people. */
  streamNames: string[];
  isScrambled: boolean;
  /** Its table as it was told last. */
  table: Uint8Array | undefined;
};

/** Takes the payload of the packets of one PID. */
type PacketTaker = {
  packet(bytes: Uint8Array, start: number, end: number, isStart: boolean): void;
  markScrambled?(): void;
  /** Until a packet that begins something, only the sizes count: it takes `pass` in place of `packet`. */
  readonly isCounting?: boolean;
  pass?(count: number): void;
};

/** Follows the tables of a transport stream and hands each packet to what reads it. */
export class Programs {
  readonly #takers = new Map<number, PacketTaker>();
  readonly #programs = new Map<number, Program>();

  constructor() {
    this.#takers.set(PROGRAMS_PID, new SectionReader((section) => this.#takePrograms(section)));
  }

  /** In the order of the table that lists them; without those of which no table came. */
  inOrder(): Program[] {
    return [...this.#programs.values()]
      .filter(({ streamNames }) => streamNames.length > 0)
      .map((program) => ({ ...program, isScrambled: program.pictures?.reader.isScrambled ?? false }));
  }

  /** One packet of 188 bytes (ISO 13818-1, 2.4.3.2). */
  packet(bytes: Uint8Array, at: number): void {
    const flags = bytes[at + 1] ?? 0;
    const control = bytes[at + 3] ?? 0;
    // `transport_error_indicator`: whoever received it knows that it is damaged.
    if ((flags & 0x80) !== 0 || (control & 0x10) === 0) return;
    const taker = this.#takers.get(((flags & 0x1f) << 8) | (bytes[at + 2] ?? 0));
    if (taker === undefined) return;
    if ((control & 0xc0) !== 0) {
      taker.markScrambled?.();
      return;
    }
    const start = at + 4 + ((control & 0x20) === 0 ? 0 : 1 + (bytes[at + 4] ?? 0));
    const end = at + PACKET_BYTES;
    if (start < end) taker.packet(bytes, start, end, (flags & 0x40) !== 0);
  }

  /**
   * Passes over packets of which only the size counts; see `PacketPasser`. They are nearly all of a stream, so no more
   * is done for each than has to be.
   */
  pass(bytes: Uint8Array, start: number, end: number, strideBytes: number): number {
    let pid = -1;
    let taker: PacketTaker | undefined;
    let passedBytes = 0;
    let at = start;
    for (; at + strideBytes <= end && bytes[at] === SYNC_BYTE; at += strideBytes) {
      const flags = bytes[at + 1] ?? 0;
      const control = bytes[at + 3] ?? 0;
      // Damaged, the beginning of something, scrambled, or without anything.
      if ((flags & 0xc0) !== 0 || (control & 0xd0) !== 0x10) break;
      const ownPid = ((flags & 0x1f) << 8) | (bytes[at + 2] ?? 0);
      if (ownPid !== pid) {
        const own = this.#takers.get(ownPid);
        if (own !== undefined && own.isCounting !== true) break;
        taker?.pass?.(passedBytes);
        taker = own;
        pid = ownPid;
        passedBytes = 0;
      }
      if ((control & 0x20) === 0) passedBytes += PAYLOAD_BYTES;
      else passedBytes += Math.max(0, PAYLOAD_BYTES - 1 - (bytes[at + 4] ?? 0));
    }
    taker?.pass?.(passedBytes);
    return (at - start) / strideBytes;
  }

  end(): void {
    for (const { pictures, sound } of this.#programs.values()) {
      pictures?.reader.end();
      sound?.reader.end();
    }
  }

  #takePrograms(section: Uint8Array): void {
    for (const { number, pid } of readPrograms(section)) {
      if (this.#programs.has(number) || this.#programs.size >= MAX_PROGRAMS) continue;
      this.#programs.set(number, {
        number,
        pictures: undefined,
        sound: undefined,
        soundCount: 0,
        streamNames: [],
        isScrambled: false,
        table: undefined,
      });
      // Several programs may have their tables on one PID.
      if (!this.#takers.has(pid))
        this.#takers.set(pid, new SectionReader((table) => this.#takeProgram(table)));
    }
  }

  #takeProgram(section: Uint8Array): void {
    const table = readProgram(section);
    const program = table && this.#programs.get(table.number);
    if (!table || !program) return;
    // It is told ten times a second, and nearly always says the same.
    if (program.table && Buffer.compare(program.table, section) === 0) return;
    program.table = section.slice();
    const streams = table.streams.map((stream) => ({ stream, kind: kindOf(stream) }));
    program.streamNames = streams.map(({ kind }) => kind.name);
    const soundCount = streams.filter(({ kind }) => kind.is === "sound").length;
    program.soundCount = Math.max(program.soundCount, soundCount);
    for (const { stream, kind } of streams) {
      if (kind.is !== "pictures") continue;
      const { pictures } = program;
      if (pictures && pictures.stream.codec !== kind.codec) {
        const found = `from ${pictures.stream.codec} to ${kind.codec}`;
        throw new NightjarError("unprocessable", `The pictures of this MPEG-TS change ${found}`);
      }
      program.pictures = this.#track(stream, pictures, true, () => new PictureStream(kind.codec));
      break;
    }
    for (const { stream, kind } of streams) {
      if (kind.is !== "sound") continue;
      const { sound } = program;
      const isSame = sound?.stream.kind === kind.sound;
      // What the stream began with counts, also where another one is put behind it.
      if (sound?.stream.facts && !isSame) break;
      program.sound = this.#track(stream, sound, isSame, () => new SoundStream(kind.sound));
      break;
    }
  }

  /**
   * The track of a stream where the table says that it is now.
   * @param before what was taken for it until now
   * @param isSame it goes on, perhaps elsewhere; else it begins anew
   */
  #track<Stream extends PictureStream | SoundStream>(
    { pid }: ElementaryStream,
    before: Track<Stream> | undefined,
    isSame: boolean,
    make: () => Stream,
  ): Track<Stream> {
    if (before?.pid === pid && isSame) return before;
    if (before && this.#takers.get(before.pid) === before.reader) this.#takers.delete(before.pid);
    const kept = isSame ? before : undefined;
    const stream = kept?.stream ?? make();
    const reader = kept?.reader ?? new PesReader(stream);
    // A table's own PID is not taken away from it.
    if (!this.#takers.has(pid)) this.#takers.set(pid, reader);
    return { pid, stream, reader };
  }
}
