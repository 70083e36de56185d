import { NightjarError } from "../../platform/errors.ts";
import type { Sample } from "../parameters.ts";
import { boxHeaderAt, boxesIn } from "./boxes.ts";
import { parseMoof, type MovieFragment, type TrackFragment } from "./moof.ts";
import { readTrackDefaults, type InitTrackDefaults } from "./tracks.ts";

/** The samples of one `traf`, and their bytes one after the other. Times are the track's own ticks. */
export type ReaderTrack = { trackId: number; decodeTicks: number; samples: Sample[]; payload: Uint8Array };

export type ReaderEvent =
  | {
      kind: "init";
      /** `ftyp` (where there was one) and `moov`. */
      init: Uint8Array;
    }
  | { kind: "fragment"; tracks: ReaderTrack[] };

/** The largest box that is taken in, unless told otherwise. */
export const DEFAULT_MAX_BOX_BYTES = 64 * 1024 * 1024;

/** How many bytes are set aside for a box before any of them came: a header alone can't ask for much memory. */
const FIRST_ALLOCATION_BYTES = 1024 * 1024;

/** The box whose bytes are being gathered or passed over. */
type OpenBox = {
  type: string;
  headerBytes: number;
  /** Place of its first byte in the stream. */
  position: number;
  bodyBytes: number;
  receivedBytes: number;
  /** Undefined for boxes that are passed over. */
  body: Uint8Array | undefined;
};

type PendingMoof = { fragment: MovieFragment; position: number };

const KEPT = new Set(["ftyp", "moov", "moof", "mdat"]);

const unprocessable = (message: string): NightjarError => new NightjarError("unprocessable", message);

/**
 * Reads fragmented MP4 as it comes: `ftyp`, `moov`, then pairs of `moof` and `mdat`; every other box at this
 * level is passed over. Each payload byte is copied once, into the fragment's own buffer (a second time only
 * where one track's bytes lie in several places). The bytes of an event stay valid, also those of an `init`.
 */
export class FragmentReader {
  readonly #maxBoxBytes: number;
  readonly #header = new Uint8Array(16);
  #headerLength = 0;
  #position = 0;
  #open: OpenBox | undefined;
  #ftyp: Uint8Array = new Uint8Array(0);
  #defaults: Map<number, InitTrackDefaults> | undefined;
  #nextTicks = new Map<number, number>();
  #moof: PendingMoof | undefined;

  constructor(options: { maxBoxBytes?: number } = {}) {
    this.#maxBoxBytes = options.maxBoxBytes ?? DEFAULT_MAX_BOX_BYTES;
  }

  /** Bytes that were taken in and not handed out yet; 0 between boxes. */
  get bufferedBytes(): number {
    return this.#headerLength + (this.#open?.body === undefined ? 0 : this.#open.receivedBytes);
  }

  /**
   * Takes the next bytes, however they are cut, and returns what became whole with them, in order.
   * @throws NightjarError `unprocessable` with what was found; the reader is of no use afterwards
   */
  push(chunk: Uint8Array): ReaderEvent[] {
    const events: ReaderEvent[] = [];
    let at = 0;
    while (at < chunk.length || this.#open?.bodyBytes === 0) {
      if (this.#open === undefined) {
        at += this.#takeHeader(chunk, at);
        continue;
      }
      at += this.#takeBody(this.#open, chunk, at);
      if (this.#open.receivedBytes < this.#open.bodyBytes) break;
      const event = this.#finishBox(this.#open);
      this.#open = undefined;
      if (event) events.push(event);
    }
    return events;
  }

  #takeHeader(chunk: Uint8Array, at: number): number {
    const wanted = this.#headerLength < 8 ? 8 : 16;
    const taken = Math.min(wanted - this.#headerLength, chunk.length - at);
    this.#header.set(chunk.subarray(at, at + taken), this.#headerLength);
    this.#headerLength += taken;
    const header = boxHeaderAt(this.#header.subarray(0, this.#headerLength), 0);
    if (header === undefined) return taken;
    const { type, headerBytes, sizeBytes } = header;
    if (sizeBytes === undefined || sizeBytes > this.#maxBoxBytes) {
      const size = sizeBytes === undefined ? "without an end" : `of ${sizeBytes} bytes`;
      throw unprocessable(`Found an MP4 box ${type} ${size}; wanted: at most ${this.#maxBoxBytes} bytes`);
    }
    this.#checkOrder(type);
    const bodyBytes = sizeBytes - headerBytes;
    this.#open = {
      type,
      headerBytes,
      position: this.#position,
      bodyBytes,
      receivedBytes: 0,
      body: KEPT.has(type) ? new Uint8Array(Math.min(bodyBytes, FIRST_ALLOCATION_BYTES)) : undefined,
    };
    this.#position += sizeBytes;
    this.#headerLength = 0;
    return taken;
  }

  #checkOrder(type: string): void {
    if (type === "moof" && this.#defaults === undefined) throw unprocessable("Found moof before any moov");
    if (type === "mdat" && this.#moof === undefined) {
      throw unprocessable("Found mdat without a moof before it; wanted: fragmented MP4");
    }
    if (type === "moof" && this.#moof !== undefined) {
      throw unprocessable("Found two moof without an mdat between them");
    }
  }

  #takeBody(open: OpenBox, chunk: Uint8Array, at: number): number {
    const taken = Math.min(open.bodyBytes - open.receivedBytes, chunk.length - at);
    if (open.body !== undefined) {
      if (open.receivedBytes + taken > open.body.length) open.body = grown(open, taken);
      open.body.set(chunk.subarray(at, at + taken), open.receivedBytes);
    }
    open.receivedBytes += taken;
    return taken;
  }

