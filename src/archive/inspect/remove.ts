import type { Databases } from "../database-pair.ts";
import { deleteClip, type ClipDeletionDeps } from "../keep/clip-deletion.ts";
import type { Deleter } from "../keep/deletion.ts";
import { errorText } from "../../platform/errors.ts";

/** What is left of a channel, and so what would go with it. */
export type Remains = {
  channel: string;
  isConfigured: boolean;
  /** Whether the state database knows it. */
  isKnown: boolean;
  recordings: number;
  sizeBytes: number;
  startMs: number | undefined;
  endMs: number | undefined;
  lockedRecordings: number;
  /** Timelapses, moments and clips that were made here of it. */
  clips: number;
  clipBytes: number;
};

export function remainsOf({ index, state }: Databases, channel: string, isConfigured: boolean): Remains {
  const totals = index.totals().find((total) => total.channel.toLowerCase() === channel.toLowerCase());
  const known = state.channels().find(({ id }) => id.toLowerCase() === channel.toLowerCase());
  const ofClips = state.clips.sizes().filter((each) => each.channel.toLowerCase() === channel.toLowerCase());
  const id = totals?.channel ?? known?.id ?? ofClips[0]?.channel ?? channel;
  return {
    channel: id,
    isConfigured,
    isKnown: known !== undefined,
    recordings: totals?.recordings ?? 0,
    sizeBytes: totals?.sizeBytes ?? 0,
    startMs: totals?.startMs,
    endMs: totals?.endMs,
    lockedRecordings: [...index.lockedIds()].filter((each) => index.recording(each)?.channel === id).length,
    clips: ofClips.reduce((sum, { clips }) => sum + clips, 0),
    clipBytes: ofClips.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  };
}

export type Removed = {
  recordings: number;
  sizeBytes: number;
  /** Closed recordings that stay: locked, on a storage that is not there, or not to be deleted. */
  left: number;
  problems: string[];
};

const BATCH = 200;

/** Deletes all footage of a channel but what is locked or not there. */
export async function removeFootage(
  { index }: Pick<Databases, "index">,
  deleter: Deleter,
  channel: string,
  onProgress: (recordings: number) => void = () => {},
): Promise<Removed> {
  const removed: Removed = { recordings: 0, sizeBytes: 0, left: 0, problems: [] };
  for (let skip = 0; ;) {
    const rows = index.oldestRows(skip + BATCH, channel).slice(skip);
    if (rows.length === 0) break;
    const { ids, sizeBytes, problems } = await deleter.delete(rows.map(({ id }) => id));
    removed.recordings += ids.length;
    removed.sizeBytes += sizeBytes;
    removed.problems.push(...problems);
    skip += index
      .existing(rows.map(({ id }) => id))
      .filter((id) => index.recording(id)?.state === "closed").length;
    onProgress(removed.recordings);
  }
  removed.left = index.totals().find((total) => total.channel === channel)?.recordings ?? 0;
  return removed;
}

/** Deletes the films that were made of a channel; how many stay, as their storage is not there, and what went wrong. */
export async function removeClips(
  deps: Pick<ClipDeletionDeps, "files" | "roots"> & Pick<Databases, "state">,
  channel: string,
): Promise<{ clips: number; left: number; problems: string[] }> {
  const { files, roots, state } = deps;
  const removed = { clips: 0, left: 0, problems: [] as string[] };
  for (const row of state.clips.ofChannel(channel)) {
    try {
      const isGone = await deleteClip({ files, roots, clips: state.clips }, row);
      removed[isGone ? "clips" : "left"] += 1;
    } catch (error) {
      removed.left += 1;
      removed.problems.push(`${row.path}: ${errorText(error)}`);
    }
  }
  return removed;
}
