import { isAbsolute, join, sep } from "node:path";
import type { RunEnd } from "../media/reasons.ts";
import type { ArrivalLog } from "./arrival-log.ts";
import { lockKey, type FileChannel, type UploadDeps } from "./channel.ts";
import { isDateFolder, parseName } from "./file-names.ts";
import { FoundFiles, sightingOf } from "./found-files.ts";

/** Every file is looked at so often, in ms; else only names that came or went, and those that were told of. */
const EVERY_FILE_MS = 3_600_000;
/** A folder's time may stand still for so long although names come, in ms. */
const FOLDER_TIME_MS = 3000;
/** Sidecars of so many days are looked at whenever one comes; those of older days with every file. */
const SIDECAR_DAYS = 3;
/** So many files may go at once, and from then on at most half of all: else the folder is not what it was. */
const FEW_FILES = 10;
/** Files that went at once stay listed for so long, in ms. */
const HELD_MS = 24 * 3_600_000;

/** A folder of dates. */
export type ScanPlace = { root: string; isOwn: boolean };

type LookOptions = {
  isEveryFile: boolean;
  hinted: ReadonlySet<string>;
  /** One of the newest days. */ isRecent: boolean;
};

type Gone = { date: string; key: string; path: string };

/** What an event told of a date: names, or only that there was something. */
export type Hints = ReadonlyMap<string, ReadonlySet<string>>;

export type ScanReport = {
  /** The folder's dates, newest first; `undefined` when the folder is not there. */
  dates: readonly string[] | undefined;
  /** Something may still grow: the next look should come soon. */
  isUnsettled: boolean;
  /** Why files that are missing are not taken for deleted. */
  held?: RunEnd;
};

/** Compares a folder of dates with what the archive knows of it. */
export class FolderScan {
  readonly #deps: UploadDeps;
  readonly #channel: FileChannel;
  readonly #log: ArrivalLog;
  readonly #found: FoundFiles;
  readonly #folderTimes = new Map<string, number>();
  /** Names of a date that have to be looked at again, or none of a date that has to be listed again. */
  readonly #unsettled = new Map<string, ReadonlySet<string>>();
  readonly #sidecarsSeen = new Map<string, Set<string>>();
  #everyFileAtMs = -Infinity;
  #heldSinceMs: number | undefined;

  constructor(deps: UploadDeps, channel: FileChannel, arrivals: ArrivalLog) {
    this.#deps = deps;
    this.#channel = channel;
    this.#log = arrivals;
    this.#found = new FoundFiles(deps, channel, arrivals);
  }

