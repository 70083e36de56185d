/** Sizes of a packet with what stands around it: plain, with the four bytes of time of m2ts, with error correction. */
const STRIDES = [188, 192, 204] as const;
export const PACKET_BYTES = 188;
export const SYNC_BYTE = 0x47;
/** Packets in a row that must begin with the sync byte before they are believed. */
const WITNESSES = 3;
/** What has to be there to look for the beginning of packets at one place. */
const LOOKAHEAD_BYTES = 204 * (WITNESSES - 1) + 1;
/** How much of the next bytes is put behind those that were carried over. */
const BRIDGE_BYTES = 2048;

/** Takes one packet (ISO 13818-1, 2.4.3.2): 188 bytes from `at`, the first of which is the sync byte. */
export type PacketSink = (bytes: Uint8Array, at: number) => void;

/**
 * Passes over packets that need not be handed on one by one: whole ones from `at` up to `end`, so many bytes apart, of
 * which each is checked for its sync byte.
 * @returns how many
 */
export type PacketPasser = (bytes: Uint8Array, at: number, end: number, strideBytes: number) => number;

/**
 * Finds the packets of a transport stream, however it is cut and whatever junk stands before or between them. Holds
 * back at most a few packets.
 */
export class PacketSplitter {
  readonly #sink: PacketSink;
  readonly #pass: PacketPasser | undefined;
  readonly #carry = new Uint8Array(LOOKAHEAD_BYTES + BRIDGE_BYTES);
  #carried = 0;
  /** Bytes from one packet to the next; 0 while they are looked for. */
  #stride = 0;
  #count = 0;

  /** @param pass is asked after each packet that was handed on */
  constructor(sink: PacketSink, pass?: PacketPasser) {
    this.#sink = sink;
    this.#pass = pass;
  }

  /** Packets that were found. */
  get count(): number {
    return this.#count;
  }

  push(bytes: Uint8Array): void {
    let at = 0;
    if (this.#carried > 0) {
      const bridge = Math.min(bytes.length, BRIDGE_BYTES);
      this.#carry.set(bytes.subarray(0, bridge), this.#carried);
      const end = this.#carried + bridge;
      const done = this.#split(this.#carry, 0, end, false);
      if (done < this.#carried || bridge === bytes.length) {
        this.#carry.copyWithin(0, done, end);
        this.#carried = end - done;
        return;
      }
      at = done - this.#carried;
    }
    const done = this.#split(bytes, at, bytes.length, false);
    this.#carry.set(bytes.subarray(done));
    this.#carried = bytes.length - done;
  }

  /** The stream is over: packets at its very end are believed with fewer witnesses. */
  end(): void {
    this.#split(this.#carry, 0, this.#carried, true);
    this.#carried = 0;
  }

  /** Hands on all whole packets between two positions; returns how far it came. */
  #split(bytes: Uint8Array, start: number, end: number, isEnd: boolean): number {
    let at = start;
    for (;;) {
      if (this.#stride === 0) {
        at = this.#search(bytes, at, end, isEnd);
        if (this.#stride === 0) return at;
      }
      while (at + PACKET_BYTES <= end && bytes[at] === SYNC_BYTE) {
        // What stands behind a packet need not be there yet.
        if (at + this.#stride > end && !isEnd) return at;
        this.#sink(bytes, at);
        const count = 1 + (this.#pass?.(bytes, at + this.#stride, end, this.#stride) ?? 0);
        this.#count += count;
        at += count * this.#stride;
      }
      if (at + PACKET_BYTES > end) return Math.min(at, end);
      this.#stride = 0;
    }
  }

  /** Looks for the next packet and sets the stride; returns where it is, or how far there is none. */
  #search(bytes: Uint8Array, start: number, end: number, isEnd: boolean): number {
    const last = isEnd ? end - PACKET_BYTES : end - LOOKAHEAD_BYTES;
    let at = start;
    for (; at <= last; at++) {
      if (bytes[at] !== SYNC_BYTE) continue;
      for (const stride of STRIDES) {
        if (!isSync(bytes, at, stride, end)) continue;
        this.#stride = stride;
        return at;
      }
    }
    return at;
  }
}

function isSync(bytes: Uint8Array, at: number, stride: number, end: number): boolean {
  for (let index = 1; index < WITNESSES; index++) {
    const next = at + index * stride;
    if (next < end && bytes[next] !== SYNC_BYTE) return false;
  }
  return true;
}
