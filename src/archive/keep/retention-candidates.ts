import type { IndexDatabase } from "../../db/index/index-database.ts";
import { hasOwnFiles, type RecordingRow, type RunRow } from "../../db/index/rows.ts";
import { MIN_STEP_MS } from "../../platform/clock-watch.ts";
import type { Clock } from "../../platform/clock.ts";
import { hasForeignFiles } from "../files/file-paths.ts";
import { spanOf, unitsOf } from "./units.ts";
import { redateDeltaMs } from "../write/redate.ts";
import type { Candidate, ChannelLimits } from "./retention-plan.ts";
import type { ArchiveChannel } from "../settings.ts";

/** Unlocked recordings of each channel that one plan looks at. */
const WINDOW = 64;

/** A channel whose limits hold for some footage, under its own and former ids. */
export type LimitedChannel = ChannelLimits & { id: string };

/** Finds the limits that hold for footage by the channel id that is written on it. */
export function limitsFrom(
  channels: readonly ArchiveChannel[],
  zoneOfOthers: string,
): (channel: string) => LimitedChannel {
  const byId = new Map<string, LimitedChannel>();
  for (const { id, keep, zone, was } of channels)
    for (const name of [id, ...was]) byId.set(name.toLowerCase(), { id, keep, zone });
  return (channel) => byId.get(channel.toLowerCase()) ?? { id: channel, keep: {}, zone: zoneOfOthers };
}

/** A film that may go as a whole, by the id that its channel is stored under. */
export type FilmSize = { root: string; channel: string; sizeBytes: number };

export type Candidates = {
  /** Oldest first. Their `channel` is the one whose limits hold. A film is one, under the id of its first recording. */
  list: Candidate[];
  /** Films among them. */
  films: FilmSize[];
  /** The list is complete up to here, ms UTC. */
  untilMs: number;
};

/**
 * Runs of this boot whose times may be wrong: dated by a clock that nothing vouched for. Once it is trusted, only
 * those that differ from it; a run that began before may go on for weeks.
 */
export function unsureRunIds(
  index: IndexDatabase,
  clock: Pick<Clock, "bootId" | "nowMs" | "bootMs">,
  isTrusted: boolean,
): ReadonlySet<string> {
  const now = { nowMs: clock.nowMs(), bootMs: clock.bootMs() };
  const isOff = (run: RunRow) => Math.abs(redateDeltaMs(run, now)) > MIN_STEP_MS;
  const unsure = index.unsureRuns(clock.bootId).filter((run) => !isTrusted || isOff(run));
  return new Set(unsure.map(({ id }) => id));
}

/** The oldest closed recordings and films of each channel, as far as their storage is there. */
export function oldestCandidates(
  index: IndexDatabase,
  unsure: ReadonlySet<string>,
  presentRoots: readonly string[],
  limitsOf: (channel: string) => LimitedChannel,
): Candidates {
  const locked = index.lockedIds();
  const list: Candidate[] = [];
  const films: FilmSize[] = [];
  let untilMs = Infinity;
  for (const { channel } of index.counters()) {
    const limit = WINDOW + locked.size;
    const rows = index.oldestRows(limit, channel, presentRoots);
    if (rows.length === limit) untilMs = Math.min(untilMs, rows.at(-1)!.startMs);
    for (const unit of unitsOf(index, rows)) {
      const [row] = unit;
      if (!row) continue;
      const { id, root, run } = row;
      const sizeBytes = unit.reduce((sum, each) => sum + each.sizeBytes, 0);
      if (unit.length > 1) films.push({ root, channel, sizeBytes });
      list.push({
        id,
        channel: limitsOf(channel).id,
        root,
        ...spanOf(unit),
        sizeBytes,
        isLocked: unit.some((each) => locked.has(each.id)),
        isUnsure: unsure.has(run),
        isElsewhere: liesElsewhere(index, row),
      });
    }
  }
  list.sort((a, b) => a.startMs - b.startMs || (a.id < b.id ? -1 : 1));
  return { list, films, untilMs };
}

const liesElsewhere = (index: IndexDatabase, row: RecordingRow): boolean =>
  hasOwnFiles(row) && hasForeignFiles(index.recording(row.id)?.segments.slice(0, 1) ?? []);

export type Sizes = {
  /** Closed bytes on the roots that are there, by the channel whose limits hold. */
  channelBytes: Map<string, number>;
  /** One recording or film of each channel on a root, the largest: what making room may take in any case. */
  graceBytes: (root: string) => number;
};

export function measuredSizes(
  index: IndexDatabase,
  presentRoots: readonly string[],
  limitsOf: (channel: string) => LimitedChannel,
  films: readonly FilmSize[],
): Sizes {
  const channelBytes = new Map<string, number>();
  const grace = new Map<string, number>();
  for (const { root, channel, sizeBytes, largestBytes } of index.sizes()) {
    if (!presentRoots.includes(root)) continue;
    const { id } = limitsOf(channel);
    channelBytes.set(id, (channelBytes.get(id) ?? 0) + sizeBytes);
    const ofChannel = films.filter((film) => film.root === root && film.channel === channel);
    const largest = Math.max(largestBytes, ...ofChannel.map((film) => film.sizeBytes));
    grace.set(root, (grace.get(root) ?? 0) + largest);
  }
  return { channelBytes, graceBytes: (root) => grace.get(root) ?? 0 };
}
