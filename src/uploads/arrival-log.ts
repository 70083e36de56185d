import type { ArrivalStatus, UnreadableFile } from "../capture/channel-status.ts";
import type { RunEnd } from "../media/reasons.ts";

const DAY_MS = 86_400_000;
/** Late arrivals are counted in so many parts of a day. */
const PARTS = 96;
const PART_MS = DAY_MS / PARTS;
/** Unreadable files that are remembered, and those that are shown. */
const MOST_UNREADABLE = 10_000;
const MOST_SHOWN = 100;
/** From the first to the last wait until an unreadable file is looked at again, in ms. */
const FIRST_RETRY_MS = 60_000;
const LAST_RETRY_MS = 3_600_000;

/** A file as it was found. */
export type FileState = { sizeBytes: number; mtimeMs: number };

/** What trouble is of: taking what is sent, or looking through a folder. */
export type TroubleKind = "taking" | "looking";
/** Trouble with what is sent is over when nothing was sent in vain for so long, in ms. */
const TAKING_MS = 600_000;

/** Why files can't be taken or read; it may be for the storage's sake and not the folder's. */
export type TroubleEnd = RunEnd & { isOfStorage?: boolean };

type Trouble = TroubleEnd & { sinceMs: number; lastMs: number };
type Unreadable = UnreadableFile & FileState & { waitMs: number; nextMs: number };

/** How the files of a channel arrive. */
export class ArrivalLog {
  lastArrivalMs: number | undefined;
  quarantinedFiles = 0;
  isLookingThrough = false;
  readonly #troubles = new Map<TroubleKind, Trouble>();
  readonly #late = new Map<number, number>();
  readonly #unreadable = new Map<string, Unreadable>();

  /** A file arrived, or was found with that time. */
  arrived(arrivedMs: number): void {
    this.lastArrivalMs = Math.max(this.lastArrivalMs ?? 0, arrivedMs);
  }

  /** A file came after newer ones had been listed live. */
  cameLate(nowMs: number): void {
    const part = Math.floor(nowMs / PART_MS);
    this.#late.set(part, (this.#late.get(part) ?? 0) + 1);
    for (const old of this.#late.keys()) if (old <= part - PARTS) this.#late.delete(old);
  }

  /** Says why nothing can be taken or read, or with `undefined` that it can. Whether that is news. */
  setTrouble(kind: TroubleKind, end: TroubleEnd | undefined, nowMs: number): boolean {
    const before = this.#trouble(kind, nowMs);
    if (!end) this.#troubles.delete(kind);
    else this.#troubles.set(kind, { ...end, sinceMs: before?.sinceMs ?? nowMs, lastMs: nowMs });
    return before?.reason !== end?.reason || before?.isOfStorage !== end?.isOfStorage;
  }

  #trouble(kind: TroubleKind, nowMs: number): Trouble | undefined {
    const trouble = this.#troubles.get(kind);
    const isOver = kind === "taking" && trouble && nowMs - trouble.lastMs > TAKING_MS;
    return isOver === true ? undefined : trouble;
  }

  /** A file can't be a segment, for now. Whether that is news. */
  setUnreadable(name: string, reason: string, state: FileState, nowMs: number): boolean {
    const before = this.#unreadable.get(name);
    const isSame = before?.sizeBytes === state.sizeBytes && before.mtimeMs === state.mtimeMs;
    const waitMs = isSame ? Math.min(LAST_RETRY_MS, before.waitMs * 2) : FIRST_RETRY_MS;
    this.#unreadable.delete(name);
    if (this.#unreadable.size >= MOST_UNREADABLE) return false;
    const sinceMs = before?.sinceMs ?? nowMs;
    this.#unreadable.set(name, { name, reason, sinceMs, ...state, waitMs, nextMs: nowMs + waitMs });
    return before?.reason !== reason;
  }

  setReadable(name: string): void {
    this.#unreadable.delete(name);
  }

  /** Names that begin so are looked at again: what stood in their way is gone. */
  lookAgain(nameStart: string): void {
    for (const name of this.#unreadable.keys()) if (name.startsWith(nameStart)) this.#unreadable.delete(name);
  }

  /** Whether a file was found unreadable as it is, a short while ago. */
  isHopeless(name: string, { sizeBytes, mtimeMs }: FileState, nowMs: number): boolean {
    const known = this.#unreadable.get(name);
    if (known?.sizeBytes !== sizeBytes || known.mtimeMs !== mtimeMs) return false;
    // A clock that was set back must not put the next look off for years.
    return nowMs < known.nextMs && known.nextMs - nowMs <= LAST_RETRY_MS;
  }

  /** Forgets unreadable files of a date that are no longer there. */
  keepUnreadable(date: string, isThere: (name: string) => boolean): void {
    for (const name of this.#unreadable.keys())
      if (name.startsWith(`${date}/`) && !isThere(name)) this.#unreadable.delete(name);
  }

  status(nowMs: number): ArrivalStatus {
    const part = Math.floor(nowMs / PART_MS);
    const trouble = this.#trouble("looking", nowMs) ?? this.#trouble("taking", nowMs);
    const unreadable = [...this.#unreadable.values()].sort((a, b) => b.sinceMs - a.sinceMs);
    return {
      ...(this.lastArrivalMs === undefined ? {} : { lastArrivalMs: this.lastArrivalMs }),
      lateFiles: [...this.#late].reduce((sum, [at, count]) => (at > part - PARTS ? sum + count : sum), 0),
      quarantinedFiles: this.quarantinedFiles,
      ...(trouble
        ? {
            trouble: {
              reason: trouble.reason,
              detail: trouble.detail,
              sinceMs: trouble.sinceMs,
              ...(trouble.isOfStorage === true ? { isOfStorage: true } : {}),
            },
          }
        : {}),
      unreadable: unreadable
        .slice(0, MOST_SHOWN)
        .map(({ name, reason, sinceMs }) => ({ name, reason, sinceMs })),
      unreadableFiles: this.#unreadable.size,
      ...(this.isLookingThrough ? { isLookingThrough: true } : {}),
    };
  }
}
