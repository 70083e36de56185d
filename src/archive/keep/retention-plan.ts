import type { RecordingRow } from "../../db/index/rows.ts";
import type { KeepLimits } from "../../db/state/state-database.ts";
import { addDays, dayStartMs, localDateOf } from "../../platform/zone.ts";

/** A segment that begins before midnight may end this much later; it belongs to the day in which it begins. */
const LONGEST_SEGMENT_MS = 20_000;

/** A closed recording whose storage is there. */
export type Candidate = Pick<RecordingRow, "id" | "channel" | "root" | "startMs" | "endMs" | "sizeBytes"> & {
  isLocked: boolean;
  /** Its run began with an unsynchronised clock, and its times may still be wrong. */
  isUnsure: boolean;
  /** Its files lie in a watched folder: no room is made on the storage when it goes. */
  isElsewhere?: boolean;
};

export type ChannelLimits = { keep: KeepLimits; zone: string };

export type RetentionInput = {
  /** Oldest first; the newest may be left out, the oldest may not. */
  candidates: readonly Candidate[];
  limitsOf(channel: string): ChannelLimits;
  /** From where ages count, and whether that is what the clock says. */
  ageAtMs: number;
  isClockTrusted: boolean;
  nowMs: number;
  /** A database was lost: limits of age and size wait. */
  areLimitsHeld: boolean;
  /** Closed bytes of each channel on the roots that are there. */
  channelBytes: ReadonlyMap<string, number>;
  /** Room that is wanted on `root`, and how much of ours may go for it. */
  room?: {
    root: string;
    shortBytes: number;
    allowanceBytes: number;
    /** Candidates that begin later may be left out although older ones are missing from the list. */
    untilMs: number;
  };
};

export type Deletion = { id: string; sizeBytes: number; why: "age" | "size" | "room" };

/** Why something that should go, stays. */
export type HeldReason =
  /** A lock covers it. */
  | "locked"
  /** A database was lost, and nobody said yet that the limits apply. */
  | "database-lost"
  /** By the clock it is too old, but the clock is not trusted. */
  | "clock"
  /** More would have to go than Nightjar itself has written: something else fills the disk. */
  | "others";

export type RetentionPlan = {
  delete: Deletion[];
  /** Bytes that stay although a limit or the disk wants them gone. */
  held: ReadonlyMap<HeldReason, number>;
  /** Room still missing on the disk after the deletions. */
  stillShortBytes: number;
};

/** The first instant that a channel keeps, ms UTC; -Infinity without a limit of age. */
export function keptFromMs({ keep, zone }: ChannelLimits, nowMs: number): number {
  const rolling = keep.maxAgeMs === undefined ? -Infinity : nowMs - keep.maxAgeMs;
  const daily =
    keep.days === undefined ? -Infinity : dayStartMs(addDays(localDateOf(nowMs, zone), -keep.days), zone);
  return Math.max(rolling, daily);
}

/** Whether all of a recording lies before what its channel keeps. */
function isTooOld(recording: Candidate, limits: ChannelLimits, nowMs: number): boolean {
  const { keep } = limits;
  if (
    keep.maxAgeMs !== undefined &&
    recording.endMs <= keptFromMs({ ...limits, keep: { maxAgeMs: keep.maxAgeMs } }, nowMs)
  )
    return true;
  if (keep.days === undefined) return false;
  const dayMs = keptFromMs({ ...limits, keep: { days: keep.days } }, nowMs);
  return recording.startMs < dayMs && recording.endMs <= dayMs + LONGEST_SEGMENT_MS;
}

class Planner {
  readonly deletions: Deletion[] = [];
  readonly held = new Map<HeldReason, number>();
  readonly #gone = new Set<string>();

  isGone = (recording: Candidate): boolean => this.#gone.has(recording.id);

  hold(reason: HeldReason, sizeBytes: number): void {
    this.held.set(reason, (this.held.get(reason) ?? 0) + sizeBytes);
  }

  delete({ id, sizeBytes }: Candidate, why: Deletion["why"]): void {
    this.#gone.add(id);
    this.deletions.push({ id, sizeBytes, why });
  }
}

function planAge(input: RetentionInput, planner: Planner): void {
  for (const recording of input.candidates) {
    const limits = input.limitsOf(recording.channel);
    const isOld = isTooOld(recording, limits, input.ageAtMs);
    if (!isOld && (input.isClockTrusted || !isTooOld(recording, limits, input.nowMs))) continue;
    if (recording.isLocked) planner.hold("locked", recording.sizeBytes);
    else if (input.areLimitsHeld) planner.hold("database-lost", recording.sizeBytes);
    else if (!isOld || recording.isUnsure) planner.hold("clock", recording.sizeBytes);
    else planner.delete(recording, "age");
  }
}

function planSize(input: RetentionInput, planner: Planner): void {
  const over = new Map<string, number>();
  for (const [channel, sizeBytes] of input.channelBytes) {
    const { maxBytes } = input.limitsOf(channel).keep;
    if (maxBytes !== undefined && sizeBytes > maxBytes) over.set(channel, sizeBytes - maxBytes);
  }
  for (const recording of input.candidates)
    if (planner.isGone(recording))
      over.set(recording.channel, (over.get(recording.channel) ?? 0) - recording.sizeBytes);
  for (const recording of input.candidates) {
    const overBytes = over.get(recording.channel) ?? 0;
    if (overBytes <= 0 || planner.isGone(recording)) continue;
    if (recording.isLocked) planner.hold("locked", recording.sizeBytes);
    else {
      if (input.areLimitsHeld) planner.hold("database-lost", recording.sizeBytes);
      else planner.delete(recording, "size");
      over.set(recording.channel, overBytes - recording.sizeBytes);
    }
  }
}

/** The oldest recordings on the disk that is short make room, whose channel they are of does not matter. */
function planRoom(input: RetentionInput, planner: Planner): number {
  if (!input.room) return 0;
  const onRoot = new Set(input.candidates.filter((c) => c.root === input.room!.root).map((c) => c.id));
  const already = planner.deletions.filter(({ id }) => onRoot.has(id));
  let shortBytes = input.room.shortBytes - already.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let allowanceBytes = input.room.allowanceBytes;
  for (const recording of input.candidates) {
    if (shortBytes <= 0 || recording.startMs > input.room.untilMs) break;
    if (!onRoot.has(recording.id) || recording.isElsewhere === true || planner.isGone(recording)) continue;
    if (recording.isLocked) {
      planner.hold("locked", recording.sizeBytes);
      continue;
    }
    if (recording.sizeBytes > allowanceBytes) {
      planner.hold("others", shortBytes);
      break;
    }
    planner.delete(recording, "room");
    shortBytes -= recording.sizeBytes;
    allowanceBytes -= recording.sizeBytes;
  }
  return Math.max(0, shortBytes);
}

/**
 * Decides what retention deletes now, and what it leaves although it should go. Nothing is read or changed here.
 * Limits of age and size are the user's words and apply in full; room for new footage is made only as far as the
 * allowance goes.
 */
export function planRetention(input: RetentionInput): RetentionPlan {
  const planner = new Planner();
  planAge(input, planner);
  planSize(input, planner);
  const stillShortBytes = planRoom(input, planner);
  return { delete: planner.deletions, held: planner.held, stillShortBytes };
}
