import {
  StorageMissing,
  type Archive,
  type KeptMark,
  type KeptRunRecorder,
  type KeptRunStart,
  type RunRecorder,
} from "../capture/recording-sink.ts";
import type { IndexDatabase } from "../db/index/index-database.ts";
import type { GapRow, Recording, RunRow } from "../db/index/rows.ts";
import type { RunParameters } from "../media/parameters.ts";
import type { Segment } from "../media/segment-list.ts";
import type { RunEnd } from "../media/reasons.ts";
import type { Clock } from "../platform/clock.ts";
import { errorText, NightjarError } from "../platform/errors.ts";
import type { Files } from "../platform/files.ts";
import { logOf } from "../platform/log.ts";
import { ArchiveFootage } from "./archive-footage.ts";
import { keptTail } from "./kept-tail.ts";
import { ChannelWriter } from "./write/channel-writer.ts";
import { closeRows } from "./write/closing.ts";
import { FileArchive } from "./files/file-archive.ts";
import type { ReplacedSegment } from "./files/replaced-files.ts";
import { Flusher, type FlushFigures } from "./write/flusher.ts";
import type { Footage, FootageChannel } from "./footage.ts";
import type { LiveChannel } from "./live/live-channel.ts";
import type { LiveEdge, LiveFootage, LivePartContent, LivePartName } from "./live/live-edge.ts";
import type { RecordingWriter } from "./write/recording-writer.ts";
import { recover, type RecoveryReport } from "./write/recovery.ts";
import { resumeRedate, tellPendingJournals } from "./write/redate.ts";
import { Redating } from "./write/redating.ts";
import type { Roots, StorageAway } from "./roots/root.ts";
import { KeptRunWriter } from "./write/kept-run-writer.ts";
import type { OpenRun, RunPlace } from "./write/open-run.ts";
import { RunWriter } from "./write/run-writer.ts";
import type { ArchiveSettings } from "./settings.ts";
import type { WriteContext } from "./write/write-context.ts";

const log = logOf("archive");

/** A graceful stop takes no longer, whatever the disk does. */
const CLOSE_LIMIT_MS = 4500;
const STOPPED: RunEnd = { reason: "stopped", detail: "" };

export type ArchiveDeps = {
  clock: Clock;
  files: Files;
  index: IndexDatabase;
  roots: Roots;
  settings: ArchiveSettings;
};

/**
 * The archive: takes runs from capture, writes them as recordings, and answers for all footage. `start` first:
 * it recovers what was being written when everything stopped.
 */
export class RecordingArchive implements Archive, Footage, LiveFootage {
  readonly #context: WriteContext;
  readonly #flusher: Flusher;
  /** Segments that are files of their own. */
  readonly fileFootage: FileArchive;
  readonly #footage: ArchiveFootage;
  readonly #channels = new Map<string, ChannelWriter>();
  readonly #runs = new Set<OpenRun<unknown>>();
  readonly #redating: Redating;
  readonly #stop = new AbortController();
  #loop: Promise<void> | undefined;
  #recovery: Promise<unknown> = Promise.resolve();

