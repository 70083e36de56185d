import type { Databases } from "../database-pair.ts";
import type { Deleter } from "../keep/deletion.ts";

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
};

export function remainsOf({ index, state }: Databases, channel: string, isConfigured: boolean): Remains {
  const totals = index.totals().find((total) => total.channel.toLowerCase() === channel.toLowerCase());
  const known = state.channels().find(({ id }) => id.toLowerCase() === channel.toLowerCase());
  const id = totals?.channel ?? known?.id ?? channel;
  return {
    channel: id,
    isConfigured,
    isKnown: known !== undefined,
    recordings: totals?.recordings ?? 0,
    sizeBytes: totals?.sizeBytes ?? 0,
    startMs: totals?.startMs,
    endMs: totals?.endMs,
    lockedRecordings: new Set(index.locks(id).map(({ recording }) => recording)).size,
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
