import { join } from "node:path";
import { z } from "zod";
import type { IndexDatabase } from "../../db/index/index-database.ts";
import type { GapRow, RecordingRow, RunRow } from "../../db/index/rows.ts";
import { ticksToMs } from "../../media/ticks.ts";
import { errorText } from "../../platform/errors.ts";
import type { Files } from "../../platform/files.ts";
import { logOf } from "../../platform/log.ts";
import { appendToJournal } from "../journal/append-journal.ts";
import { journalGaps, journalRedate, journalSegments, parseJournal } from "../journal/journal.ts";
import { journalPathOf } from "./recording-paths.ts";
import type { Roots } from "../roots/root.ts";

const log = logOf("archive");

/** Smaller differences are what reading two clocks one after the other makes. */
const MIN_SHIFT_MS = 100;
/** The plan is in the index before the first journal changes, and goes with the rows: a kill between is resumed. */
const PLAN_KEY = "redate";
/** Journals whose storage was not there, to be told later. */
const PENDING_KEY = "redate-pending";

/** The boot, and what its clock said when it was seen first or set last: wall time minus time since boot. */
const ORIGIN_KEY = "clock-origin";

type Deps = { files: Files; index: IndexDatabase; roots: Roots };

/** Runs and by how many milliseconds their footage is later than it was dated. */
export type RedatePlan = { id: string; deltaMs: number }[];

const planSchema = z.array(z.object({ id: z.string(), deltaMs: z.int() }));
const pendingSchema = z.array(
  z.object({ root: z.string(), path: z.string(), deltaMs: z.int(), gapDeltaMs: z.int() }),
);
type Pending = z.infer<typeof pendingSchema>;

/** What the wall clock says, and how long the machine has been up, read together. */
export type ClockPair = { nowMs: number; bootMs: number };

/**
 * By how much a run of this boot is later than it was dated: the two clocks ran side by side since, so all that
 * differs is what the wall clock has been set by.
 */
export function redateDeltaMs(run: Pick<RunRow, "realtimeMs" | "boottimeMs">, now: ClockPair): number {
  const deltaMs = Math.round(now.nowMs - now.bootMs - (run.realtimeMs - run.boottimeMs));
  return Math.abs(deltaMs) < MIN_SHIFT_MS ? 0 : deltaMs;
}

/** Wall time at which this boot began, by the clock as it was before it was set, ms UTC; `undefined` before it was noted. */
export function clockOriginMs(index: IndexDatabase, bootId: string): number | undefined {
  const [boot, originMs] = (index.meta(ORIGIN_KEY) ?? "").split(" ");
  return boot === bootId ? Number(originMs) : undefined;
}

export function setClockOriginMs(index: IndexDatabase, bootId: string, originMs: number): void {
  index.setMeta(ORIGIN_KEY, `${bootId} ${Math.round(originMs)}`);
}

type Redated = { row: RecordingRow; startMs: number; endMs: number; gaps: GapRow[] };

/** The recording with its new times, its journal told, or noted in `pending` while the storage is not there. */
async function redateRecording(
  { files, index, roots }: Deps,
  row: RecordingRow,
  deltaMs: number,
  gapDeltaMs: number,
  pending: Pending,
): Promise<Redated> {
  const root = roots.pathOf(row.root);
  if (root === undefined) {
    pending.push({ root: row.root, path: row.path, deltaMs, gapDeltaMs });
    const gaps = index.gapsOfRecording(row.id).map((gap, i) => ({
      ...gap,
      startMs: gap.startMs + (i === 0 ? gapDeltaMs : deltaMs),
      endMs: gap.endMs + deltaMs,
    }));
    return { row, startMs: row.startMs + deltaMs, endMs: row.endMs + deltaMs, gaps };
  }
  const path = journalPathOf(join(root, row.path));
  const journal = parseJournal(await files.read(path));
  if (journal.redatedMs !== deltaMs || journal.gapsRedatedMs !== gapDeltaMs)
    await appendToJournal(files, path, journalRedate(deltaMs, gapDeltaMs));
  // From the journal and not from the row: after a kill the row may have been made from a journal already told.
  const redated = { ...journal, redatedMs: deltaMs, gapsRedatedMs: gapDeltaMs };
  const segments = journalSegments(redated);
  const [first, last] = [segments[0], segments.at(-1)];
  return {
    row,
    startMs: first?.startMs ?? row.startMs,
    endMs: last ? last.startMs + ticksToMs(last.durationTicks, journal.head.run.videoTimescale) : row.endMs,
    gaps: journalGaps(redated).map((gap) => ({ ...gap, channel: row.channel, recording: row.id })),
  };
}

