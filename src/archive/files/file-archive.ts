import {
  hasOwnFiles,
  isFilmOfFiles,
  type LockRow,
  type Recording,
  type RecordingRow,
  type RunRow,
} from "../../db/index/rows.ts";
import type { RunEnd } from "../../media/reasons.ts";
import { NightjarError } from "../../platform/errors.ts";
import { inheritLocks } from "../keep/inherited-locks.ts";
import { keptFromMs } from "../keep/retention-plan.ts";
import type { ArchiveChannel } from "../settings.ts";
import type { WriteContext } from "../write/write-context.ts";
import { ChangingFiles, resumeFiles } from "./changing.ts";
import { FileChannel } from "./file-channel.ts";
import type { FileFootage, FoundFile, KnownFile } from "./file-footage.ts";
import { isForeignFile } from "./file-paths.ts";
import type { FileSnapshot } from "./file-recording.ts";
import { type ChangedFiles, dropEmptyRecording, storeFilesRows, writeFilesJournal } from "./flush-files.ts";
import { ReplacedFiles, type ReplacedSegment } from "./replaced-files.ts";
import { forgottenMs } from "./forgotten.ts";

/** How long lists that grow wait for older files, in ms. */
const SETTLE_MS = 60_000;
/** Clients send what they have whenever they can: a shorter silence is none, in ms. */
const QUIET_MS = 2 * 3_600_000;
/** Recordings at the end of the archive that are looked at for files that are not settled yet. */
const MAX_UNSETTLED = 8;
/** No recording is longer, in ms. */
const RECORDING_MS = 3_600_000;

/** Segments that are files of their own: those of uploads and of watched folders. */
export class FileArchive implements FileFootage {
  readonly #context: WriteContext;
  readonly #counted: (channel: string) => void;
  readonly #channels = new Map<string, FileChannel>();
  readonly #changing: ChangingFiles;
  readonly #replaced: ReplacedFiles;
  #disk: Promise<unknown> = Promise.resolve();

  /** `counted` is told of channels whose counters in the index have risen. */
  constructor(context: WriteContext, counted: (channel: string) => void) {
    this.#context = context;
    this.#counted = counted;
    this.#changing = new ChangingFiles(context.index);
    this.#replaced = new ReplacedFiles(context.clock);
  }

  fileDates(channel: string): readonly string[] {
    const all = this.#idsOf(channel).map((id) => this.#channel(id).dates);
    return all.length === 1 ? all[0]! : [...new Set(all.flat())].sort();
  }

  async filesOf(channel: string, date: string): Promise<ReadonlyMap<string, KnownFile>> {
    const [own, ...former] = await Promise.all(
      this.#idsOf(channel).map((id) => this.#inTurn(id, async (each) => (await each.day(date)).known)),
    );
    const others = former.flatMap((known) => [...known].filter(([name]) => isForeignFile(name)));
    return others.length === 0 && own ? own : new Map([...others, ...(own ?? [])]);
  }

