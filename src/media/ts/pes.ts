/** What takes the packets of one elementary stream, one after the other. */
export interface PesSink {
  /** A packet begins. Times are modulo 2^33, in 90,000ths of a second; `undefined` where it says none. */
  begin(presentTicks: number | undefined, decodeTicks: number | undefined): void;
  /** Some of its bytes: those of `bytes` from `start` to `end`, to be looked at before it returns. */
  data(bytes: Uint8Array, start: number, end: number): void;
  end(): void;
  /** Of what still comes of this packet it only has to know how much: it takes `pass` in place of `data`. */
  readonly isCounting?: boolean;
  pass?(count: number): void;
}

const FIXED_BYTES = 9;
const MAX_HEADER_BYTES = FIXED_BYTES + 0xff;
/** Streams whose packets have no header like that of pictures and sound (ISO 13818-1, 2.4.3.7). */
const WITHOUT_HEADER = new Set([0xbc, 0xbe, 0xbf, 0xf0, 0xf1, 0xf2, 0xf8, 0xff]);

/** Reads the packetized elementary stream of one PID (ISO 13818-1, 2.4.3.6). */
export class PesReader {
  readonly #sink: PesSink;
  readonly #header = new Uint8Array(MAX_HEADER_BYTES);
  #headerLength = 0;
  #state: "outside" | "header" | "data" = "outside";
  #isScrambled = false;

  constructor(sink: PesSink) {
    this.#sink = sink;
  }

  /** Some of it can't be read, as it is scrambled. */
  get isScrambled(): boolean {
    return this.#isScrambled;
  }

  /** A packet of the transport stream was scrambled. */
  markScrambled(): void {
    this.#isScrambled = true;
  }

  packet(bytes: Uint8Array, start: number, end: number, isStart: boolean): void {
    let at = start;
    if (isStart) {
      this.end();
      this.#state = "header";
      this.#headerLength = 0;
    }
    while (this.#state === "header" && at < end) at += this.#takeHeader(bytes, at, end);
    if (this.#state === "data" && at < end) this.#sink.data(bytes, at, end);
  }

  /** Until another packet begins, nothing but the number of bytes is of interest. */
  get isCounting(): boolean {
    return this.#state === "outside" || (this.#state === "data" && this.#sink.isCounting === true);
  }

  /** So many bytes came while it was counting. */
  pass(count: number): void {
    if (this.#state === "data") this.#sink.pass?.(count);
  }

  /** The stream is over, or another packet begins. */
  end(): void {
    if (this.#state === "data") this.#sink.end();
    this.#state = "outside";
  }

  /** Gathers the header, which may reach over several packets; returns how many bytes it took. */
  #takeHeader(bytes: Uint8Array, at: number, end: number): number {
    const header = this.#header;
    const wanted = this.#headerLength < FIXED_BYTES ? FIXED_BYTES : FIXED_BYTES + (header[8] ?? 0);
    const taken = Math.min(wanted - this.#headerLength, end - at);
    for (let index = 0; index < taken; index++) header[this.#headerLength + index] = bytes[at + index] ?? 0;
    this.#headerLength += taken;
    if (this.#headerLength < FIXED_BYTES) return taken;
    if (!this.#isReadable()) {
      this.#state = "outside";
      return taken;
    }
    if (this.#headerLength < FIXED_BYTES + (header[8] ?? 0)) return taken;
    const flags = header[7] ?? 0;
    const presentTicks = flags & 0x80 ? timeAt(header, 9, this.#headerLength) : undefined;
    const decodeTicks = (flags & 0xc0) === 0xc0 ? timeAt(header, 14, this.#headerLength) : undefined;
    this.#state = "data";
    this.#sink.begin(presentTicks, decodeTicks);
    return taken;
  }

  #isReadable(): boolean {
    const [zero, alsoZero, one, streamId = 0, , , flags = 0] = this.#header;
    if (zero !== 0 || alsoZero !== 0 || one !== 1 || WITHOUT_HEADER.has(streamId)) return false;
    if (flags >> 6 !== 2) return false;
    if ((flags & 0x30) !== 0) this.#isScrambled = true;
    return (flags & 0x30) === 0;
  }
}

/** A time of 33 bits in five bytes (2.4.3.7); undefined when it reaches over the header. */
function timeAt(header: Uint8Array, at: number, end: number): number | undefined {
  if (at + 5 > end) return undefined;
  const byte = (index: number): number => header[at + index] ?? 0;
  const low = (byte(1) << 22) | ((byte(2) & 0xfe) << 14) | (byte(3) << 7) | (byte(4) >> 1);
  return ((byte(0) >> 1) & 7) * 2 ** 30 + low;
}