  #finishBox({ type, headerBytes, position, body }: OpenBox): ReaderEvent | undefined {
    if (body === undefined) return undefined;
    switch (type) {
      case "ftyp":
        this.#ftyp = withHeader(type, body);
        return undefined;
      case "moov": {
        const moov = withHeader(type, body);
        this.#defaults = readTrackDefaults(moov);
        this.#nextTicks.clear();
        return { kind: "init", init: joined([this.#ftyp, moov]) };
      }
      case "moof":
        this.#moof = { fragment: this.#readMoof(withHeader(type, body), position), position };
        return undefined;
      default:
        return this.#fragmentOf(body, position + headerBytes);
    }
  }

  #readMoof(moof: Uint8Array, position: number): MovieFragment {
    const box = boxesIn(moof)[0];
    if (box === undefined) throw unprocessable("Found an empty moof");
    return parseMoof(moof, box, position, (trackId) => {
      const defaults = this.#defaults?.get(trackId);
      if (defaults) return defaults;
      throw unprocessable(`Found a fragment of track ${trackId}, which is not in the moov`);
    });
  }

  #fragmentOf(data: Uint8Array, dataPosition: number): ReaderEvent | undefined {
    const pending = this.#moof;
    this.#moof = undefined;
    if (pending === undefined) return undefined;
    const dataStart = dataPosition - pending.position;
    checkTotal(pending.fragment, data.length);
    const tracks = pending.fragment.tracks
      .filter((track) => track.samples.length > 0)
      .map((track) => this.#readerTrack(track, data, dataStart));
    return tracks.length > 0 ? { kind: "fragment", tracks } : undefined;
  }

  #readerTrack(track: TrackFragment, data: Uint8Array, dataStart: number): ReaderTrack {
    const { trackId, samples } = track;
    // Without `tfdt` a fragment begins where the one before it ended.
    const decodeTicks = track.decodeTicks ?? this.#nextTicks.get(trackId) ?? 0;
    let durationTicks = 0;
    for (const sample of samples) durationTicks += sample.durationTicks;
    this.#nextTicks.set(trackId, decodeTicks + durationTicks);
    if (this.#defaults?.get(trackId)?.isAudio) for (const sample of samples) sample.isKey = true;
    return { trackId, decodeTicks, samples, payload: gather(track, data, dataStart) };
  }
}

/** A buffer with room for `more` bytes: twice as large each time, at most the box's size. */
function grown(open: OpenBox, more: number): Uint8Array {
  const old = open.body ?? new Uint8Array(0);
  const larger = new Uint8Array(
    Math.min(open.bodyBytes, Math.max(2 * old.length, open.receivedBytes + more)),
  );
  larger.set(old.subarray(0, open.receivedBytes));
  return larger;
}

function withHeader(type: string, body: Uint8Array): Uint8Array {
  const box = new Uint8Array(8 + body.length);
  new DataView(box.buffer).setUint32(0, box.length);
  for (let index = 0; index < 4; index++) box[4 + index] = type.charCodeAt(index);
  box.set(body, 8);
  return box;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Samples that share bytes are nonsense, and could ask for any amount of memory. */
function checkTotal(fragment: MovieFragment, dataBytes: number): void {
  let totalBytes = 0;
  for (const track of fragment.tracks) for (const range of track.ranges) totalBytes += range.sizeBytes;
  if (totalBytes <= dataBytes) return;
  throw unprocessable(`Found a moof with ${totalBytes} bytes of samples for an mdat of ${dataBytes}`);
}

/** The track's bytes out of the `mdat`: a view where they lie in a row, else a copy. */
function gather(track: TrackFragment, data: Uint8Array, dataStart: number): Uint8Array {
  const ranges: { start: number; end: number }[] = [];
  for (const { offsetBytes, sizeBytes } of track.ranges) {
    const start = offsetBytes - dataStart;
    if (start < 0 || start + sizeBytes > data.length) {
      const found = `bytes ${start} to ${start + sizeBytes} of an mdat of ${data.length}`;
      throw unprocessable(`The samples of track ${track.trackId} would be ${found}`);
    }
    const last = ranges.at(-1);
    if (last?.end === start) last.end = start + sizeBytes;
    else ranges.push({ start, end: start + sizeBytes });
  }
  const first = ranges[0];
  if (first !== undefined && ranges.length === 1) return data.subarray(first.start, first.end);
  return joined(ranges.map(({ start, end }) => data.subarray(start, end)));
}
