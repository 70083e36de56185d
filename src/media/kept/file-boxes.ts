import { NightjarError } from "../../platform/errors.ts";
import { boxHeaderAt } from "../fmp4/boxes.ts";
import { beginsWithBox, whatItIs } from "./what-it-is.ts";

/** Reads bytes of a file; fewer only at its end. */
export type ReadAt = (offsetBytes: number, lengthBytes: number) => Promise<Uint8Array>;

/** A box at the top of a file; it ends behind the file's last byte where that is cut off. */
export type FileBox = { type: string; start: number; headerBytes: number; end: number };

/** A day in fragments of half a second, one for each track, has less. */
const MAX_BOXES = 1_000_000;
/** What is read at once at least: the usual `moof` and the header of the `mdat` behind it. */
const MIN_WINDOW_BYTES = 4096;
const MAX_WINDOW_BYTES = 65_536;

const unprocessable = (message: string): NightjarError => new NightjarError("unprocessable", message);

/** Reads a file's bytes with few calls, where they are read one after the other. */
export class FileWindow {
  readonly #read: ReadAt;
  readonly sizeBytes: number;
  #start = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #windowBytes = MIN_WINDOW_BYTES;

  constructor(read: ReadAt, sizeBytes: number) {
    this.#read = read;
    this.sizeBytes = sizeBytes;
  }

  /** A view that holds for good. Throws `unprocessable` when the file ends before. */
  async bytes(offsetBytes: number, lengthBytes: number): Promise<Uint8Array> {
    const at = offsetBytes - this.#start;
    if (at >= 0 && at + lengthBytes <= this.#bytes.length) return this.#bytes.subarray(at, at + lengthBytes);
    const wanted = Math.max(lengthBytes, Math.min(this.#windowBytes, this.sizeBytes - offsetBytes));
    const bytes = await this.#read(offsetBytes, wanted);
    if (bytes.length < lengthBytes)
      throw unprocessable(`This MP4 is cut off at byte ${offsetBytes + bytes.length}`);
    // What is large is read once.
    if (lengthBytes <= MAX_WINDOW_BYTES) {
      [this.#start, this.#bytes] = [offsetBytes, bytes];
      this.#windowBytes = Math.max(this.#windowBytes, Math.min(2 * lengthBytes, MAX_WINDOW_BYTES));
    }
    return bytes.subarray(0, lengthBytes);
  }
}

/**
 * The boxes at the top of a file, one after the other.
 * @throws NightjarError `unprocessable` where there are bytes that are no box, or far too many boxes
 */
export async function* fileBoxes(file: FileWindow): AsyncGenerator<FileBox> {
  const { sizeBytes } = file;
  let count = 0;
  for (let start = 0; start < sizeBytes;) {
    const head = await file.bytes(start, Math.min(16, sizeBytes - start));
    if (count === 0 && !beginsWithBox(head)) {
      const found = whatItIs(await file.bytes(0, Math.min(256, sizeBytes)));
      throw unprocessable(`This is no MP4: found ${found}`);
    }
    const header = boxHeaderAt(head, 0);
    const end = start + (header ? (header.sizeBytes ?? sizeBytes - start) : 8);
    if (++count > MAX_BOXES) throw unprocessable(`This MP4 has over ${MAX_BOXES} boxes`);
    yield { type: header?.type ?? "header", start, headerBytes: header?.headerBytes ?? 8, end };
    start = end;
  }
}
