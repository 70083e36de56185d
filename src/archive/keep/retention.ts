import { shareBytes, type Share } from "../../config/size.ts";
import type { RunEnd } from "../../media/reasons.ts";
import type { Clock } from "../../platform/clock.ts";
import { errorText } from "../../platform/errors.ts";
import type { DiskSpace, Files } from "../../platform/files.ts";
import { logOf } from "../../platform/log.ts";
import { ageReference, vouchedMs } from "./age-reference.ts";
import { DeletionAllowance } from "./allowance.ts";
import {
  isClockConfirmed,
  limitsWaitMs,
  setLimitsWaitMs,
  setTrustedMs,
  trustedMs,
  type Databases,
} from "../database-pair.ts";
import type { Deleter } from "./deletion.ts";
import { limitsFrom, measuredSizes, oldestCandidates, unsureRunIds } from "./retention-candidates.ts";
import { heldMessages } from "./retention-messages.ts";
import { keptFromMs, planRetention, type HeldReason, type RetentionInput } from "./retention-plan.ts";
import type { KnownRoots } from "../roots/roots.ts";
import type { ArchiveChannel } from "../settings.ts";
import { sizeText } from "./size-text.ts";

const log = logOf("archive");

/** Limits of age and size are looked at so often; room is looked at in each pass. */
const LIMITS_EVERY_MS = 60_000;
/** Facts about the clock are written down so often: each is a commit. */
const PERSIST_EVERY_MS = 600_000;
/** When nothing may be deleted although room is short, a new plan is made only so often. */
const IDLE_MS = 30_000;
/** Plans of one pass; each deletes a window of recordings. The rest waits for the next pass. */
const MAX_ROUNDS = 20;
/** Below this, or half of `min_free`, recording stops when no room can be made: databases need some as well. */
const FLOOR_BYTES = 256e6;

export type RetentionDeps = Databases & {
  clock: Clock;
  files: Files;
  roots: KnownRoots;
  deleter: Deleter;
  channels: () => readonly ArchiveChannel[];
  /** Time zone of footage of channels that nothing is known of. */
  zone: string;
  minFree: Share;
  /** Bytes of media written since the start. */
  writtenBytes: () => number;
};

export type RetentionState = {
  freeBytes: number | undefined;
  totalBytes: number | undefined;
  isFull: boolean;
  /** For people. */
  messages: string[];
};

type Room = { root: string; shortBytes: number; space: DiskSpace; minFreeBytes: number };

/** Deletes what is over its limits and makes room, a pass at a time. */
export class Retention {
  readonly #deps: RetentionDeps;
  readonly #allowance: DeletionAllowance;
  readonly #startedMs: number;
  readonly #newestBeforeMs: number | undefined;
  #vouchedMs: number | undefined;
  #limitsAtMs = -Infinity;
  #persistedAtMs = -Infinity;
  #idleUntilMs = -Infinity;
  #countedAtMs: number;
  #waitMs: number;
  #graceBytes: (root: string) => number = () => 0;
  #held: ReadonlyMap<HeldReason, number> = new Map();
  #room: Room | undefined;
  #isFull = false;
  #pass: Promise<void> | undefined;

  /** To be made at the start, when the index is complete and nothing has been recorded yet. */
  constructor(deps: RetentionDeps) {
    this.#deps = deps;
    this.#allowance = new DeletionAllowance(deps.writtenBytes());
    this.#startedMs = deps.clock.nowMs();
    const newest = deps.index.counters().map(({ newestEndMs }) => newestEndMs);
    this.#newestBeforeMs = newest.length > 0 ? Math.max(...newest) : undefined;
    this.#vouchedMs = vouchedMs(this.#newestBeforeMs, trustedMs(deps));
    this.#countedAtMs = deps.clock.monotonicMs();
    this.#waitMs = limitsWaitMs(deps);
  }

  /** One pass; to be called at each flush. Never rejects; passes don't overlap. */
  pass(): Promise<void> {
    this.#pass ??= this.#once()
      .catch((error: unknown) => log.error("Retention failed: {error}", { error: errorText(error) }))
      .finally(() => {
        this.#pass = undefined;
      });
    return this.#pass;
  }

  state(): RetentionState {
    return {
      freeBytes: this.#room?.space.freeBytes,
      totalBytes: this.#room?.space.totalBytes,
      isFull: this.#isFull,
      messages: heldMessages({
        held: this.#held,
        limitsWaitMs: this.#waitMs,
        nowMs: this.#deps.clock.nowMs(),
        newestBeforeMs: this.#newestBeforeMs,
        freeBytes: this.#room?.space.freeBytes,
        minFreeBytes: this.#room?.minFreeBytes,
        isFull: this.#isFull,
      }),
    };
  }

