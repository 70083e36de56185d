import { join } from "node:path";
import { channelFolders } from "../archive/inspect/footage-walk.ts";
import { readRootId } from "../archive/roots/root-file.ts";
import type { ClipTable } from "../db/state/clip-table.ts";
import type { Files } from "../platform/files.ts";
import { logOf } from "../platform/log.ts";
import { daySpanMs, localDateOf } from "../platform/zone.ts";
import { CLIPS_FOLDER, parseClipName, WORK_PREFIX } from "./clip-names.ts";

const log = logOf("clips");

export type ReconcileDeps = {
  files: Files;
  table: ClipTable;
  /** Time zone of a channel's days. */
  zoneOf: (channel: string) => string;
  /** Whether a path is that of a film that is being made now. */
  isBeingMade: (path: string) => boolean;
};

/**
 * Brings rows and files of a storage root together: removes what was left half made, forgets films whose files are gone,
 * and takes up those that have none (a power cut came between file and row, or the database was lost). Rejects with
 * errors of the disk, and stops where the root goes away.
 */
export async function reconcileClips(deps: ReconcileDeps, root: { id: string; path: string }): Promise<void> {
  const { files, table, zoneOf, isBeingMade } = deps;
  const rows = table.onRoot(root.id);
  const known = new Set(rows.map(({ path }) => path));
  const found = new Set<string>();
  for (const channel of await channelFolders(files, root.path)) {
    const folder = join(root.path, channel, CLIPS_FOLDER);
    const names = ((await files.list(folder)) ?? []).filter(({ kind }) => kind === "file");
    for (const { name } of names) {
      const path = join(folder, name);
      if (name.startsWith(WORK_PREFIX) && !isBeingMade(path)) await files.unlink(path);
      const below = `${channel}/${CLIPS_FOLDER}/${name}`;
      found.add(below);
      if (known.has(below) || isBeingMade(path)) continue;
      const zone = zoneOf(channel);
      const isDay = (startMs: number, endMs: number): boolean => {
        const day = daySpanMs(localDateOf(startMs, zone), zone);
        return day.startMs === startMs && day.endMs === endMs;
      };
      const clip = parseClipName(name, { id: channel, isDay });
      const stat = clip && (await files.stat(path));
      if (!clip || !stat) continue;
      const gif = `${below.slice(0, -".mp4".length)}.gif`;
      const gifStat = await files.stat(join(root.path, gif));
      table.add({
        ...clip,
        root: root.id,
        path: below,
        gifPath: gifStat ? gif : null,
        durationMs: 0,
        sizeBytes: stat.sizeBytes + (gifStat?.sizeBytes ?? 0),
        createdMs: stat.modifiedMs,
      });
      log.info("{path} was found and is listed again", { path: below });
    }
  }
  const missing = rows.filter(({ path }) => !found.has(path));
  if (missing.length === 0 || (await readRootId(files, root.path)) !== root.id) return;
  for (const row of missing) {
    if (await files.stat(join(root.path, row.path))) continue;
    table.delete(row.id);
    log.warn("{path} is gone and no longer listed", { path: row.path });
  }
}
