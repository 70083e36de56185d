import { dirname, join } from "node:path";
import type { IndexDatabase } from "../../db/index/index-database.ts";
import { hasOwnFiles, isAged, type CounterRow, type RecordingRow, type RunRow } from "../../db/index/rows.ts";
import { VIDEO_TIMESCALE } from "../../media/parameters.ts";
import type { RunEnd } from "../../media/reasons.ts";
import { convertTicks, ticksToMs } from "../../media/ticks.ts";
import { errorText } from "../../platform/errors.ts";
import type { Files } from "../../platform/files.ts";
import { logOf } from "../../platform/log.ts";
import { journalGaps, journalSegments, type JournalGap } from "../journal/journal.ts";
import { journalPathOf } from "./recording-paths.ts";
import { examine, seal, type Recovered } from "./recover-recording.ts";
import { inheritLocks } from "../keep/inherited-locks.ts";
import type { ArchiveSettings } from "../settings.ts";
import type { Roots } from "../roots/root.ts";

const log = logOf("archive");
const INTERRUPTED: RunEnd = { reason: "interrupted", detail: "" };

export type RecoveryReport = {
  /** Recordings that were open and are closed now. */
  closed: number;
  /** Recordings of which nothing was left. */
  dropped: number;
  /** Recordings whose end had to be cut off. */
  torn: number;
  /** Channels whose counters changed. */
  channels: string[];
};

type Deps = { files: Files; index: IndexDatabase; roots: Roots; settings: ArchiveSettings };

const endMsOf = ({ journal, row }: Recovered): number => {
  const last = journalSegments(journal).at(-1);
  return last ? last.startMs + ticksToMs(last.durationTicks, journal.head.run.videoTimescale) : row.startMs;
};

/** Whether its segments have the numbers that capture gave them: those of files and films say nothing of what follows. */
const isNumbered = (row: RecordingRow): boolean => !hasOwnFiles(row) && !isAged(row);

/**
 * The recording that was captured last. Segments that are files of their own have their place in media time by the wall
 * clock, and numbers in the order in which they came: nothing follows from them for what is captured.
 */
function newestCaptured(index: IndexDatabase, channel: string): RecordingRow | undefined {
  let row = index.newestRow(channel);
  while (row && !isNumbered(row)) row = index.newestRow(channel, row.firstMediaSequence);
  return row;
}

/** Counters that go on behind everything that was listed; media time behind what is there. */
function countersBehind(
  index: IndexDatabase,
  channel: string,
  recovered: readonly Recovered[],
): CounterRow | undefined {
  const before = index.counter(channel);
  const row = newestCaptured(index, channel);
  const last = row && index.recording(row.id)?.segments.at(-1);
  const run = row && index.run(row.run);
  if (!row || !last || !run) return before;
  const endTicks = row.baseTicks + last.mediaTicks + last.durationTicks;
  const isNewest = index.newestRow(channel)?.id === row.id;
  const heads = recovered.map(({ journal }) => journal.head);
  return {
    channel,
    nextMediaSequence: Math.max(before?.nextMediaSequence ?? 0, row.firstMediaSequence + last.ordinal + 1),
    discontinuitySequence: Math.max(
      before?.discontinuitySequence ?? 0,
      row.discontinuitySequence,
      ...heads.map((head) => head.discontinuitySequence),
    ),
    timeline: Math.max(before?.timeline ?? 0, run.timeline, ...heads.map((head) => head.run.timeline)),
    nextTicks: convertTicks(endTicks, run.videoTimescale, VIDEO_TIMESCALE),
    newestEndMs: isNewest ? row.endMs : Math.max(before?.newestEndMs ?? 0, row.endMs),
  };
}

/**
 * The span between what is left of the recording before and this one, when segments between them are lost: as it
 * is written into a journal, before any re-dating.
 */
function lostBefore(index: IndexDatabase, { row, journal }: Recovered): JournalGap | undefined {
  const previous = index.newestRow(row.channel, row.firstMediaSequence);
  if (previous && !isNumbered(previous)) return undefined;
  const last = previous && index.recording(previous.id)?.segments.at(-1);
  if (!previous || !last || previous.firstMediaSequence + last.ordinal + 1 >= row.firstMediaSequence)
    return undefined;
  const [firstGap] = journalGaps(journal);
  const startMs = previous.endMs;
  const endMs = firstGap?.startMs ?? journalSegments(journal)[0]!.startMs;
  if (endMs <= startMs) return undefined;
  const shiftMs = journal.redatedMs ?? 0;
  const isFirst = journal.head.gaps.length === 0;
  return {
    startMs: startMs - (isFirst ? journal.gapsRedatedMs : shiftMs),
    endMs: endMs - shiftMs,
    ...INTERRUPTED,
  };
}

