import { join } from "node:path";
import type { ArrivalStatus } from "../capture/channel-status.ts";
import type { ChannelConfig } from "../config/config.ts";
import type { RunEnd } from "../media/reasons.ts";
import { errorText, NightjarError, systemErrorCode } from "../platform/errors.ts";
import { logOf } from "../platform/log.ts";
import { ArrivalLog, type TroubleEnd } from "./arrival-log.ts";
import { ownFolder, quarantineOf, readableFolder, type FileChannel, type UploadDeps } from "./channel.ts";
import { parseName } from "./file-names.ts";
import { FolderWatch, type Hint } from "./folder-watch.ts";
import { DurableFolders } from "./folders.ts";
import { NameLocks } from "./name-locks.ts";
import { putMedia, putSidecar, type PutResult, type SentFile } from "./put.ts";
import type { QuarantineFolder } from "./quarantine.ts";
import { FolderScan, type ScanPlace } from "./scan.ts";
import { sweepFolder } from "./sweep.ts";

const log = logOf("uploads");

/** Time between two looks at a folder of which nothing is heard, and while something in it may still grow, in ms. */
const POLL_MS = 30_000;
const SOON_MS = 1500;
/** After the first word of a change, so long is waited for more, in ms. */
const GATHER_MS = 300;
const SWEEP_MS = 3_600_000;

/** Whether it may pass: everything but what the client did wrong. */
export const mayPass = (error: unknown): boolean =>
  !(error instanceof NightjarError) || ["unavailable", "internal", "config"].includes(error.kind);

/** Why files can't be taken or read, by an error of the disk or of the storage. */
function troubleOf(error: unknown, missing: RunEnd | undefined): TroubleEnd {
  if (missing) return { ...missing, isOfStorage: true };
  const isFull = ["ENOSPC", "EDQUOT"].includes(systemErrorCode(error) ?? "");
  return { reason: isFull ? "disk-full" : "disk-error", detail: errorText(error) };
}

/** One channel whose footage comes as files: takes what is sent, finds what lies there, tidies up. */
export class ChannelIntake {
  readonly #deps: UploadDeps;
  readonly #channel: FileChannel;
  readonly #log = new ArrivalLog();
  readonly #scan: FolderScan;
  readonly #watch: FolderWatch;
  readonly #stop = new AbortController();
  readonly #startedMs: number;
  readonly #hints = new Map<string, Set<string>>();
  #wake = new AbortController();
  #loop: Promise<void> = Promise.resolve();
  #sweptAtMs = -Infinity;

