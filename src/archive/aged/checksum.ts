import { createHash } from "node:crypto";
import type { Files } from "../../platform/files.ts";

/** Read at once, in bytes. */
const CHUNK_BYTES = 4 << 20;

/** SHA-512 of a file, hex, as it is read from the disk. `onRead` is told of each piece and may make it wait. */
export async function sha512Of(
  files: Pick<Files, "readRange">,
  path: string,
  { signal, onRead }: { signal?: AbortSignal; onRead?: (bytes: number) => Promise<void> } = {},
): Promise<string> {
  const hash = createHash("sha512");
  for (let at = 0; ;) {
    signal?.throwIfAborted();
    const bytes = await files.readRange(path, at, CHUNK_BYTES);
    hash.update(bytes);
    at += bytes.length;
    if (bytes.length < CHUNK_BYTES) return hash.digest("hex");
    await onRead?.(bytes.length);
  }
}
