import type { IndexDatabase } from "../../db/index/index-database.ts";
import type { LockRow, RecordingRow } from "../../db/index/rows.ts";
import { NightjarError } from "../../platform/errors.ts";
import type { Files } from "../../platform/files.ts";
import { lockFileText, MAX_LOCK_FILE_BYTES, parseLockFile, type LockSpan } from "./lock-file.ts";
import { lockPathOf, lockPathsOf, pathBelow } from "../write/recording-paths.ts";
import type { Roots } from "../roots/root.ts";

type Locked = Pick<RecordingRow, "id" | "channel" | "root" | "path" | "startMs" | "endMs">;

/** The most that locked footage may take, in bytes of one root. */
export type LockBound = (rootId: string) => Promise<number>;

/**
 * The spans of all lock files beside a media file, read from disk; `[]` without one.
 * Throws system errors: when it is not known whether there is a lock, nothing may be deleted.
 */
export async function readLocks(files: Files, mediaPath: string, recording: Locked): Promise<LockSpan[]> {
  const spans: LockSpan[] = [];
  for (const path of lockPathsOf(mediaPath, recording.id)) {
    const found = await files.stat(path);
    if (found === undefined) continue;
    const isReadable = found.kind === "file" && found.sizeBytes <= MAX_LOCK_FILE_BYTES;
    const text = isReadable ? new TextDecoder().decode(await files.readRange(path, 0, found.sizeBytes)) : "";
    spans.push(...parseLockFile(text, recording));
  }
  return spans;
}

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

  constructor(deps: LocksDeps) {
    this.#files = deps.files;
    this.#index = deps.index;
    this.#roots = deps.roots;
    this.#bound = deps.bound;
    this.#idsOf = deps.idsOf ?? ((channel) => [channel]);
    this.#isIndexed = deps.isIndexed ?? (async () => {});
  }

  /**
   * Locks a span of a channel, what is being written now included. Answers the ids of the recordings that it
   * covers a part of. Throws `conflict` when locked footage would take more than it may, or a storage is not
   * there; nothing is locked then.
   */
  async lock(channel: string, span: LockSpan): Promise<string[]> {
    await this.#isIndexed();
    const recordings = this.#covered(channel, span.startMs, span.endMs);
    await this.#checkBound(recordings);
    for (const recording of recordings) {
      const startMs = Math.max(span.startMs, recording.startMs);
      const endMs = recording.state === "open" ? span.endMs : Math.min(span.endMs, recording.endMs);
      const before = await readLocks(this.#files, this.#mediaPath(recording), recording);
      await this.#write(recording, [...before, { ...span, startMs, endMs }]);
    }
    return recordings.map(({ id }) => id);
  }

  /** Releases all locks that overlap a span of a channel. Answers the ids of the recordings that have none left. */
  async release(channel: string, startMs: number, endMs: number): Promise<string[]> {
    const released: string[] = [];
    for (const recording of this.#covered(channel, startMs, endMs)) {
      const before = await readLocks(this.#files, this.#mediaPath(recording), recording);
      const left = before.filter((span) => span.endMs <= startMs || span.startMs >= endMs);
      if (left.length === before.length) continue;
      await this.#write(recording, left);
      if (left.length === 0) released.push(recording.id);
    }
    return released;
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

  #mediaPath(recording: RecordingRow): string {
    const root = this.#roots.pathOf(recording.root);
    if (root === undefined)
      throw new NightjarError("conflict", `The storage with ${recording.path} is not there; mount it first`);
    return pathBelow(root, recording.path);
  }

  async #checkBound(recordings: readonly RecordingRow[]): Promise<void> {
    const wanted = new Map<string, number>();
    const locked = new Set(this.#index.locks().map((lock) => lock.recording));
    for (const recording of recordings) {
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
  async #write(recording: RecordingRow, spans: readonly LockSpan[]): Promise<void> {
    const mediaPath = this.#mediaPath(recording);
    if (spans.length > 0)
      await this.#files.writeWhole(lockPathOf(mediaPath), new TextEncoder().encode(lockFileText(spans)));
    for (const path of lockPathsOf(mediaPath, recording.id))
      if ((spans.length === 0 || path !== lockPathOf(mediaPath)) && (await this.#files.stat(path)))
        await this.#files.unlink(path);
    this.#index.transaction(() => this.#index.replaceLocks(recording.id, lockRows(recording, spans)));
  }
}
