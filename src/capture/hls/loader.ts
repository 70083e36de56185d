import { Decrypter } from "./keys.ts";
import type { HlsClient } from "./http-client.ts";
import { bodyBuffers } from "./lent-buffers.ts";
import type { Entry, Piece } from "./window.ts";

/** A segment as it is kept, and of fragmented MP4 the init in front of it. */
export type Loaded = { bytes: Uint8Array; init?: Uint8Array };

export type LoadOptions = { signal: AbortSignal; onBytes?: (count: number) => void };

/** The largest segment: ten seconds at 50 Mbit/s. */
export const MAX_SEGMENT_BYTES = 64 * 1024 * 1024;
const MAX_INIT_BYTES = 4 * 1024 * 1024;
const MAX_KEY_BYTES = 1024;
const MAX_INITS = 4;
const HEAD_MS = 10_000;
const IDLE_MS = 10_000;
/** A segment that takes longer than this many target durations comes too slowly to be recorded. */
const LATE_TARGETS = 6;
const LEAST_TOTAL_MS = 30_000;
const SMALL_TOTAL_MS = 20_000;

const isMp4Init = (bytes: Uint8Array): boolean =>
  ["ftyp", "moov", "styp", "sidx", "free"].includes(Buffer.from(bytes.subarray(4, 8)).toString("latin1"));

const TS_PACKET_BYTES = 188;
/** Packets at the front of a segment among which its tables are, where it has its own. */
const FRONT_PACKETS = 8;

/** Whether MPEG-TS begins with a table of its programs (PID 0): then it needs none from an init. */
function hasTables(bytes: Uint8Array): boolean {
  for (let packet = 0; packet < FRONT_PACKETS; packet++) {
    const at = packet * TS_PACKET_BYTES;
    if (bytes[at] === 0x47 && ((bytes[at + 1] ?? 0) & 0x1f) === 0 && bytes[at + 2] === 0) return true;
  }
  return false;
}

/** Fetches segments with what belongs to them: init, keys. Inits and keys are fetched once for each address. */
export class SegmentLoader {
  readonly #decrypter: Decrypter;
  readonly #inits = new Map<string, Promise<Uint8Array>>();
  /** Target duration of the source's list, in seconds. */
  targetSeconds = 1;

  constructor(private readonly client: Pick<HlsClient, "get">) {
    this.#decrypter = new Decrypter(async (url, signal) => {
      const limits = { maxBytes: MAX_KEY_BYTES, headMs: HEAD_MS, idleMs: IDLE_MS, totalMs: SMALL_TOTAL_MS };
      return (await client.get(url, { limits, signal })).bytes;
    });
  }

  /** The source began anew: what lies at the same addresses may be something else. */
  forget(): void {
    this.#inits.clear();
  }

  /**
   * @throws FetchFailure, or UnsupportedSource
   */
  async load(entry: Entry, { signal, onBytes }: LoadOptions): Promise<Loaded> {
    Decrypter.keyOf(entry.keys);
    const front = entry.map === undefined ? undefined : await this.#init(entry.map, entry.sequence, signal);
    const totalMs = Math.max(LEAST_TOTAL_MS, LATE_TARGETS * this.targetSeconds * 1000);
    const limits = { maxBytes: MAX_SEGMENT_BYTES, headMs: HEAD_MS, idleMs: IDLE_MS, totalMs };
    const { url, range, keys, sequence } = entry;
    const got = await this.client.get(url, { limits, signal, range, onBytes });
    const clear = await this.#decrypter.decrypt(got.bytes, keys, sequence, signal);
    // Of MPEG-TS the init holds the tables that its segments leave out.
    const needsFront = front !== undefined && !isMp4Init(front) && !hasTables(clear);
    const bytes = needsFront ? Buffer.concat([front, clear]) : clear;
    if (bytes !== got.bytes) bodyBuffers.giveBack(got.bytes);
    return front !== undefined && isMp4Init(front) ? { bytes, init: front } : { bytes };
  }

  #init(piece: Piece, sequence: number, signal: AbortSignal): Promise<Uint8Array> {
    const id = `${piece.url} ${piece.range?.offsetBytes ?? ""} ${piece.range?.lengthBytes ?? ""}`;
    const known = this.#inits.get(id);
    if (known !== undefined) return known;
    const asked = this.#fetchInit(piece, sequence, signal);
    this.#inits.set(id, asked);
    const [oldest] = this.#inits.keys();
    if (this.#inits.size > MAX_INITS && oldest !== undefined) this.#inits.delete(oldest);
    asked.catch(() => this.#inits.delete(id));
    return asked;
  }

  async #fetchInit({ url, range, keys }: Piece, sequence: number, signal: AbortSignal): Promise<Uint8Array> {
    const limits = { maxBytes: MAX_INIT_BYTES, headMs: HEAD_MS, idleMs: IDLE_MS, totalMs: SMALL_TOTAL_MS };
    const { bytes } = await this.client.get(url, { limits, signal, range });
    return this.#decrypter.decrypt(bytes, keys, sequence, signal);
  }
}
