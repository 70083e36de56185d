import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open, realpath, rename, stat, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { systemErrorCode } from "./errors.ts";

const isMissing = (error: unknown): boolean => systemErrorCode(error) === "ENOENT";

/** The file behind symbolic links; the path itself where there is none. */
async function targetOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (isMissing(error)) return path;
    throw error;
  }
}

/** Gives a file the owner, the group and the rights of another one. */
async function takeOver(handle: FileHandle, path: string): Promise<void> {
  const [old, made] = await Promise.all([stat(path), handle.stat()]);
  if (old.uid !== made.uid || old.gid !== made.gid) await handle.chown(old.uid, old.gid);
  await handle.chmod(old.mode & 0o7777);
}

/**
 * Puts a text in a file's place, in one step and durably: before it resolves the old text is there, after it the new
 * one. Symbolic links are followed; owner, group and rights stay. A file that is not there yet is made for its owner
 * alone (0600).
 * @param isStillWanted asked right before the step; when it says no, nothing is changed
 * @returns whether it was done. Rejects with the system's error; nothing is changed then.
 */
export async function replaceFile(
  path: string,
  text: string,
  isStillWanted: () => Promise<boolean> = async () => true,
): Promise<boolean> {
  const target = await targetOf(path);
  const temporary = join(dirname(target), `.${basename(target)}.${randomUUID()}.tmp`);
  const handle = await open(temporary, "wx", 0o600);
  try {
    try {
      await takeOver(handle, target).catch((error: unknown) => {
        if (!isMissing(error)) throw error;
      });
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (!(await isStillWanted())) {
      await unlink(temporary);
      return false;
    }
    await rename(temporary, target);
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw error;
  }
  const folder = await open(dirname(target), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
  return true;
}
