import { join } from "node:path";
import { errorText, NightjarError } from "../platform/errors.ts";
import type { Files, OpenFile } from "../platform/files.ts";
import { freeWhole } from "../platform/given-memory.ts";
import type { MediaExtension } from "./file-names.ts";
import { PassingProbe, type Findings } from "./probe.ts";

/** What arrives is handed to the disk in pieces of at least this size, in bytes. */
const WRITE_BYTES = 1024 * 1024;

/** Begins the name of a file that is still arriving. */
const ARRIVING = ".upload-";

/** Whether a file is one that was arriving when Nightjar ended. */
export const isArriving = (name: string): boolean => name.startsWith(ARRIVING) && name.endsWith(".part");

/** A name in a folder for a file that is still arriving. */
export const arrivingPath = (folder: string): string =>
  join(folder, `${ARRIVING}${crypto.randomUUID()}.part`);

/** A file that arrived whole and is durable, but for its name. */
export type ReceivedFile = {
  path: string;
  sizeBytes: number;
  crc32: number;
  /** When it was written last, ms UTC, as the file system has it. */
  mtimeMs: number | undefined;
  findings: Findings;
};

/** The body ended before its end: nothing of it is kept. */
export const cutOff = (cause?: unknown): NightjarError =>
  new NightjarError("bad-request", "The file was cut off on its way", { cause });

/** Lengths of bodies in bytes, as their sender states them. */
export function statedBytes(request: Request): number | undefined {
  const text = request.headers.get("content-length");
  return text === null ? undefined : Number(text);
}

/**
 * Whether so many bytes are all of a body. Where their sender stated how many there are, nothing else counts: one that
 * sends a line end or more behind them is refused by the HTTP parser, and may take that answer for success.
 */
function isWhole(request: Request, sizeBytes: number): boolean {
  const stated = statedBytes(request);
  return stated === undefined ? !request.signal.aborted : stated === sizeBytes;
}

export type ReceiveOptions = {
  /** Makes the temporary file; it is read meanwhile what comes. */
  open: () => Promise<OpenFile>;
  extension: MediaExtension;
  files: Files;
  /** Called before each write: a body without an end must not take the room of all others. */
  check: () => void;
};

/**
 * Takes a request's body into a temporary file, some pieces at a time, and makes it durable. Throws when it was cut off
 * (`bad-request`), the disk did not take it (system errors), and what `open` and `check` do. Nothing is left behind then.
 */
export async function receiveFile(
  request: Request,
  { open, extension, files, check }: ReceiveOptions,
): Promise<ReceivedFile> {
  const probe = new PassingProbe(extension);
  const opening = open();
  const writer = new PieceWriter(opening, check);
  try {
    for await (const bytes of bodyOf(request)) {
      writer.add(bytes);
      probe.push(bytes);
      if (writer.waitingBytes >= WRITE_BYTES) await writer.write();
    }
    await writer.write();
    await writer.done();
    if (!isWhole(request, probe.sizeBytes)) throw cutOff();
    const file = await opening;
    const { path } = file;
    const [stat] = await Promise.all([files.stat(path), file.datasync()]);
    // All of it is durable: whoever waits for that need not wait for the end of a handle.
    void file.close().catch(() => undefined);
    const { sizeBytes, crc32 } = probe;
    return { path, sizeBytes, crc32, mtimeMs: stat?.modifiedMs, findings: await probe.findings(path) };
  } catch (error) {
    await writer.done().catch(() => undefined);
    const file = await opening.catch(() => undefined);
    await file?.close().catch(() => undefined);
    if (file) await files.unlink(file.path).catch(() => undefined);
    throw error;
  }
}

/** Writes the pieces of a body to a file, while those behind them come. */
class PieceWriter {
  readonly #opening: Promise<OpenFile>;
  readonly #check: () => void;
  #pieces: Uint8Array[] = [];
  #waitingBytes = 0;
  #handedBytes = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(opening: Promise<OpenFile>, check: () => void) {
    this.#opening = opening;
    this.#check = check;
    // The next write tells.
    opening.catch(() => undefined);
  }

  /** What has not been handed to the file, in bytes. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  add(piece: Uint8Array): void {
    this.#pieces.push(piece);
    this.#waitingBytes += piece.length;
  }

  /** Begins to write all pieces; resolves when those before them are written. Throws what became of those. */
  async write(): Promise<void> {
    const file = await this.#opening;
    await this.#writing;
    this.#check();
    const pieces = this.#pieces;
    this.#writing = file.write(pieces, this.#handedBytes).then(() => pieces.forEach(freeWhole));
    // Whoever waits for it is told.
    this.#writing.catch(() => undefined);
    this.#handedBytes += this.#waitingBytes;
    [this.#pieces, this.#waitingBytes] = [[], 0];
  }

  /** Resolves when nothing is being written any more. Throws what became of the last pieces. */
  done(): Promise<void> {
    return this.#writing;
  }
}

async function* bodyOf(request: Request): AsyncGenerator<Uint8Array> {
  if (request.body === null) return;
  const reader = request.body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        throw cutOff(errorText(error));
      });
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** Lets a body pass by unread, for an answer that its sender is to see; at most so many bytes of it. */
export async function passBy(request: Request, mostBytes = Number.POSITIVE_INFINITY): Promise<void> {
  let bytes = 0;
  for await (const piece of bodyOf(request)) {
    bytes += piece.length;
    if (bytes > mostBytes) return;
  }
}

/** A short text that was sent. Throws `bad-request` when it was cut off; `undefined` when it is longer. */
export async function receiveText(request: Request, mostBytes: number): Promise<string | undefined> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of bodyOf(request)) {
    bytes += piece.length;
    if (bytes <= mostBytes) pieces.push(piece);
  }
  if (!isWhole(request, bytes)) throw cutOff();
  return bytes > mostBytes ? undefined : new TextDecoder().decode(Buffer.concat(pieces));
}