/** Nothing of this one is left: what lies there of it goes, then the row. */
async function drop(
  { files, index }: Deps,
  row: RecordingRow,
  mediaPath: string,
  isForeign: boolean,
): Promise<void> {
  if (!isForeign) {
    for (const path of [journalPathOf(mediaPath), mediaPath])
      if (await files.stat(path)) await files.unlink(path);
    if (await files.stat(dirname(mediaPath))) await files.syncFolder(dirname(mediaPath));
  }
  index.transaction(() => {
    index.deleteRecording(row.id);
    index.deleteRun(row.run);
  });
}

async function closeRow(deps: Deps, recovered: Recovered, end: RunEnd | undefined): Promise<void> {
  const { index } = deps;
  const { row, journal, sizeBytes } = recovered;
  const segments = journalSegments(journal);
  const endMs = endMsOf(recovered);
  const locks = await inheritLocks(deps, { ...row, endMs, sizeBytes });
  index.transaction(() => {
    index.updateRecording(
      row.id,
      { state: "closed", startMs: segments[0]!.startMs, endMs, sizeBytes },
      segments,
    );
    index.replaceGaps(
      row.id,
      journalGaps(journal).map((gap) => ({ ...gap, channel: row.channel, recording: row.id })),
    );
    if (locks.length > 0) index.replaceLocks(row.id, locks);
    if (end) index.updateRun(row.run, { endMs, endReason: end.reason, endDetail: end.detail });
  });
}

/** The end of a run that nobody could write down, when its last recording was found. */
function endOf(run: RunRow | undefined, recovered: Recovered): RunEnd {
  if (recovered.journal.end) return recovered.journal.end;
  return run?.endReason ? { reason: run.endReason, detail: run.endDetail ?? "" } : INTERRUPTED;
}

/**
 * Closes what was being written when the program was killed, the power failed, or a storage went away: all open
 * recordings of the roots that are there, but for those in `isOpen`. A torn one keeps its whole segments; one
 * without any is dropped. What can't be read now stays open for the next time.
 */
export async function recover(
  deps: Deps,
  isOpen: (recordingId: string) => boolean,
  isRunning: (runId: string) => boolean,
): Promise<RecoveryReport> {
  const { files, index, roots } = deps;
  const report: RecoveryReport = { closed: 0, dropped: 0, torn: 0, channels: [] };
  const found = new Map<string, Recovered[]>();
  const rows = index.rowsInState("open").sort((a, b) => a.firstMediaSequence - b.firstMediaSequence);
  for (const row of rows) {
    const root = roots.pathOf(row.root);
    if (isOpen(row.id) || root === undefined) continue;
    const mediaPath = join(root, row.path);
    try {
      const recovered = await examine(files, row, mediaPath);
      const ofChannel = found.get(row.channel) ?? [];
      found.set(row.channel, ofChannel);
      if (typeof recovered === "string") {
        await drop(deps, row, mediaPath, recovered === "foreign");
        report.dropped += 1;
        continue;
      }
      await close(deps, recovered, isRunning);
      ofChannel.push(recovered);
      report.closed += 1;
      if (recovered.wasTorn) report.torn += 1;
    } catch (error) {
      log.error("{path} could not be recovered: {text}", { path: mediaPath, text: errorText(error) });
    }
  }
  endLostRuns(deps, isRunning);
  for (const [channel, recovered] of found) {
    const counter = countersBehind(index, channel, recovered);
    if (counter) index.setCounter(counter);
  }
  report.channels = [...found.keys()];
  if (report.closed + report.dropped > 0)
    log.info("recovered {closed} recordings ({torn} of them torn), dropped {dropped} empty ones", report);
  return report;
}

async function close(deps: Deps, recovered: Recovered, isRunning: (runId: string) => boolean): Promise<void> {
  const { files, index } = deps;
  const { row, journal } = recovered;
  const isLast = index.rowsOfRun(row.run).at(-1)?.id === row.id && !isRunning(row.run);
  const end = isLast ? endOf(index.run(row.run), recovered) : undefined;
  const gap = lostBefore(index, recovered);
  await seal(files, recovered, { gap, end });
  if (gap) journal.head.gaps.push(gap);
  await closeRow(deps, recovered, end);
}

/** Runs whose last recording was closed, but that never got an end. */
function endLostRuns({ index }: Deps, isRunning: (runId: string) => boolean): void {
  for (const run of index.unendedRuns()) {
    if (isRunning(run.id)) continue;
    const rows = index.rowsOfRun(run.id);
    const last = rows.at(-1);
    if (rows.some((row) => row.state === "open")) continue;
    if (last) index.updateRun(run.id, { endMs: last.endMs, endReason: INTERRUPTED.reason, endDetail: "" });
    else index.deleteRun(run.id);
  }
}
