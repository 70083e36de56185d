import type { IndexDatabase } from "../../db/index/index-database.ts";
import type { LockRow, RecordingRow } from "../../db/index/rows.ts";
import { NightjarError, notFound } from "../../platform/errors.ts";
import type { Files } from "../../platform/files.ts";
import { lockFileText, type LockSpan } from "./lock-file.ts";
import { lockId } from "./lock-id.ts";
import { lockPathsOfUnit, mirrorLocks, readLocks, type Locked } from "./read-locks.ts";
import { spanOf, unitsOf } from "./units.ts";
import { lockPathOf, pathBelow } from "../write/recording-paths.ts";
import type { Roots } from "../roots/root.ts";

/** Recordings that are locked together: one, or all of a film. */
type Unit = readonly RecordingRow[];

/** Something else may take the place of what is being locked so many times. */
const MAX_TRIES = 3;

/** The most that locked footage may take, in bytes of one root. */
export type LockBound = (rootId: string) => Promise<number>;

export const lockRows = (recording: Locked, spans: readonly LockSpan[]): LockRow[] =>
  spans.map((span) => ({ ...span, recording: recording.id, channel: recording.channel }));

export type LocksDeps = {
  files: Files;
  index: IndexDatabase;
  roots: Roots;
  bound: LockBound;
  /** The ids under which a channel's footage is stored: its own, and those it had before. */
  idsOf?: (channel: string) => readonly string[];
  /** Resolves when the index knows all footage that there is at the time of the call. */
  isIndexed?: () => Promise<void>;
};

/** Locks spans of footage against retention, and releases them. */
export class Locks {
  readonly #files: Files;
  readonly #index: IndexDatabase;
  readonly #roots: Roots;
  readonly #bound: LockBound;
  readonly #idsOf: (channel: string) => readonly string[];
  readonly #isIndexed: () => Promise<void>;
  /** Ids of locks that were asked for, as those that are not yet in the index. */
  readonly #given = new Set<string>();
  #changing: Promise<unknown> = Promise.resolve();

  constructor(deps: LocksDeps) {
    this.#files = deps.files;
    this.#index = deps.index;
    this.#roots = deps.roots;
    this.#bound = deps.bound;
    this.#idsOf = deps.idsOf ?? ((channel) => [channel]);
    this.#isIndexed = deps.isIndexed ?? (async () => {});
  }

  /** The same lock with a time of its own: no other one of its channel has its id then. */
  distinct(channel: string, span: LockSpan): LockSpan {
    const taken = new Set(this.list(channel).map((row) => lockId(row, row.recording)));
    let { sinceMs } = span;
    let id = lockId(span, "");
    while (taken.has(id) || this.#given.has(id)) {
      sinceMs += 1;
      id = lockId({ ...span, sinceMs }, "");
    }
    this.#given.add(id);
    return { ...span, sinceMs };
  }

  /**
   * Locks a span of a channel, what is being written now included. Answers the ids of the recordings that it
   * covers a part of. Throws `conflict` when locked footage would take more than it may, or a storage is not
   * there; nothing is locked then.
   */
  lock(channel: string, span: LockSpan): Promise<string[]> {
    return this.#inTurn(() => this.#lock(channel, span));
  }

  async #lock(channel: string, span: LockSpan): Promise<string[]> {
    await this.#isIndexed();
    for (let tries = 1; ; tries++) {
      const recordings = this.#covered(channel, span.startMs, span.endMs);
      const units = unitsOf(this.#index, recordings);
      await this.#checkBound(units);
      await this.#lockUnits(units, span);
      // An aged day may have taken the place of what was locked just now.
      const isThere = recordings.every(({ id }) => this.#index.recording(id)?.state !== "garbage");
      if (isThere || tries === MAX_TRIES) return recordings.map(({ id }) => id);
    }
  }

  async #lockUnits(units: readonly Unit[], span: LockSpan): Promise<void> {
    const spans = units.map((unit) => ({ unit, ...spanOf(unit) })).sort((a, b) => a.startMs - b.startMs);
    for (const [index, { unit, ...whole }] of spans.entries()) {
      // What comes later into a part without footage is found locked by the recording before it.
      const startMs = index === 0 ? span.startMs : Math.max(span.startMs, whole.startMs);
      const next = spans[index + 1];
      const endMs = next ? Math.min(span.endMs, Math.max(whole.endMs, next.startMs)) : span.endMs;
      const before = await this.#locksOf(unit);
      await this.#write(unit, [...before, { ...span, startMs, endMs }]);
    }
  }

  /** Releases all locks that overlap a span of a channel. Answers the ids of the recordings that have none left. */
  release(channel: string, startMs: number, endMs: number): Promise<string[]> {
    return this.#inTurn(() => this.#release(channel, startMs, endMs));
  }

  async #release(channel: string, startMs: number, endMs: number): Promise<string[]> {
    const released: string[] = [];
    const covered = this.#covered(channel, startMs, endMs);
    for (const unit of unitsOf(this.#index, covered)) {
      const before = await this.#locksOf(unit);
      const left = before.filter((span) => span.endMs <= startMs || span.startMs >= endMs);
      if (left.length === before.length) continue;
      await this.#write(unit, left);
      const ids = new Set(unit.map(({ id }) => id));
      if (left.length === 0) released.push(...covered.map(({ id }) => id).filter((id) => ids.has(id)));
    }
    await this.#releaseHoles(channel, startMs, endMs);
    return released;
  }

