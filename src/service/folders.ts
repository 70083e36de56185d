import { chmod, chown, copyFile, mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isWithin, missingMountOf } from "../platform/mounts.ts";
import type { Account } from "./account.ts";

const INSTALLED_EXECUTABLE = "/usr/local/bin/nightjar";

/** Folders of people and of passing things: a service's program should not depend on them. */
const passingFolders = ["/home", "/root", "/tmp", "/var/tmp", "/dev/shm", "/run"];

/** Where the service's executable lies: where it is, unless that is a home or a temporary folder. */
export const servicePathOf = (executable: string): string =>
  passingFolders.some((folder) => isWithin(executable, folder)) ? INSTALLED_EXECUTABLE : executable;

/** Copies an executable in one step, also over one that runs. */
export async function copyExecutable(from: string, to: string): Promise<void> {
  const temporary = join(dirname(to), `.nightjar-${crypto.randomUUID()}.tmp`);
  try {
    await copyFile(from, temporary);
    await chmod(temporary, 0o755);
    await rename(temporary, to);
  } finally {
    await rm(temporary, { force: true });
  }
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ENOENT";

/**
 * Gives a folder to the service's user: one that is missing is made, one that is empty is handed over. A folder
 * with contents is left as it is. Answers what was done or what is to be done, in one sentence.
 */
export async function prepareFolder(
  path: string,
  user: string,
  account: Account,
): Promise<string | undefined> {
  const unmounted = missingMountOf(path);
  if (unmounted !== undefined) {
    return `Nothing is mounted at ${unmounted}; once it is: chown ${user}: ${path}`;
  }
  let owner: number;
  let names: string[];
  try {
    owner = (await stat(path)).uid;
    names = await readdir(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
    await mkdir(path, { recursive: true, mode: 0o750 });
    await chown(path, account.uid, account.gid);
    return `Made ${path} for the user ${user}.`;
  }
  if (owner === account.uid) return undefined;
  if (names.some((name) => name !== "lost+found")) {
    return `${path} belongs to another user; if ${user} can't write there: chown -R ${user}: ${path}`;
  }
  await chown(path, account.uid, account.gid);
  return `Gave ${path} to the user ${user}.`;
}
