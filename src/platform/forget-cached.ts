import { open } from "node:fs/promises";
import { libc } from "./libc.ts";

/** fcntl.h: what is cached of the file will not be needed. */
const POSIX_FADV_DONTNEED = 4;

const load = () =>
  libc({ posix_fadvise: { args: ["int", "i64", "i64", "int"], returns: "int" } })?.posix_fadvise;
let advise: ReturnType<typeof load> | "unasked" = "unasked";

/**
 * Asks the system to forget what it has in memory of a file that is synced, so that reading it reads the disk. Where it
 * can't, reading gives what is in memory.
 */
export async function forgetCached(path: string): Promise<void> {
  if (advise === "unasked") advise = load();
  if (!advise) return;
  const file = await open(path, "r");
  try {
    advise(file.fd, 0n, 0n, POSIX_FADV_DONTNEED);
  } finally {
    await file.close();
  }
}