/**
 * Dates closed runs anew: first the plan into the index, then `#NJ:REDATE` into each journal, synced, then all rows
 * in one transaction. Names on disk stay as born. Can be called again with the same plan after a kill.
 */
export async function redate(deps: Deps, plan: RedatePlan): Promise<void> {
  if (plan.length === 0) return;
  const { index } = deps;
  index.setMeta(PLAN_KEY, JSON.stringify(plan));
  const deltas = new Map(plan.map(({ id, deltaMs }) => [id, deltaMs]));
  const redated: Redated[] = [];
  const pending: Pending = readPending(index);
  for (const { id, deltaMs } of plan) {
    for (const row of index.rowsOfRun(id)) {
      const before = index.newestRow(row.channel, row.firstMediaSequence);
      const gapDeltaMs =
        before && index.gapsOfRecording(row.id).length > 0 ? (deltas.get(before.run) ?? 0) : 0;
      try {
        redated.push(await redateRecording(deps, row, deltaMs, gapDeltaMs, pending));
      } catch (error) {
        log.error("{path} could not be dated anew: {text}", { path: row.path, text: errorText(error) });
      }
    }
  }
  index.transaction(() => {
    for (const { row, startMs, endMs, gaps } of redated) {
      index.updateRecording(row.id, { startMs, endMs });
      index.replaceGaps(row.id, gaps);
    }
    for (const { id, deltaMs } of plan) {
      const run = index.run(id);
      if (!run) continue;
      const endMs = run.endMs === null ? null : (index.rowsOfRun(id).at(-1)?.endMs ?? run.endMs + deltaMs);
      index.updateRun(id, { startMs: run.startMs + deltaMs, endMs, unsure: false });
    }
    for (const channel of new Set(redated.map(({ row }) => row.channel))) {
      const counter = index.counter(channel);
      const newest = index.newestRow(channel);
      if (counter && newest && deltas.has(newest.run))
        index.setCounter({ ...counter, newestEndMs: newest.endMs });
    }
    index.setMeta(PENDING_KEY, JSON.stringify(pending));
    index.setMeta(PLAN_KEY, "[]");
  });
  log.info("dated {recordings} recordings of {runs} runs anew, now that the clock is right", {
    recordings: redated.length,
    runs: plan.length,
  });
}

function readPending(index: IndexDatabase): Pending {
  return pendingSchema.parse(JSON.parse(index.meta(PENDING_KEY) ?? "[]"));
}

/** Tells the journals of a storage that came back what was dated anew while it was away. To be done before recovery. */
export async function tellPendingJournals({ files, index, roots }: Deps): Promise<void> {
  const left: Pending = [];
  const all = readPending(index);
  for (const item of all) {
    const root = roots.pathOf(item.root);
    const path = root === undefined ? undefined : journalPathOf(join(root, item.path));
    try {
      if (path === undefined) left.push(item);
      else if (await files.stat(path))
        await appendToJournal(files, path, journalRedate(item.deltaMs, item.gapDeltaMs));
    } catch (error) {
      left.push(item);
      log.error("{path} could not be told its new times: {text}", {
        path: item.path,
        text: errorText(error),
      });
    }
  }
  if (left.length < all.length) index.setMeta(PENDING_KEY, JSON.stringify(left));
}

/** Finishes what a kill left half done. To be done after recovery. */
export async function resumeRedate(deps: Deps): Promise<void> {
  await redate(deps, planSchema.parse(JSON.parse(deps.index.meta(PLAN_KEY) ?? "[]")));
}
