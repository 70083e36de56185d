import { join } from "node:path";
import type { FolderDay } from "../archive/aged/aged-day.ts";
import { errorText } from "../platform/errors.ts";
import type { Files } from "../platform/files.ts";
import { logOf } from "../platform/log.ts";
import { removeWork, WORK_FOLDER } from "./work-folder.ts";

const log = logOf("ageing");

const DATE = /^\d{4}-\d{2}-\d{2}$/;

/**
 * Removes unfinished work of days that there is nothing left to convert of: their footage was deleted, or a kill came right
 * after their films had taken its place. A storage that can't be read now is left for the next time.
 * @param roots all storages that are there, also those that nothing is recorded to any more
 * @param isNeeded whether a day, by the id that its folder has, may still be converted
 */
export async function removeLeftovers(
  files: Files,
  roots: readonly { id: string; path: string }[],
  channels: readonly string[],
  isNeeded: (day: FolderDay) => boolean,
): Promise<void> {
  for (const { id, path } of roots) {
    try {
      for (const channel of channels)
        await removeOf(files, { channel, root: id }, join(path, channel), isNeeded);
    } catch (error) {
      log.warn("Unfinished work at {path} can't be cleared up: {error}", { path, error: errorText(error) });
    }
  }
}

async function removeOf(
  files: Files,
  of: Pick<FolderDay, "channel" | "root">,
  channelFolder: string,
  isNeeded: (day: FolderDay) => boolean,
): Promise<void> {
  for (const { name, kind } of (await files.list(channelFolder)) ?? []) {
    if (kind !== "folder" || !DATE.test(name) || isNeeded({ ...of, date: name })) continue;
    const folder = join(channelFolder, name);
    if ((await files.stat(join(folder, WORK_FOLDER))) !== undefined) await removeWork(files, folder);
  }
}
