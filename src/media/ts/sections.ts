/** `section_length` has 12 bits, behind three bytes (ISO 13818-1, 2.4.4.1). */
const MAX_SECTION_BYTES = 3 + 0xfff;
const STUFFING = 0xff;
const CRC_BYTES = 4;
/** What a packet of the transport stream carries at the most. */
const MAX_PAYLOAD_BYTES = 184;

const TABLE = { programs: 0, program: 2 } as const;

/** Gathers the sections of tables out of the packets of one PID, and hands on those whose checksum is right. */
export class SectionReader {
  readonly #take: (section: Uint8Array) => void;
  readonly #bytes = new Uint8Array(MAX_SECTION_BYTES);
  #length = 0;
  #isOpen = false;
  /**
   * A packet that began sections and ended them all, up to its stuffing, as nearly all do: most tables are repeated word
   * for word.
   */
  readonly #whole = new Uint8Array(MAX_PAYLOAD_BYTES);
  #wholeLength = 0;

  /** @param take is given a view that holds only until it returns */
  constructor(take: (section: Uint8Array) => void) {
    this.#take = take;
  }

  packet(bytes: Uint8Array, start: number, end: number, isStart: boolean): void {
    if (!isStart) {
      this.#append(bytes, start, end);
      return;
    }
    if (this.#isRepeated(bytes, start, end)) {
      this.#isOpen = false;
      return;
    }
    const first = start + 1 + (bytes[start] ?? 0);
    if (start >= end || first > end) {
      this.#isOpen = false;
      return;
    }
    this.#append(bytes, start + 1, first);
    this.#isOpen = true;
    this.#length = 0;
    const stop = this.#append(bytes, first, end);
    this.#wholeLength = this.#isOpen || first !== start + 1 ? 0 : stop + 1 - start;
    for (let index = 0; index < this.#wholeLength; index++) this.#whole[index] = bytes[start + index] ?? 0;
  }

  /** Whether a packet says what the last one said, which was handed on. */
  #isRepeated(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#wholeLength === 0 || this.#wholeLength > end - start) return false;
    for (let index = 0; index < this.#wholeLength; index++)
      if (this.#whole[index] !== bytes[start + index]) return false;
    return true;
  }

  /** Returns where the stuffing begins, or the end. */
  #append(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    while (this.#isOpen && at < end) {
      if (this.#length === 0 && bytes[at] === STUFFING) {
        this.#isOpen = false;
        return at;
      }
      const wanted = this.#length < 3 ? 3 : this.#sectionBytes();
      const taken = Math.min(wanted - this.#length, end - at);
      this.#bytes.set(bytes.subarray(at, at + taken), this.#length);
      this.#length += taken;
      at += taken;
      if (this.#length < 3 || this.#length < this.#sectionBytes()) continue;
      const section = this.#bytes.subarray(0, this.#length);
      this.#length = 0;
      if (section.length > CRC_BYTES && crcOf(section) === 0) this.#take(section.subarray(0, -CRC_BYTES));
    }
    return at;
  }

  #sectionBytes(): number {
    return 3 + (((this.#bytes[1] ?? 0) & 0x0f) << 8) + (this.#bytes[2] ?? 0);
  }
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) crc = crc < 0 ? (crc << 1) ^ 0x04c1_1db7 : crc << 1;
  return crc;
});

/** The CRC of Annex A; 0 over a section with its own checksum. */
function crcOf(section: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (let at = 0; at < section.length; at++)
    crc = (crc << 8) ^ (CRC_TABLE[((crc >>> 24) ^ (section[at] ?? 0)) & 0xff] ?? 0);
  return crc >>> 0;
}

const u16 = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
const pidAt = (bytes: Uint8Array, at: number): number => u16(bytes, at) & 0x1fff;

/** A program of the program association table, and where its own table is. */
export type ProgramPlace = { number: number; pid: number };

/** The programs in their order (2.4.4.3), without the network's; none when it is another table. */
export function readPrograms(section: Uint8Array): ProgramPlace[] {
  const programs: ProgramPlace[] = [];
  if (section[0] !== TABLE.programs) return programs;
  for (let at = 8; at + 4 <= section.length; at += 4) {
    const number = u16(section, at);
    if (number !== 0) programs.push({ number, pid: pidAt(section, at + 2) });
  }
  return programs;
}

/** One stream of a program; its descriptors are a view. */
export type ElementaryStream = { pid: number; streamType: number; descriptors: Uint8Array };

/** A program map table (2.4.4.8); undefined when it is another table. */
export function readProgram(
  section: Uint8Array,
): { number: number; streams: ElementaryStream[] } | undefined {
  if (section[0] !== TABLE.program || section.length < 12) return undefined;
  const streams: ElementaryStream[] = [];
  for (let at = 12 + (u16(section, 10) & 0xfff); at + 5 <= section.length;) {
    const next = at + 5 + (u16(section, at + 3) & 0xfff);
    const descriptors = section.subarray(at + 5, Math.min(next, section.length));
    streams.push({ pid: pidAt(section, at + 1), streamType: section[at] ?? 0, descriptors });
    at = next;
  }
  return { number: u16(section, 3), streams };
}