  constructor(deps: UploadDeps, config: () => ChannelConfig) {
    this.#deps = deps;
    const { files, clock } = deps;
    this.#channel = {
      config,
      locks: new NameLocks(),
      folders: new DurableFolders(files),
      ownNames: new Set(),
    };
    this.#scan = new FolderScan(deps, this.#channel, this.#log);
    this.#watch = new FolderWatch((hint) => this.#hear(hint));
    this.#startedMs = clock.nowMs();
  }

  start(): void {
    this.#log.isLookingThrough = true;
    this.#loop = this.#run();
  }

  /** Resolves when nothing is looked at any more. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wake.abort();
    this.#watch.close();
    await this.#loop;
  }

  status(): ArrivalStatus {
    return this.#log.status(this.#deps.clock.nowMs());
  }

  /** Where files are put aside. Throws `unavailable` without a storage. */
  quarantine(): QuarantineFolder {
    const { id } = this.#channel.config();
    return quarantineOf(this.#deps, this.#channel.folders, readableFolder(this.#deps, id));
  }

  async countQuarantine(): Promise<void> {
    this.#log.quarantinedFiles = await this.quarantine().count();
  }

  /** Takes a file or a sidecar. Throws as `putMedia`. */
  async put(sent: SentFile & { isSidecar: boolean }, request: Request): Promise<PutResult> {
    const { clock, footage } = this.#deps;
    const { id } = this.#channel.config();
    const settledMs = footage.settledMs(id);
    const take = sent.isSidecar ? putSidecar : putMedia;
    try {
      const result = await take(this.#deps, this.#channel, sent, request);
      const { outcome } = result;
      if (this.#log.setTrouble("taking", undefined, clock.nowMs()))
        log.info("{channel}: files are taken again", { channel: id });
      if (outcome === "quarantined") await this.countQuarantine();
      if (outcome !== "aged") this.#log.arrived(clock.nowMs());
      // The first file made the folder.
      if (!this.#watch.isFollowing) this.#wake.abort();
      const isNew = result.outcome === "created";
      if (isNew && settledMs !== undefined && result.startMs < settledMs) this.#log.cameLate(clock.nowMs());
      return result;
    } catch (error) {
      if (mayPass(error)) this.#noteTrouble(error);
      throw error;
    }
  }

  /** Makes a day's folder; whether it was not there. Throws `unavailable` and errors of the disk. */
  async makeDay(date: string): Promise<boolean> {
    const { files, storage } = this.#deps;
    await storage.look();
    const folder = join(ownFolder(this.#deps, this.#channel.config().id), date);
    if (await files.stat(folder)) return false;
    await this.#channel.folders.make(folder);
    return true;
  }

  #noteTrouble(error: unknown): void {
    const { clock, storage } = this.#deps;
    const root = storage.current();
    const trouble = troubleOf(error, "missing" in root ? root.missing : undefined);
    const { id } = this.#channel.config();
    if (this.#log.setTrouble("taking", trouble, clock.nowMs()))
      log.error("{channel}: no file can be taken: {detail}", { channel: id, detail: trouble.detail });
  }

  #hear({ date, name }: Hint): void {
    // Journals, temporary names and whatever else lies there.
    if (name !== undefined && !parseName(name)) return;
    if (name !== undefined && this.#channel.ownNames.delete(`${date}/${name}`)) return;
    if (date !== undefined) {
      const names = this.#hints.get(date) ?? new Set();
      if (name !== undefined) names.add(name);
      this.#hints.set(date, names);
    }
    this.#wake.abort();
  }

  async #run(): Promise<void> {
    const { clock } = this.#deps;
    const { signal } = this.#stop;
    await this.#knowNewest();
    while (!signal.aborted) {
      const isUnsettled = await this.#look();
      if (signal.aborted) return;
      this.#log.isLookingThrough &&= isUnsettled === undefined;
      await this.#sweep();
      await clock.sleep(isUnsettled === true ? SOON_MS : POLL_MS, this.#wake.signal);
      if (signal.aborted) return;
      if (this.#wake.signal.aborted) await clock.sleep(GATHER_MS, signal);
      this.#wake = new AbortController();
    }
  }

  #place(): ScanPlace {
    const { id, source } = this.#channel.config();
    if (source.kind === "folder") return { root: source.path, isOwn: false };
    return { root: readableFolder(this.#deps, id), isOwn: true };
  }

  /** Looks through the folder; whether it should be looked at again soon, `undefined` when it could not be read. */
  async #look(): Promise<boolean | undefined> {
    const { clock } = this.#deps;
    const hints = new Map(this.#hints);
    this.#hints.clear();
    try {
      const place = this.#place();
      const { dates, isUnsettled, held } = await this.#scan.pass(place, hints, this.#stop.signal);
      if (this.#stop.signal.aborted) return true;
      if (dates) this.#watch.follow(place.root, dates);
      const isAway = !dates && !place.isOwn;
      const away: RunEnd = { reason: "disk-missing", detail: `there is no folder ${place.root}` };
      this.#setScanTrouble(isAway ? away : held, clock.nowMs());
      return isAway ? undefined : isUnsettled;
    } catch (error) {
      for (const [date, names] of hints)
        this.#hints.set(date, new Set([...names, ...(this.#hints.get(date) ?? [])]));
      const root = this.#deps.storage.current();
      const isOfFolder =
        this.#channel.config().source.kind === "folder" && systemErrorCode(error) !== undefined;
      const missing = "missing" in root && !isOfFolder ? root.missing : undefined;
      this.#setScanTrouble(troubleOf(error, missing), clock.nowMs());
      return undefined;
    }
  }

  #setScanTrouble(trouble: TroubleEnd | undefined, nowMs: number): void {
    if (!this.#log.setTrouble("looking", trouble, nowMs)) return;
    const { id } = this.#channel.config();
    const what = trouble?.isOfStorage === true ? "no file can be taken" : "the folder can't be read";
    if (trouble) log.error("{channel}: {what}: {detail}", { channel: id, what, detail: trouble.detail });
    else log.info("{channel}: the folder can be read again", { channel: id });
  }

  /** What came before this start, for the status. */
  async #knowNewest(): Promise<void> {
    const { footage } = this.#deps;
    const { id } = this.#channel.config();
    try {
      const newest = footage.fileDates(id).at(-1);
      if (newest === undefined) return;
      for (const { mtimeMs } of (await footage.filesOf(id, newest)).values()) this.#log.arrived(mtimeMs);
    } catch (error) {
      log.warn("{channel}: its newest files can't be read: {error}", {
        channel: id,
        error: errorText(error),
      });
    }
  }

  async #sweep(): Promise<void> {
    const { clock, files, storage } = this.#deps;
    const { id, source } = this.#channel.config();
    const root = storage.current();
    const isShort = "missing" in root && root.missing.reason === "disk-full";
    const isDue = clock.monotonicMs() - this.#sweptAtMs >= (isShort ? POLL_MS : SWEEP_MS);
    if (source.kind !== "upload" || !isDue) return;
    try {
      const nowMs = clock.nowMs();
      await sweepFolder(files, readableFolder(this.#deps, id), {
        nowMs,
        startedMs: this.#startedMs,
        isShort,
      });
      // A clock that is wrong would take everything for old.
      if (clock.synchronised() !== false) await this.quarantine().sweep(nowMs);
      const removed = isShort ? await this.quarantine().makeRoom() : 0;
      if (removed > 0)
        log.warn("{channel}: {count} files in quarantine made room: the storage is full", {
          channel: id,
          count: removed,
        });
      await this.countQuarantine();
      this.#sweptAtMs = clock.monotonicMs();
    } catch (error) {
      log.debug("{channel}: could not be tidied up: {error}", { channel: id, error: errorText(error) });
    }
  }
}
