import { dirname, join } from "node:path";
import type { IndexDatabase } from "../../db/index/index-database.ts";
import { FILES_EXTENSION, type RecordingRow, type RunRow } from "../../db/index/rows.ts";
import { roundedSeconds } from "../../media/m3u8.ts";
import { VIDEO_TIMESCALE } from "../../media/parameters.ts";
import { outlineOf } from "../../media/segment-outline.ts";
import type { Segment } from "../../media/segment-list.ts";
import type { RunEnd } from "../../media/reasons.ts";
import { ticksToMs } from "../../media/ticks.ts";
import type { Files } from "../../platform/files.ts";
import { fileTimeOf, localDateOf } from "../../platform/zone.ts";
import { newId } from "../ids.ts";
import {
  type JournalEntry,
  journalEnd,
  journalEntry,
  journalFiles,
  journalHead,
  type JournalHead,
  journalSynced,
} from "../journal/journal.ts";
import { journalPathOf } from "../write/recording-paths.ts";
import { PARTS_PREFIX } from "./part-paths.ts";

export type AdoptDeps = {
  files: Files;
  index: IndexDatabase;
  /** The storage root that the journals are written to. */
  root: { id: string; path: string };
};

/** The channel that footage is adopted for, and the time zone of its days. */
export type AdoptingChannel = { id: string; zone: string };

/** A segment that is to be; its media time counts from `channelTicks`, in 90,000ths of a second. */
export type AdoptedEntry = Omit<JournalEntry, "ordinal"> & { channelTicks: number };

/** How runs of adopted footage ended: nobody is recording them. */
export const ADOPTED_END: RunEnd = { reason: "stopped", detail: "adopted from another tool" };
/** In front of the names of recordings whose segments are whole files. */
const PREFIX = "adopted-";
const FIRST_VERSION = 1;

/** When a segment's last picture ends, ms UTC. */
export const adoptedEndMs = ({
  startMs,
  durationTicks,
}: Pick<Segment, "startMs" | "durationTicks">): number =>
  startMs + Math.round(ticksToMs(durationTicks, VIDEO_TIMESCALE));

/** A path below the root that no recording has. */
function freePath(
  { index, root }: AdoptDeps,
  { id, zone }: AdoptingChannel,
  { startMs, offsetBytes }: Pick<Segment, "startMs" | "offsetBytes">,
): string {
  const stem = `${id}/${localDateOf(startMs, zone)}/${offsetBytes > 0 ? PARTS_PREFIX : PREFIX}${fileTimeOf(startMs, zone)}`;
  for (let count = 1; ; count += 1) {
    const path = `${stem}${count === 1 ? "" : `-${count}`}${FILES_EXTENSION}`;
    // A journal without a row is one whose adoption was interrupted: it is written anew.
    if (index.rowAt(root.id, path) === undefined) return path;
  }
}

/**
 * Writes a recording of files that were adopted: its journal, durably, and then its rows. The run gets its row with its
 * first recording, and ends with its last one so far.
 */
export async function recordAdopted(
  deps: AdoptDeps,
  channel: AdoptingChannel,
  run: RunRow,
  timed: readonly AdoptedEntry[],
): Promise<void> {
  const { files, index, root } = deps;
  const [first, last] = [timed[0], timed.at(-1)];
  if (!first || !last) return;
  const zeroTicks = first.channelTicks;
  const entries = timed.map(({ channelTicks, mediaTicks, ...entry }, ordinal): JournalEntry => ({
    ...entry,
    ordinal,
    mediaTicks: channelTicks - zeroTicks + mediaTicks,
  }));
  const segments = entries.map(
    ({ crc32: _crc32, sourceTicks: _sourceTicks, ...segment }): Segment => segment,
  );
  const endMs = adoptedEndMs(last);
  const counter = index.counter(channel.id);
  // Older footage than the newest has no stored numbers: they are given in the order of what is recorded.
  const isNewest = first.startMs >= (counter?.newestEndMs ?? Number.NEGATIVE_INFINITY);
  const firstMediaSequence = isNewest ? (counter?.nextMediaSequence ?? 0) : 0;
  const path = freePath(deps, channel, first);
  const { channel: _channel, endMs: _endMs, endReason: _reason, endDetail: _detail, ...journalRun } = run;
  const head: JournalHead = {
    recording: newId(),
    channel: channel.id,
    root: root.id,
    file: path.slice(path.lastIndexOf("/") + 1),
    baseOffsetBytes: 0,
    firstMediaSequence,
    discontinuitySequence: counter?.discontinuitySequence ?? 0,
    baseTicks: { video: zeroTicks },
    zone: channel.zone,
    replaces: [],
    gaps: [],
    run: journalRun,
  };
  const longestSeconds = roundedSeconds(outlineOf(segments)?.longestTicks ?? 0);
  const text = [
    journalHead(head, longestSeconds),
    ...entries.map((entry) => journalEntry(head, entry)),
    journalFiles(entries.length, FIRST_VERSION),
    journalSynced(entries.length),
    journalEnd(ADOPTED_END),
  ].join("");
  const mediaPath = join(root.path, path);
  const made = await files.makeFolder(dirname(mediaPath));
  for (const folder of made.toReversed()) await files.syncFolder(dirname(folder));
  await files.writeWhole(journalPathOf(mediaPath), new TextEncoder().encode(text));
  await files.syncFolder(dirname(mediaPath));
  const row: RecordingRow = {
    id: head.recording,
    channel: channel.id,
    root: root.id,
    path,
    run: run.id,
    baseOffsetBytes: 0,
    startMs: first.startMs,
    endMs,
    firstMediaSequence,
    discontinuitySequence: head.discontinuitySequence,
    baseTicks: zeroTicks,
    zone: head.zone,
    sizeBytes: segments.reduce((sum, { videoBytes }) => sum + videoBytes, 0),
    segmentCount: segments.length,
    state: "closed",
    garbageMs: null,
    version: FIRST_VERSION,
  };
  run.endMs = endMs;
  index.transaction(() => {
    if (index.run(run.id) === undefined) index.insertRun(run);
    else index.updateRun(run.id, { endMs });
    index.insertRecording(row, segments);
    index.setCounter({
      channel: row.channel,
      nextMediaSequence: isNewest ? firstMediaSequence + segments.length : (counter?.nextMediaSequence ?? 0),
      discontinuitySequence: head.discontinuitySequence,
      timeline: run.timeline,
      nextTicks: counter?.nextTicks ?? 0,
      newestEndMs: Math.max(endMs, counter?.newestEndMs ?? Number.NEGATIVE_INFINITY),
    });
    index.raiseTargetDuration(row.channel, longestSeconds);
  });
}
