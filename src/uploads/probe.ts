import { open, stat } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { readMp4File } from "../media/kept/mp4-file.ts";
import type { MediaFacts } from "../media/media-facts.ts";
import { TsProbe } from "../media/ts/ts-facts.ts";
import { NightjarError } from "../platform/errors.ts";
import type { MediaExtension } from "./file-names.ts";

/** What a file says of itself, or why it can't be a segment, in a sentence for people. */
export type Findings = { facts: MediaFacts } | { unreadable: string };

const READ_BYTES = 512 * 1024;

/** Errors of the disk are no findings: they pass on. */
function unreadableBy(error: unknown): { unreadable: string } {
  if (error instanceof NightjarError && error.kind === "unprocessable") return { unreadable: error.message };
  throw error;
}

async function mp4Findings(path: string, sizeBytes: number): Promise<Findings> {
  const file = await open(path, "r");
  try {
    const read = async (offsetBytes: number, lengthBytes: number): Promise<Uint8Array> => {
      const bytes = new Uint8Array(Math.max(0, Math.min(lengthBytes, sizeBytes - offsetBytes)));
      let filled = 0;
      while (filled < bytes.length) {
        const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, offsetBytes + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return bytes.subarray(0, filled);
    };
    const { facts } = await readMp4File(read, sizeBytes);
    return { facts };
  } catch (error) {
    return unreadableBy(error);
  } finally {
    await file.close();
  }
}

/** Looks at a file's bytes as they pass by: what it is, how many there are, and their checksum. */
export class PassingProbe {
  readonly #extension: MediaExtension;
  readonly #ts: TsProbe | undefined;
  #unreadable: string | undefined;
  #sizeBytes = 0;
  #crc32 = 0;

  constructor(extension: MediaExtension) {
    this.#extension = extension;
    this.#ts = extension === "ts" ? new TsProbe() : undefined;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  get crc32(): number {
    return this.#crc32;
  }

  /** Nothing that follows can make it readable. */
  get isHopeless(): boolean {
    return this.#unreadable !== undefined;
  }

  push(bytes: Uint8Array): void {
    this.#sizeBytes += bytes.length;
    this.#crc32 = crc32(bytes, this.#crc32);
    if (this.#unreadable !== undefined) return;
    try {
      this.#ts?.push(bytes);
    } catch (error) {
      this.#unreadable = unreadableBy(error).unreadable;
    }
  }

  /** To be asked when all bytes have passed and lie at `path`. Throws errors of the disk. */
  async findings(path: string): Promise<Findings> {
    if (this.#unreadable !== undefined) return { unreadable: this.#unreadable };
    if (this.#sizeBytes === 0) return { unreadable: "the file is empty" };
    if (this.#extension === "mp4") return mp4Findings(path, this.#sizeBytes);
    try {
      return { facts: (this.#ts ?? new TsProbe()).facts() };
    } catch (error) {
      return unreadableBy(error);
    }
  }
}

/**
 * Hands all bytes of a file on, a piece at a time, until `take` says that it is enough; each piece is good until the
 * next. Throws errors of the disk.
 */
async function readThrough(path: string, take: (bytes: Uint8Array) => boolean): Promise<void> {
  const file = await open(path, "r");
  try {
    const bytes = new Uint8Array(READ_BYTES);
    for (let at = 0; ;) {
      const { bytesRead } = await file.read(bytes, 0, bytes.length, at);
      if (bytesRead === 0 || take(bytes.subarray(0, bytesRead))) return;
      at += bytesRead;
    }
  } finally {
    await file.close();
  }
}

/** CRC-32 of a file. Throws errors of the disk. */
export async function checksumOf(path: string): Promise<number> {
  let crc = 0;
  await readThrough(path, (bytes) => {
    crc = crc32(bytes, crc);
    return false;
  });
  return crc;
}

/** A file on the disk, read to its end where it is media; else its size and checksum are those of some of it. */
export type ProbedFile = { sizeBytes: number; crc32: number; findings: Findings };

/**
 * Reads a file and says what it is: all of it, unless it shows before that it is no media. Throws errors of the disk, and
 * the reason of the signal.
 */
export async function probeFile(
  path: string,
  extension: MediaExtension,
  signal?: AbortSignal,
): Promise<ProbedFile> {
  if (extension === "mp4") {
    const sizeBytes = (await stat(path)).size;
    const findings = sizeBytes > 0 ? await mp4Findings(path, sizeBytes) : undefined;
    if (findings && "unreadable" in findings) return { sizeBytes, crc32: 0, findings };
  }
  const probe = new PassingProbe(extension);
  await readThrough(path, (bytes) => {
    signal?.throwIfAborted();
    probe.push(bytes);
    return probe.isHopeless;
  });
  return { sizeBytes: probe.sizeBytes, crc32: probe.crc32, findings: await probe.findings(path) };
}
