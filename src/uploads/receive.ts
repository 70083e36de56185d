import { join } from "node:path";
import { errorText, NightjarError } from "../platform/errors.ts";
import type { Files } from "../platform/files.ts";
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
export type ReceivedFile = { path: string; sizeBytes: number; crc32: number; findings: Findings };

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

/**
 * Takes a request's body into a temporary file of the folder, a piece at a time, and makes it durable. Throws when it
 * was cut off (`bad-request`), the disk did not take it (system errors), or `check` does, which is called for each piece:
 * a body without an end must not take the room of all others. Nothing is left behind then.
 */
export async function receiveFile(
  request: Request,
  options: { folder: string; extension: MediaExtension; files: Files; check: () => void },
): Promise<ReceivedFile> {
  const { folder, extension, files, check } = options;
  const path = arrivingPath(folder);
  const probe = new PassingProbe(extension);
  const file = await files.create(path);
  try {
    try {
      let pieces: Uint8Array[] = [];
      let piecesBytes = 0;
      let writtenBytes = 0;
      const hand = async (): Promise<void> => {
        check();
        await file.write(pieces, writtenBytes);
        writtenBytes += piecesBytes;
        pieces.forEach(freeWhole);
        [pieces, piecesBytes] = [[], 0];
      };
      for await (const bytes of bodyOf(request)) {
        probe.push(bytes);
        pieces.push(bytes);
        piecesBytes += bytes.length;
        if (piecesBytes >= WRITE_BYTES) await hand();
      }
      await hand();
      if (!isWhole(request, probe.sizeBytes)) throw cutOff();
      await file.datasync();
    } finally {
      await file.close();
    }
    return { path, sizeBytes: probe.sizeBytes, crc32: probe.crc32, findings: await probe.findings(path) };
  } catch (error) {
    await files.unlink(path).catch(() => undefined);
    throw error;
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