  /**
   * What ends before this (ms UTC) is too old for the channel; -Infinity without a limit of age, and while such limits
   * wait.
   */
  keptFromMs(channel: string): number {
    if (this.#waitMs > 0) return -Infinity;
    return keptFromMs(limitsFrom(this.#deps.channels(), this.#deps.zone)(channel), this.#age().atMs);
  }

  /** From when ages are counted, ms UTC; `undefined` while limits wait. */
  ageAtMs(): number | undefined {
    return this.#waitMs > 0 ? undefined : this.#age().atMs;
  }

  async #once(): Promise<void> {
    const { clock, deleter } = this.#deps;
    const areLimitsDue = clock.monotonicMs() - this.#limitsAtMs >= LIMITS_EVERY_MS;
    this.#room = await this.#measure();
    if (areLimitsDue) this.#countWait();
    const wasShort = (this.#room?.shortBytes ?? 0) > 0;
    if (wasShort || areLimitsDue) {
      await deleter.collectGarbage(wasShort);
      if (wasShort) this.#room = await this.#measure();
    }
    const isShort = (this.#room?.shortBytes ?? 0) > 0;
    if (areLimitsDue || (isShort && clock.monotonicMs() >= this.#idleUntilMs)) await this.#applyLimits();
    else this.#earn(isShort);
    this.#setFull();
    if (areLimitsDue) this.#limitsAtMs = clock.monotonicMs();
  }

  async #measure(): Promise<Room | undefined> {
    const { files, minFree, roots } = this.#deps;
    // Also while it is full, and so not the current one.
    const root = roots.storageThere();
    if (!root) return undefined;
    const space = await files.space(root.path);
    const minFreeBytes = shareBytes(minFree, space.totalBytes);
    return { root: root.id, space, minFreeBytes, shortBytes: Math.max(0, minFreeBytes - space.freeBytes) };
  }

  #earn(isShort: boolean): number {
    const grace = this.#room ? this.#graceBytes(this.#room.root) : 0;
    return this.#allowance.atPass(this.#deps.writtenBytes(), grace, isShort);
  }

  async #applyLimits(): Promise<void> {
    const { index, clock, roots, deleter } = this.#deps;
    const limitsOf = limitsFrom(this.#deps.channels(), this.#deps.zone);
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const present = roots.present().map(({ id }) => id);
      const age = this.#age();
      const unsure = unsureRunIds(index, clock, age.isTrusted);
      const { list, films, untilMs } = oldestCandidates(index, unsure, present, limitsOf);
      const sizes = measuredSizes(index, present, limitsOf, films);
      this.#graceBytes = sizes.graceBytes;
      const shortBytes = this.#room?.shortBytes ?? 0;
      const allowanceBytes = this.#earn(shortBytes > 0);
      const input: RetentionInput = {
        candidates: list,
        limitsOf,
        ageAtMs: age.atMs,
        isClockTrusted: age.isTrusted,
        nowMs: clock.nowMs(),
        areLimitsHeld: this.#waitMs > 0,
        channelBytes: sizes.channelBytes,
        ...(this.#room && shortBytes > 0
          ? { room: { root: this.#room.root, shortBytes, allowanceBytes, untilMs } }
          : {}),
      };
      const plan = planRetention(input);
      this.#held = plan.held;
      if (plan.delete.length === 0) {
        if (shortBytes > 0) this.#idleUntilMs = clock.monotonicMs() + IDLE_MS;
        return;
      }
      const deleted = await deleter.delete(plan.delete.map(({ id }) => id));
      const gone = new Set(deleted.ids);
      for (const { id, why, sizeBytes } of plan.delete)
        if (why === "room" && gone.has(id)) this.#allowance.used(sizeBytes);
      if (gone.size > 0)
        log.info("Deleted {count} recordings ({size}) by their limits or for room", {
          count: gone.size,
          size: sizeText(deleted.sizeBytes),
        });
      this.#room = await this.#measure();
      // Those that could not be deleted would be planned again; they wait for the next pass.
      if (deleted.problems.length > 0 || deleted.ids.length + deleted.lockedIds.length === 0) return;
    }
  }

  #age(): { atMs: number; isTrusted: boolean } {
    const { clock } = this.#deps;
    const now = {
      bootId: clock.bootId,
      nowMs: clock.nowMs(),
      // Read only where a person has confirmed the clock: every upload asks how old footage may be.
      get bootMs() {
        return clock.bootMs();
      },
    };
    const age = ageReference({
      nowMs: now.nowMs,
      startedMs: this.#startedMs,
      vouchedMs: this.#vouchedMs,
      isSynchronised: clock.synchronised(),
      isConfirmed: isClockConfirmed(this.#deps, now),
    });
    // A program that runs for months goes on from day to day; only a jump is too far.
    if (age.isTrusted) this.#vouchedMs = now.nowMs;
    return age;
  }

  /** Counts down what limits still wait, and writes down what the next start has to know of the clock. */
  #countWait(): void {
    const { clock } = this.#deps;
    const nowMs = clock.monotonicMs();
    const storedMs = limitsWaitMs(this.#deps);
    // A person may have confirmed, from another process.
    this.#waitMs =
      storedMs === 0 ? 0 : Math.max(0, Math.min(this.#waitMs, storedMs) - (nowMs - this.#countedAtMs));
    this.#countedAtMs = nowMs;
    if (nowMs - this.#persistedAtMs < PERSIST_EVERY_MS && !(this.#waitMs === 0 && storedMs > 0)) return;
    this.#persistedAtMs = nowMs;
    if (storedMs > 0) setLimitsWaitMs(this.#deps, this.#waitMs);
    if (this.#age().isTrusted) setTrustedMs(this.#deps, clock.nowMs());
  }

  #setFull(): void {
    const room = this.#room;
    if (!room) return;
    const floorBytes = Math.min(FLOOR_BYTES, room.minFreeBytes / 2);
    // Once it is full, some room more is wanted, so that it does not begin and end with every pass.
    const isFull = room.space.freeBytes < (this.#isFull ? 2 : 1) * floorBytes;
    if (isFull === this.#isFull) return;
    this.#isFull = isFull;
    const end: RunEnd | undefined = isFull
      ? { reason: "disk-full", detail: `${sizeText(room.space.freeBytes)} free, and no room can be made` }
      : undefined;
    if (end) log.error("Nothing can be recorded: {detail}", { detail: end.detail });
    else log.info("There is room for footage again");
    this.#deps.roots.setFull(end);
  }
}
