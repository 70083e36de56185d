import { rmdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { IndexDatabase } from "../../db/index/index-database.ts";
import { hasOwnFiles, isAged, type RecordingRow } from "../../db/index/rows.ts";
import type { Clock } from "../../platform/clock.ts";
import { errorText, systemErrorCode } from "../../platform/errors.ts";
import type { Files } from "../../platform/files.ts";
import { logOf } from "../../platform/log.ts";
import { localDateOf } from "../../platform/zone.ts";
import { CHECKSUM_EXTENSION } from "../aged/film-journal.ts";
import { DAY_MARK } from "../aged/day-mark.ts";
import { setForgottenMs } from "../files/forgotten.ts";
import { filesThatGo, isLeftAlone, type FilesGuard, type ManagedFolder } from "./file-deletion.ts";
import { toGarbage } from "./garbage.ts";
import { mirrorLocks, readLocks } from "./read-locks.ts";
import { unitsOf } from "./units.ts";
import { journalPathOf, pathBelow } from "../write/recording-paths.ts";
import type { Roots } from "../roots/root.ts";

const log = logOf("archive");

/** What is replaced stays readable for so long. */
const READABLE_MS = 3_600_000;
const TWO_DAYS_MS = 48 * READABLE_MS;
/** Recordings whose rows are changed in one transaction. */
const BATCH = 50;
const DAY_FOLDER = /^\d{4}-\d{2}-\d{2}$/;

export type Deleted = {
  ids: string[];
  /** Bytes of media that are gone from the disk. */
  sizeBytes: number;
  /** Left alone because a lock file lies beside them. */
  lockedIds: string[];
  /** What could not be done; those stay garbage and are tried again. */
  problems: string[];
};

/** Deletes recordings, in an order that a power cut at any point leaves repairable. */
export class Deleter {
  readonly #clock: Clock;
  readonly #files: Files;
  readonly #index: IndexDatabase;
  readonly #roots: Roots;
  readonly #managed: ManagedFolder;
  /** Set while recordings of files may change beside this. */
  filesGuard: FilesGuard = { deleting: (_rows, work) => work() };

  /** `managed`: watched folders whose files go with their recordings; none by default. */
  constructor(deps: {
    clock: Clock;
    files: Files;
    index: IndexDatabase;
    roots: Roots;
    managed?: ManagedFolder | undefined;
  }) {
    this.#clock = deps.clock;
    this.#files = deps.files;
    this.#index = deps.index;
    this.#roots = deps.roots;
    this.#managed = deps.managed ?? (() => undefined);
  }

  /**
   * Deletes closed recordings: row to garbage, unlink, sync of the folder, drop of the row. Those with a lock
   * file, those that are being written, and those whose storage is not there stay.
   */
  async delete(ids: readonly string[]): Promise<Deleted> {
    const deleted: Deleted = { ids: [], sizeBytes: 0, lockedIds: [], problems: [] };
    const known = ids.flatMap((id) => this.#index.recording(id) ?? []);
    const units = unitsOf(this.#index, known);
    for (let at = 0; at < units.length; at += BATCH) {
      const batch = units.slice(at, at + BATCH);
      await this.filesGuard.deleting(batch.flat(), () => this.#deleteBatch(batch, deleted));
    }
    if (deleted.ids.length > 0) this.#dropLoneRuns();
    return deleted;
  }

  /** Each unit goes or stays as a whole: no recording of a film is there without it. */
  async #deleteBatch(units: readonly (readonly RecordingRow[])[], deleted: Deleted): Promise<void> {
    const going: (readonly RecordingRow[])[] = [];
    for (const unit of units)
      if (this.#areClosed(unit) && (await this.#mayGo(unit, deleted))) going.push(unit);
    const rows: RecordingRow[] = [];
    // Its time as garbage is over at once: nothing takes its place.
    this.#index.transaction(() => {
      // Something else may have taken the place of one meanwhile.
      rows.push(...going.filter((unit) => this.#areClosed(unit)).flat());
      toGarbage(this.#index, rows, this.#clock.nowMs() - READABLE_MS);
      for (const row of rows) this.#forget(row);
    });
    await this.#unlink(rows, deleted);
  }

  #areClosed(unit: readonly RecordingRow[]): boolean {
    return unit.every(({ id }) => this.#index.recording(id)?.state === "closed");
  }

  /** What stays in a watched folder must not be taken for new. */
  #forget(row: RecordingRow): void {
    const segments = hasOwnFiles(row) ? (this.#index.recording(row.id)?.segments ?? []) : [];
    const last = segments.at(-1);
    if (last && isLeftAlone(row, segments, this.#managed))
      setForgottenMs(this.#index, row.channel, last.startMs + 1);
  }

  /**
   * Deletes garbage whose hour is over, and the rest as well when `isShort`. What an earlier run of the program
   * left half deleted is finished by this.
   */
  async collectGarbage(isShort: boolean): Promise<Deleted> {
    const deleted: Deleted = { ids: [], sizeBytes: 0, lockedIds: [], problems: [] };
    const nowMs = this.#clock.nowMs();
    const due = this.#index.rowsInState("garbage").filter(({ garbageMs }) => {
      const ageMs = nowMs - (garbageMs ?? 0);
      // Garbage from the future was made before the clock was set back.
      return isShort || ageMs >= READABLE_MS || ageMs < 0;
    });
    for (let at = 0; at < due.length; at += BATCH) {
      const batch = due.slice(at, at + BATCH);
      await this.filesGuard.deleting(batch, () => this.#unlink(batch, deleted));
    }
    if (deleted.ids.length > 0) this.#dropLoneRuns();
    return deleted;
  }

  async #mayGo(unit: readonly RecordingRow[], deleted: Deleted): Promise<boolean> {
    const [row] = unit;
    const root = row && this.#roots.pathOf(row.root);
    if (!row || root === undefined) return false;
    try {
      const spans = await readLocks(this.#files, pathBelow(root, row.path), unit);
      if (spans.length === 0) return true;
      this.#index.transaction(() => mirrorLocks(this.#index, unit, spans));
      deleted.lockedIds.push(...unit.map(({ id }) => id));
    } catch (error) {
      deleted.problems.push(`${row.path}: ${errorText(error)}`);
    }
    return false;
  }

  async #unlink(rows: readonly RecordingRow[], deleted: Deleted): Promise<void> {
    const folders = new Map<string, RecordingRow[]>();
    for (const row of rows) {
      const root = this.#roots.pathOf(row.root);
      if (root === undefined) continue;
      const mediaPath = pathBelow(root, row.path);
      const folder = dirname(mediaPath);
      try {
        const media = hasOwnFiles(row) ? filesThatGo(this.#index, row, root, this.#managed) : [mediaPath];
        const beside = isAged(row) ? [mediaPath + CHECKSUM_EXTENSION] : [];
        for (const path of [...media, ...beside, journalPathOf(mediaPath)]) await this.#unlinkIfThere(path);
        for (const other of new Set(media.map((path) => dirname(path))))
          if (other !== folder && (await this.#files.stat(other))) await this.#files.syncFolder(other);
        folders.set(folder, [...(folders.get(folder) ?? []), row]);
      } catch (error) {
        deleted.problems.push(`${row.path}: ${errorText(error)}`);
        log.error("{path} can't be deleted: {error}", { path: row.path, error: errorText(error) });
      }
    }
    for (const [folder, gone] of folders) {
      try {
        if (await this.#files.stat(folder)) await this.#files.syncFolder(folder);
      } catch (error) {
        deleted.problems.push(`${folder}: ${errorText(error)}`);
        continue;
      }
      for (const row of gone) {
        deleted.ids.push(row.id);
        const segments = hasOwnFiles(row) ? (this.#index.recording(row.id)?.segments ?? []) : [];
        if (!isLeftAlone(row, segments, this.#managed)) deleted.sizeBytes += row.sizeBytes;
      }
      this.#index.transaction(() => {
        for (const { id } of gone) this.#index.deleteRecording(id);
      });
      await this.#removeIfEmpty(folder);
    }
  }

  async #unlinkIfThere(path: string): Promise<void> {
    try {
      await this.#files.unlink(path);
    } catch (error) {
      if (systemErrorCode(error) !== "ENOENT") throw error;
    }
  }

  /** Removes a day's folder once nothing is in it; not one in which a recording may be made at this moment. */
  async #removeIfEmpty(folder: string): Promise<void> {
    const date = basename(folder);
    const nowMs = this.#clock.nowMs();
    const isNear = [nowMs - TWO_DAYS_MS, nowMs + TWO_DAYS_MS].map((ms) => localDateOf(ms, "UTC"));
    if (!DAY_FOLDER.test(date) || (date >= isNear[0]! && date <= isNear[1]!)) return;
    try {
      await this.#dropLoneMark(folder);
      await rmdir(folder);
      await this.#files.syncFolder(dirname(folder));
    } catch (error) {
      if (!["ENOTEMPTY", "EEXIST", "ENOENT"].includes(systemErrorCode(error) ?? ""))
        log.warning("{folder} can't be removed: {error}", { folder, error: errorText(error) });
    }
  }

  /** What was noted of a day goes with the last of it. */
  async #dropLoneMark(folder: string): Promise<void> {
    const [first, ...others] = (await this.#files.list(folder)) ?? [];
    if (first?.name === DAY_MARK && others.length === 0) await this.#files.unlink(join(folder, DAY_MARK));
  }

  #dropLoneRuns(): void {
    // The newest run of a channel tells which init and timeline the next one may continue.
    const newest = this.#index.counters().flatMap(({ channel }) => this.#index.newestRun(channel)?.id ?? []);
    this.#index.dropLoneRuns(newest);
  }
}
