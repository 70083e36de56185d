import { join } from "node:path";
import type { Files } from "../../platform/files.ts";

/** Ids of channels, as folders are named. */
const CHANNEL_FOLDER = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
const DAY_FOLDER = /^\d{4}-\d{2}-\d{2}$/;
const MEDIA_FILE = /\.(mp4|ts)$/;

/** What lies in one day's folder of a channel: plain file names, in order. */
export type DayFolder = {
  channel: string;
  date: string;
  /** Path below the root, with `/`. */
  path: string;
  journals: string[];
  media: string[];
};

/** Names of the folders below a root that are named as channels are, in order. */
export const channelFolders = (files: Files, rootPath: string): Promise<string[]> =>
  foldersIn(files, rootPath, CHANNEL_FOLDER);

async function foldersIn(files: Files, path: string, pattern: RegExp): Promise<string[]> {
  return ((await files.list(path)) ?? [])
    .filter(({ name, kind }) => kind === "folder" && pattern.test(name))
    .map(({ name }) => name)
    .sort();
}

/** Every day's folder below a root, by channel and date; folders that are not ours by their names are passed by. */
export async function* dayFolders(files: Files, rootPath: string): AsyncGenerator<DayFolder> {
  for (const channel of await channelFolders(files, rootPath)) {
    for (const date of await foldersIn(files, join(rootPath, channel), DAY_FOLDER)) {
      const path = `${channel}/${date}`;
      const names = ((await files.list(join(rootPath, path))) ?? [])
        .filter(({ kind }) => kind === "file")
        .map(({ name }) => name)
        .sort();
      yield {
        channel,
        date,
        path,
        journals: names.filter((name) => name.endsWith(".m3u8") && !name.startsWith(".")),
        media: names.filter((name) => MEDIA_FILE.test(name) && !name.startsWith(".")),
      };
    }
  }
}