  /**
   * Releases one lock, and leaves others that cover the same footage. Answers the ids of the recordings that have none left.
   * Throws `not-found`, and `conflict` when a storage is not there; nothing is released then.
   */
  releaseOne(channel: string, id: string): Promise<string[]> {
    return this.#inTurn(() => this.#releaseOne(channel, id));
  }

  async #releaseOne(channel: string, id: string): Promise<string[]> {
    const rows = this.list(channel).filter((row) => lockId(row, row.recording) === id);
    if (rows.length === 0)
      throw notFound(`There is no lock ${JSON.stringify(id.slice(0, 40))} of ${channel}`);
    const held = rows.flatMap(({ recording }) => this.#index.recording(recording) ?? []);
    const units = unitsOf(this.#index, held);
    for (const recording of units.flat()) this.#mediaPath(recording);
    const released: string[] = [];
    for (const unit of units) {
      const before = await this.#locksOf(unit);
      const left = before.filter((span) => unit.every((recording) => lockId(span, recording.id) !== id));
      await this.#write(unit, left);
      if (left.length === 0) released.push(...unit.map((recording) => recording.id));
    }
    return released;
  }

  /** Of recordings outside of a span, the parts of their locks that lie in it: what comes there is not locked any more. */
  async #releaseHoles(channel: string, startMs: number, endMs: number): Promise<void> {
    const over = this.list(channel).filter((span) => span.startMs < endMs && span.endMs > startMs);
    const rows = [...new Set(over.map(({ recording }) => recording))].flatMap(
      (id) => this.#index.recording(id) ?? [],
    );
    for (const unit of unitsOf(this.#index, rows)) {
      const before = await this.#locksOf(unit);
      const left = before.flatMap((span) => [
        { ...span, endMs: Math.min(span.endMs, startMs) },
        { ...span, startMs: Math.max(span.startMs, endMs) },
      ]);
      await this.#write(
        unit,
        left.filter((span) => span.endMs > span.startMs),
      );
    }
  }

  #covered(channel: string, startMs: number, endMs: number): RecordingRow[] {
    const ids = this.#idsOf(channel);
    const open = this.#index
      .rowsInState("open")
      .filter((row) => ids.includes(row.channel) && row.startMs < endMs);
    return [...ids.flatMap((id) => this.#index.rowsBetween(id, startMs, endMs)), ...open];
  }

  /** Locked spans of a channel. */
  list(channel: string): LockRow[] {
    return this.#idsOf(channel).flatMap((id) => this.#index.locks(id));
  }

  /** One change after the other: each reads a lock file and writes it anew. */
  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#changing.then(change);
    this.#changing = done.catch(() => {});
    return done;
  }

  #locksOf(unit: Unit): Promise<LockSpan[]> {
    const [recording] = unit;
    return recording ? readLocks(this.#files, this.#mediaPath(recording), unit) : Promise.resolve([]);
  }

  #mediaPath(recording: RecordingRow): string {
    const root = this.#roots.pathOf(recording.root);
    if (root === undefined)
      throw new NightjarError("conflict", `The storage with ${recording.path} is not there; mount it first`);
    return pathBelow(root, recording.path);
  }

  async #checkBound(units: readonly Unit[]): Promise<void> {
    const wanted = new Map<string, number>();
    const locked = this.#index.lockedIds();
    for (const recording of units.flat()) {
      this.#mediaPath(recording);
      if (!locked.has(recording.id))
        wanted.set(recording.root, (wanted.get(recording.root) ?? 0) + recording.sizeBytes);
    }
    for (const [root, newBytes] of wanted) {
      const boundBytes = await this.#bound(root);
      let totalBytes = newBytes;
      for (const id of locked) {
        const row = this.#index.recording(id);
        if (row?.root === root) totalBytes += row.sizeBytes;
      }
      if (totalBytes > boundBytes)
        throw new NightjarError(
          "conflict",
          `With this, locked footage would take ${totalBytes} bytes; storage.locked_max allows ${boundBytes}`,
          { details: ["Release other locks first, or raise storage.locked_max."] },
        );
    }
  }

  /** The file first: it is what counts, and the mirror can be made from it again. */
  async #write(unit: Unit, spans: readonly LockSpan[]): Promise<void> {
    const [recording] = unit;
    if (!recording) return;
    const mediaPath = this.#mediaPath(recording);
    if (spans.length > 0)
      await this.#files.writeWhole(lockPathOf(mediaPath), new TextEncoder().encode(lockFileText(spans)));
    for (const path of lockPathsOfUnit(mediaPath, unit))
      if ((spans.length === 0 || path !== lockPathOf(mediaPath)) && (await this.#files.stat(path)))
        await this.#files.unlink(path);
    this.#index.transaction(() => mirrorLocks(this.#index, unit, spans));
  }
}
