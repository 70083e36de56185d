import { join } from "node:path";
import type { Files } from "../platform/files.ts";
import { removeWork, WORK_FOLDER } from "./work-folder.ts";

const DATE = /^\d{4}-\d{2}-\d{2}$/;

/**
 * Removes unfinished work of days that there is nothing left to convert of: their footage was deleted, or a kill came right
 * after their films had taken its place.
 * @param storage the current storage's folder
 * @param isNeeded whether a day, by the id that its folder has, may still be converted
 */
export async function removeLeftovers(
  files: Files,
  storage: string,
  channels: readonly string[],
  isNeeded: (channel: string, date: string) => boolean,
): Promise<void> {
  for (const channel of channels) {
    for (const { name, kind } of (await files.list(join(storage, channel))) ?? []) {
      if (kind !== "folder" || !DATE.test(name) || isNeeded(channel, name)) continue;
      const folder = join(storage, channel, name);
      if ((await files.stat(join(folder, WORK_FOLDER))) !== undefined) await removeWork(files, folder);
    }
  }
}