  async putFile(channel: string, file: FoundFile): Promise<void> {
    if (!Number.isSafeInteger(file.startMs) || file.startMs < 0)
      throw new NightjarError(
        "unprocessable",
        `a file is of ${file.startMs} ms UTC; wanted: a time after 1970`,
      );
    // The folder of a channel that was renamed has not moved.
    if (isForeignFile(file.name))
      for (const id of this.#idsOf(channel).slice(1))
        if (this.#channel(id).dates.includes(file.date))
          await this.#inTurn(id, (each) => each.drop(file.date, file.name));
    await this.#inTurn(channel, (each) => each.put(file));
  }

  async dropFile(channel: string, date: string, name: string): Promise<void> {
    for (const id of isForeignFile(name) ? this.#idsOf(channel) : [channel])
      await this.#inTurn(id, (each) => each.drop(date, name));
  }

  settledMs(channel: string): number | undefined {
    const ids = this.#idsOf(channel);
    if (!this.#endsWithFiles(ids)) return undefined;
    const all = ids.map((id) => this.#channel(id).arrivals.settledMs).filter((ms) => ms !== undefined);
    return all.length > 0 ? Math.max(...all) : undefined;
  }

  /** How long it takes until `settledMs` may go on, in ms; `undefined` when nothing is waited for. */
  settlesInMs(channel: string): number | undefined {
    const all = this.#idsOf(channel).map((id) => this.#channel(id).arrivals.settlesInMs);
    const waits = all.filter((ms) => ms !== undefined);
    return waits.length > 0 ? Math.min(...waits) : undefined;
  }

  isForgotten(channel: string, startMs: number): boolean {
    const { clock, index } = this.#context;
    const limits = this.#settings(channel);
    if (limits && startMs + RECORDING_MS <= keptFromMs(limits, clock.nowMs())) return true;
    return this.#idsOf(channel).some((id) => startMs < forgottenMs(index, id));
  }

  isAged(channel: string, startMs: number): boolean {
    return this.#idsOf(channel).some((id) => this.#context.index.isAgedAt(id, startMs));
  }

  /** Since when nothing has been uploaded; `undefined` of channels whose newest footage is no file. */
  outage(channel: string): (RunEnd & { sinceMs: number }) | undefined {
    const ids = this.#idsOf(channel);
    const endMs = this.#endsWithFiles(ids) ? this.#newestEndMs(ids) : undefined;
    if (endMs === undefined || this.#context.clock.nowMs() - endMs < QUIET_MS) return undefined;
    return { reason: "not-uploaded", detail: "", sinceMs: endMs };
  }

  /** Recordings that the index does not have as they are; those without a segment are gone. */
  changed(ids: readonly string[]): FileSnapshot[] {
    return ids.flatMap((id) => this.#channels.get(id)?.changed() ?? []);
  }

  /** One that the index does not have as it is. */
  recording(id: string): Recording | undefined {
    for (const channel of this.#channels.values()) {
      const found = channel.changedById(id);
      if (found) return found.recording;
    }
    return undefined;
  }

  /** A segment whose file was replaced less than an hour ago. */
  replaced(recording: string, ordinal: number): ReplacedSegment | undefined {
    return this.#replaced.find(recording, ordinal);
  }

  run(id: string): RunRow | undefined {
    for (const channel of this.#channels.values()) {
      const found = channel.run(id);
      if (found) return found;
    }
    return undefined;
  }

  /** Changes whenever an answer about one of these may. */
  stamp(ids: readonly string[]): string {
    return ids.map((id) => this.#channels.get(id)?.changes ?? 0).join(" ");
  }

  /** Takes up what was changing when everything stopped; to be called at the start, and when a storage came or went. */
  async recover(): Promise<void> {
    await this.#onDisk(async () => {
      await this.#flush();
      await resumeFiles(this.#context);
      this.#changing.reload();
      for (const id of this.#channels.keys()) await this.#inTurn(id, (each) => each.rootsChanged());
    });
  }

  /** Writes changed recordings to their journals and to the index. */
  flush(): Promise<void> {
    return this.#onDisk(() => this.#flush());
  }

  /** Runs `work`, which deletes recordings of files, while nothing of their channels is written or changes. */
  deleting<T>(rows: readonly RecordingRow[], work: () => Promise<T>): Promise<T> {
    const ids = new Set(rows.filter(hasOwnFiles).map(({ channel }) => channel));
    if (ids.size === 0) return work();
    return this.#onDisk(async () => {
      await this.#flush();
      const deleted = async (): Promise<T> => {
        const result = await work();
        const gone = rows.filter(({ id }) => this.#context.index.recording(id)?.state !== "closed");
        for (const id of ids) this.#channel(id).forget(gone.map((row) => row.id));
        return result;
      };
      return await [...ids].reduce<() => Promise<T>>((inner, id) => () => this.#inTurn(id, inner), deleted)();
    });
  }

  /** Everything is stored, and nothing is to be taken up at the next start. */
  async close(): Promise<void> {
    await this.flush();
    const isStored = [...this.#channels.values()].every((channel) => !channel.isChanged);
    if (isStored) this.#changing.end(true);
  }

  async #flush(): Promise<void> {
    const { index, roots, clock } = this.#context;
    const beganMs = clock.monotonicMs();
    const changed: ChangedFiles[] = [];
    const unstored = new Set<string>();
    for (const id of this.#channels.keys())
      for (const snapshot of await this.#inTurn(id, async (each) => each.changed())) {
        const run = this.run(snapshot.recording.run) ?? index.run(snapshot.recording.run);
        if (run && !snapshot.isAway && roots.pathOf(snapshot.recording.root) !== undefined)
          changed.push({ snapshot, run });
        else unstored.add(id);
      }
    if (changed.length === 0) {
      this.#noteStored(beganMs, unstored);
      return this.#changing.rest();
    }
    this.#changing.begin(changed.map(({ snapshot }) => snapshot.recording));
    const durable: ChangedFiles[] = [];
    for (const each of changed)
      if (each.snapshot.files.length === 0 || (await writeFilesJournal(this.#context, each)))
        durable.push(each);
      else unstored.add(each.snapshot.recording.channel);
    const locks: LockRow[][] = [];
    for (const { snapshot } of durable)
      if (snapshot.files.length > 0 && !index.recording(snapshot.recording.id))
        locks.push(await inheritLocks(this.#context, snapshot.recording));
    index.transaction(() => {
      storeFilesRows(this.#context, durable);
      for (const rows of locks) if (rows[0]) index.replaceLocks(rows[0].recording, rows);
      this.#changing.end();
    });
    for (const { snapshot } of durable) this.#channel(snapshot.recording.channel).stored(snapshot);
    for (const id of new Set(durable.map(({ snapshot }) => snapshot.recording.channel))) this.#counted(id);
    for (const each of durable)
      if (each.snapshot.files.length === 0) await dropEmptyRecording(this.#context, each);
    this.#noteStored(beganMs, unstored);
  }

  /** What came before `beganMs` is stored, except in channels of which something could not be. */
  #noteStored(beganMs: number, unstored: ReadonlySet<string>): void {
    for (const [id, channel] of this.#channels) if (!unstored.has(id)) channel.arrivals.stored(beganMs);
  }

  /** What writes journals and what deletes them wait for one another. */
  #onDisk<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#disk.catch(() => {}).then(work);
    this.#disk = turn;
    return turn;
  }

  #inTurn<T>(id: string, work: (channel: FileChannel) => Promise<T>): Promise<T> {
    const channel = this.#channel(id);
    return channel.inTurn(() => work(channel));
  }

  #settings(id: string): ArchiveChannel | undefined {
    const all = this.#context.settings.channels();
    return all.find((channel) => channel.id === id) ?? all.find((channel) => channel.was.includes(id));
  }

  /** The id itself, and those that the channel had before. */
  #idsOf(channel: string): string[] {
    const was = this.#context.settings.channels().find(({ id }) => id === channel)?.was ?? [];
    return [...new Set([channel, ...was])];
  }

  #channel(id: string): FileChannel {
    let channel = this.#channels.get(id);
    if (channel) return channel;
    channel = new FileChannel(this.#context, id, {
      zone: () => this.#settings(id)?.zone ?? "UTC",
      settleMs: () => this.#settings(id)?.settleMs ?? SETTLE_MS,
      replaced: this.#replaced,
    });
    channel.arrivals.wereThere(this.#newestFiles(id));
    this.#channels.set(id, channel);
    return channel;
  }

  /** The files of the newest recordings, back to one with a file that has surely settled: all before it have, too. */
  #newestFiles(id: string): { startMs: number; mtimeMs: number }[] {
    const { index, clock } = this.#context;
    const found: { startMs: number; mtimeMs: number }[] = [];
    let before = Number.MAX_SAFE_INTEGER;
    for (let n = 0; n < MAX_UNSETTLED; n++) {
      const row = index.newestRow(id, before);
      if (!row) break;
      before = row.firstMediaSequence;
      const segments = index.recording(row.id)?.segments ?? [];
      const files = segments.flatMap(({ startMs, file }) => (file ? { startMs, mtimeMs: file.mtimeMs } : []));
      found.push(...files);
      if (files.some(({ mtimeMs }) => clock.nowMs() - mtimeMs > QUIET_MS)) break;
    }
    return found;
  }

  /** Whether the newest footage of a channel is of files, and not of a capture. */
  #endsWithFiles(ids: readonly string[]): boolean {
    const { index, open } = this.#context;
    if ([...open].some(({ row }) => ids.includes(row.channel))) return false;
    if (ids.some((id) => this.#channels.get(id)?.isChanged)) return true;
    const newest = ids
      .flatMap((id) => index.newestRow(id) ?? [])
      .sort((a, b) => b.firstMediaSequence - a.firstMediaSequence)[0];
    return newest !== undefined && (hasOwnFiles(newest) || isFilmOfFiles(newest, index.run(newest.run)));
  }

  #newestEndMs(ids: readonly string[]): number | undefined {
    const stored = ids.flatMap((id) => this.#context.index.newestRow(id)?.endMs ?? []);
    const ends = [...stored, ...this.changed(ids).map(({ recording }) => recording.endMs)];
    return ends.length > 0 ? Math.max(...ends) : undefined;
  }
}
