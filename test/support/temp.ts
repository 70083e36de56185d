import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder that is removed with everything in it: `await using folder = await tempFolder()`. */
export type TempFolder = AsyncDisposable & {
  readonly path: string;
  /** A path inside the folder. */
  file(...parts: string[]): string;
};

/** Makes an empty folder below the system's folder for temporary files. */
export async function tempFolder(prefix = "nightjar-test-"): Promise<TempFolder> {
  const path = await mkdtemp(join(tmpdir(), prefix));
  return {
    path,
    file: (...parts) => join(path, ...parts),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 5 }),
  };
}