  constructor(deps: ArchiveDeps) {
    this.#context = {
      ...deps,
      figures: { syncs: 0, bytesWritten: 0, waitingBytes: 0 },
      open: new Set(),
      redated: () => this.#redated(),
      noteUnsure: () => this.#redating.noteUnsure(),
    };
    this.#flusher = new Flusher(this.#context, {
      closable: (recordings) => closeRows(this.#context, recordings, () => this.#saveCounters(recordings)),
      failed: (recording, end) => this.#syncFailed(recording, end),
    });
    this.#redating = new Redating(this.#context, {
      runs: this.#runs,
      channels: this.#channels,
      flush: () => this.#flusher.flush(),
    });
    this.fileFootage = new FileArchive(this.#context, (id) => this.#takeUpCounter(id));
    this.#footage = new ArchiveFootage(
      this.#context,
      this.fileFootage,
      // A reader must not fix where a channel stands: an id that it takes over may still be recorded.
      (id) => this.#channels.get(id) ?? this.#loadChannel(id),
    );
    deps.roots.onChange((rootId) => void this.#rootChanged(rootId));
  }

  /** What writing has cost since the start. */
  get figures(): FlushFigures {
    return this.#flusher.figures;
  }

  /** Recordings that are being written or wait for their last sync: never to be deleted. */
  get openRecordings(): readonly string[] {
    return [...this.#context.open].map((writer) => writer.row.id);
  }

  /** Recovers, finishes a re-dating that was interrupted, and begins to flush. */
  async start(): Promise<RecoveryReport> {
    const report = await this.#recover();
    await resumeRedate(this.#context);
    await this.#redating.check();
    await this.fileFootage.recover();
    this.#loop = this.#flushForEver();
    return report;
  }

  openRun(channelId: string, parameters: RunParameters, onFailure: (end: RunEnd) => void): RunRecorder {
    return this.#begin(channelId, onFailure, (place) => new RunWriter(place, parameters));
  }

  openKeptRun(channelId: string, start: KeptRunStart, onFailure: (end: RunEnd) => void): KeptRunRecorder {
    return this.#begin(channelId, onFailure, (place) => new KeptRunWriter(place, start));
  }

  #begin<R extends OpenRun<unknown>>(
    channelId: string,
    onFailure: (end: RunEnd) => void,
    make: (place: RunPlace) => R,
  ): R {
    const { roots, settings, clock } = this.#context;
    const channelSettings = settings.channels().find((channel) => channel.id === channelId);
    if (!channelSettings) throw new NightjarError("not-found", `there is no channel ${channelId}`);
    const channel = this.#channel(channelId);
    const root = roots.current();
    if ("missing" in root) {
      channel.noteEnd(root.missing, clock.nowMs());
      throw new StorageMissing(root.missing);
    }
    const former = channel.run;
    if (former) {
      channel.former = former.over;
      void former.close(STOPPED);
    }
    const run = make({ context: this.#context, channel, settings: channelSettings, onFailure });
    channel.run = run;
    channel.former = run.over;
    this.#runs.add(run);
    void run.over.then(() => this.#runs.delete(run));
    return run;
  }

  async keptTail(channelId: string, count: number): Promise<readonly KeptMark[]> {
    await this.#recovery.catch(() => {});
    return keptTail(this.#context, this.#footage.idsOf(channelId), count);
  }

  noteFailure(channelId: string, end: RunEnd): void {
    this.#channel(channelId).noteEnd(end, this.#context.clock.nowMs());
  }

  /** Resolves when everything that was written before the call is durable. */
  async flushNow(): Promise<void> {
    await Promise.all([this.#flusher.flush(), this.fileFootage.flush()]);
  }

  /** Ends all runs that are left as `stopped`, and makes everything durable; gives up after five seconds. */
  async close(): Promise<void> {
    this.#stop.abort();
    const done = new AbortController();
    const finish = async (): Promise<void> => {
      try {
        await Promise.all([...this.#runs].map((run) => run.close(STOPPED)));
        await this.#loop;
        await this.#flusher.flush();
        await this.fileFootage.close();
      } catch (error) {
        log.error("the archive could not be closed: {text}", { text: errorText(error) });
      }
      done.abort();
    };
    await Promise.race([finish(), this.#context.clock.sleep(CLOSE_LIMIT_MS, done.signal)]);
    if (!done.signal.aborted)
      log.error("the disk did not take everything in time; the next start looks after the rest");
  }

  async #flushForEver(): Promise<void> {
    const { clock, settings } = this.#context;
    while (!this.#stop.signal.aborted) {
      await clock.sleep(settings.flushMs, this.#stop.signal);
      if (this.#stop.signal.aborted) return;
      try {
        await this.flushNow();
        await this.#redating.check();
      } catch (error) {
        log.error("a flush failed: {text}", { text: errorText(error) });
      }
    }
  }

  /** The channel as a writer takes it up: one that was renamed while this program runs goes on where it stood. */
  #channel(id: string): ChannelWriter {
    const known = this.#channels.get(id);
    const isOvertaken = (old: string) =>
      (this.#channels.get(old)?.newestEndMs ?? 0) > (known?.newestEndMs ?? 0);
    if (known && !this.#formerIds(id).some(isOvertaken)) return known;
    const channel = this.#loadChannel(id);
    this.#channels.set(id, channel);
    return channel;
  }

  #loadChannel(id: string): ChannelWriter {
    return ChannelWriter.load(this.#context.index, id, this.#formerIds(id), (each) =>
      this.#channels.get(each),
    );
  }

  /** Numbers that files were given are not used again when the channel is captured. */
  #takeUpCounter(id: string): void {
    const { index } = this.#context;
    const counter = index.counter(id);
    if (counter) this.#channels.get(id)?.recovered(counter, index.newestRun(id));
  }

  #formerIds(id: string): readonly string[] {
    return this.#context.settings.channels().find((settings) => settings.id === id)?.was ?? [];
  }

  #saveCounters(recordings: readonly RecordingWriter[]): void {
    for (const id of new Set(recordings.map((recording) => recording.row.channel)))
      this.#context.index.setCounter(this.#channel(id).counter);
  }

  #syncFailed(recording: RecordingWriter, end: RunEnd): void {
    const channel = this.#channel(recording.row.channel);
    channel.lost(recording.endMs);
    if (end.reason === "disk-missing") this.#noteMissing(recording, end);
    [...this.#runs].find((run) => run.id === recording.row.run)?.fail(end);
  }

  /** The storage went away: recovery looks after the recording when it comes back, and has to know why it ended. */
  #noteMissing(recording: RecordingWriter, end: RunEnd): void {
    this.#context.index.updateRun(recording.row.run, {
      endMs: recording.endMs,
      endReason: end.reason,
      endDetail: end.detail,
    });
  }

  async #rootChanged(rootId: string): Promise<void> {
    const { roots, open } = this.#context;
    try {
      if (roots.pathOf(rootId) !== undefined) {
        await this.#recover();
        await this.fileFootage.recover();
        return;
      }
      await this.fileFootage.recover();
      const current = roots.current();
      const end =
        "missing" in current
          ? current.missing
          : { reason: "disk-missing" as const, detail: "its storage went away" };
      for (const run of this.#runs) if (run.rootId === rootId) run.fail(end);
      for (const recording of [...open].filter((writer) => writer.row.root === rootId)) {
        open.delete(recording);
        await recording.leave();
        this.#channel(recording.row.channel).lost(recording.endMs);
        this.#noteMissing(recording, end);
      }
    } catch (error) {
      log.error("the change of storage could not be followed: {text}", { text: errorText(error) });
    }
  }

  /** One recovery after the other: a storage may come while another is being looked through. */
  #recover(): Promise<RecoveryReport> {
    const next = this.#recovery.catch(() => {}).then(() => this.#recoverNow());
    this.#recovery = next;
    return next;
  }

  async #recoverNow(): Promise<RecoveryReport> {
    const { open, index } = this.#context;
    await tellPendingJournals(this.#context);
    const report = await recover(
      this.#context,
      (id) => [...open].some((writer) => writer.row.id === id),
      (id) => [...this.#runs].some((run) => run.id === id),
    );
    for (const [id, channel] of this.#channels) {
      const counter = index.counter(id);
      if (!counter) continue;
      // Footage may also have been read in from a storage that the index did not know.
      const isBehind = channel.counter.nextMediaSequence < counter.nextMediaSequence;
      if (isBehind || report.channels.includes(id)) channel.recovered(counter, index.newestRun(id));
    }
    return report;
  }

  /** Before a run is dated, what it follows has to be there, and dated right. */
  async #redated(): Promise<void> {
    try {
      await this.#recovery;
      await this.#redating.check();
    } catch (error) {
      log.error("what a new run follows could not be made ready: {text}", { text: errorText(error) });
    }
  }

  channels(): readonly FootageChannel[] {
    return this.#footage.channels();
  }

  channel(id: string): FootageChannel | undefined {
    return this.#footage.channel(id);
  }

  recordings(channel: string, fromMs: number, toMs: number): Recording[] {
    return this.#footage.recordings(channel, fromMs, toMs);
  }

  newest(channel: string, durationMs: number): Recording[] {
    return this.#footage.newest(channel, durationMs);
  }

  agedAway(channel: string): Recording[] {
    return this.#footage.agedAway(channel);
  }

  recording(id: string): Recording | undefined {
    return this.#footage.recording(id);
  }

  replaced(recording: string, ordinal: number): ReplacedSegment | undefined {
    return this.#footage.replaced(recording, ordinal);
  }

  run(id: string): RunRow | undefined {
    return this.#footage.run(id);
  }

  gaps(channel: string, fromMs: number, toMs: number): GapRow[] {
    return this.#footage.gaps(channel, fromMs, toMs);
  }

  outage(channel: string): (RunEnd & { sinceMs: number }) | undefined {
    return this.#footage.outage(channel);
  }

  storageAway(): StorageAway | undefined {
    return this.#footage.storageAway();
  }

  mediaPath(recording: Recording, segment?: Segment): string | undefined {
    return this.#footage.mediaPath(recording, segment);
  }

  /** Changes whenever the footage of a channel does. */
  stamp(channel: string): string {
    return this.#footage.stamp(channel);
  }

  /** What a channel's writer tells of its newest footage; there is none before its first run. */
  #live(channel: string): LiveChannel | undefined {
    return this.#channels.get(this.#footage.channel(channel)?.id ?? channel)?.live;
  }

  liveEdge(channel: string): LiveEdge | undefined {
    return this.#live(channel)?.edge();
  }

  livePart(channel: string, name: LivePartName): LivePartContent | undefined {
    return this.#live(channel)?.part(name);
  }

  onLiveChange(channel: string, listener: () => void): () => void {
    return this.#live(channel)?.listen(listener) ?? (() => {});
  }
}