  /**
   * One look. Throws `unavailable` and errors of the disk or the archive; what was not looked at then is looked at next
   * time.
   */
  async pass(place: ScanPlace, hints: Hints, signal: AbortSignal): Promise<ScanReport> {
    const { files, clock, footage } = this.#deps;
    const { id } = this.#channel.config();
    const entries = await files.list(place.root);
    if (!entries) return { dates: undefined, isUnsettled: false };
    const dates = entries
      .filter(({ name, kind }) => kind === "folder" && isDateFolder(name))
      .map(({ name }) => name)
      .sort()
      .reverse();
    const isEveryFile = clock.monotonicMs() - this.#everyFileAtMs >= EVERY_FILE_MS;
    const beganMs = clock.monotonicMs();
    const gone: Gone[] = [];
    for (const [index, date] of dates.entries()) {
      if (signal.aborted) return { dates, isUnsettled: true };
      const folder = join(place.root, date);
      const timeMs = (await files.stat(folder))?.modifiedMs ?? 0;
      const isDue =
        isEveryFile || hints.has(date) || this.#unsettled.has(date) || this.#folderTimes.get(date) !== timeMs;
      if (!isDue) continue;
      const isFresh = Math.abs(clock.nowMs() - timeMs) < FOLDER_TIME_MS;
      const hinted = new Set([...(hints.get(date) ?? []), ...(this.#unsettled.get(date) ?? [])]);
      const options = { isEveryFile, hinted, isRecent: index < SIDECAR_DAYS };
      const { waiting, missing } = await this.#day(place, date, options, signal);
      gone.push(...missing);
      if (waiting.size > 0 || missing.length > 0 || signal.aborted) this.#unsettled.set(date, waiting);
      else this.#unsettled.delete(date);
      if (isFresh) this.#folderTimes.delete(date);
      else this.#folderTimes.set(date, timeMs);
    }
    for (const date of footage.fileDates(id))
      if (!dates.includes(date)) gone.push(...(await this.#ofDate(place, date)));
    if (isEveryFile) this.#everyFileAtMs = beganMs;
    const held = await this.#drop(place, gone);
    return { dates, isUnsettled: this.#unsettled.size > 0 && !held, ...(held ? { held } : {}) };
  }

  /** Names of a date that the archive knows of this place. */
  async #ofDate({ root, isOwn }: ScanPlace, date: string): Promise<Gone[]> {
    const known = await this.#deps.footage.filesOf(this.#channel.config().id, date);
    return [...known.keys()]
      .filter((key) => (isOwn ? !isAbsolute(key) : key.startsWith(root + sep)))
      .map((key) => ({ date, key, path: isOwn ? join(root, date, key) : key }));
  }

  async #day(
    place: ScanPlace,
    date: string,
    options: LookOptions,
    signal: AbortSignal,
  ): Promise<{ waiting: ReadonlySet<string>; missing: Gone[] }> {
    const { files, footage } = this.#deps;
    const { id } = this.#channel.config();
    // Known before listed: what comes in between is news, and not missing.
    const wasKnown = await this.#ofDate(place, date);
    const known = await footage.filesOf(id, date);
    const names = ((await files.list(join(place.root, date))) ?? [])
      .filter(({ kind }) => kind === "file")
      .map(({ name }) => name);
    const paths = new Set<string>();
    const sidecars: string[] = [];
    const waiting = new Set<string>();
    for (const name of names) {
      const seen = sightingOf(place, date, name);
      if (!seen) continue;
      if (seen.isSidecar) {
        sidecars.push(name);
        continue;
      }
      const { sighting } = seen;
      paths.add(sighting.path);
      const record = known.get(sighting.key);
      const isDue = !record || options.isEveryFile || options.hinted.has(name);
      if (!isDue || signal.aborted) continue;
      if ((await this.#found.see(sighting, record, signal)) === "waiting") waiting.add(name);
    }
    this.#log.keepUnreadable(date, (shown) => names.includes(shown.slice(date.length + 1)));
    await this.#sidecars(place, date, sidecars, options);
    const missing = wasKnown.filter(({ path }) => !paths.has(path));
    return { waiting, missing };
  }

  async #sidecars(
    place: ScanPlace,
    date: string,
    names: readonly string[],
    options: LookOptions,
  ): Promise<void> {
    if (names.length === 0) return;
    const known = await this.#deps.footage.filesOf(this.#channel.config().id, date);
    const before = this.#sidecarsSeen.get(date);
    const seenNow = new Set<string>();
    for (const name of names) {
      const record = known.get(sightingOf(place, date, name)?.sighting.key ?? "");
      if (!record) continue;
      seenNow.add(name);
      const isDue = options.isEveryFile || !before?.has(name) || options.hinted.has(name);
      const seen = isDue ? sightingOf(place, date, name) : undefined;
      if (seen) await this.#found.seeSidecar(seen.sighting, record);
    }
    if (options.isRecent) this.#sidecarsSeen.set(date, seenNow);
    else this.#sidecarsSeen.delete(date);
  }

  /** Takes missing files for deleted, unless so many are missing that the folder is rather not what it was. */
  async #drop(place: ScanPlace, gone: readonly Gone[]): Promise<RunEnd | undefined> {
    const { clock, files, footage, hasFormerStorage } = this.#deps;
    const { id } = this.#channel.config();
    // What lies on a former storage is not missing here.
    if (gone.length === 0 || (place.isOwn && hasFormerStorage())) {
      this.#heldSinceMs = undefined;
      return undefined;
    }
    if (gone.length > FEW_FILES) {
      let all = 0;
      for (const date of footage.fileDates(id)) all += (await this.#ofDate(place, date)).length;
      const nowMs = clock.monotonicMs();
      this.#heldSinceMs ??= nowMs;
      if (gone.length * 2 > all && nowMs - this.#heldSinceMs < HELD_MS) {
        const detail = `${gone.length} of ${all} files are gone at once; they count as deleted after a day`;
        return { reason: "disk-missing", detail };
      }
    }
    this.#heldSinceMs = undefined;
    for (const { date, key, path } of gone) {
      const time = parseName(path.slice(path.lastIndexOf(sep) + 1))?.media.time ?? "";
      await this.#channel.locks.with(lockKey(date, time), async () => {
        if (await files.stat(path)) return;
        await footage.dropFile(id, date, key);
        this.#log.lookAgain(`${date}/video_${time}`);
      });
    }
    return undefined;
  }
}
