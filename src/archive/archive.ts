import type { Archive, RunRecorder } from "../capture/recording-sink.ts";
import type { IndexDatabase } from "../db/index/index-database.ts";
import type { GapRow, Recording, RunRow } from "../db/index/rows.ts";
import type { RunParameters } from "../media/parameters.ts";
import type { RunEnd } from "../media/reasons.ts";
import { MIN_STEP_MS } from "../platform/clock-watch.ts";
import type { Clock } from "../platform/clock.ts";
import { errorText, NightjarError } from "../platform/errors.ts";
import type { Files } from "../platform/files.ts";
import { logOf } from "../platform/log.ts";
import { ArchiveFootage } from "./archive-footage.ts";
import { ChannelWriter } from "./channel-writer.ts";
import { closeRows } from "./closing.ts";
import { StorageMissing } from "./disk-end.ts";
import { Flusher, type FlushFigures } from "./flusher.ts";
import type { Footage, FootageChannel } from "./footage.ts";
import type { RecordingWriter } from "./recording-writer.ts";
import { recover, type RecoveryReport } from "./recovery.ts";
import { redate, redateDeltaMs, resumeRedate, tellPendingJournals } from "./redate.ts";
import type { Roots } from "./root.ts";
import { RunWriter } from "./run-writer.ts";
import type { ArchiveSettings } from "./settings.ts";
import type { WriteContext } from "./write-context.ts";

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
export class RecordingArchive implements Archive, Footage {
  readonly #context: WriteContext;
  readonly #flusher: Flusher;
  readonly #footage: ArchiveFootage;
  readonly #channels = new Map<string, ChannelWriter>();
  readonly #runs = new Set<RunWriter>();
  readonly #stop = new AbortController();
  #loop: Promise<void> | undefined;
  #redating: Promise<void> | undefined;
  #hasUnsure = true;
  /** Wall time minus time since boot, and what the kernel said, when unsure runs were looked at last. */
  #checked: { offsetMs: number; isSynchronised: boolean } | undefined;

  constructor(deps: ArchiveDeps) {
    this.#context = {
      ...deps,
      figures: { syncs: 0, bytesWritten: 0 },
      open: new Set(),
      redated: async () => this.#redating,
      noteUnsure: () => {
        this.#hasUnsure = true;
        this.#checked = undefined;
      },
    };
    this.#flusher = new Flusher(this.#context, {
      closable: (recordings) => closeRows(this.#context, recordings, () => this.#saveCounters(recordings)),
      failed: (recording, end) => this.#syncFailed(recording, end),
    });
    this.#footage = new ArchiveFootage(
      this.#context,
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
    await this.#checkClock();
    this.#loop = this.#flushForEver();
    return report;
  }

  openRun(channelId: string, parameters: RunParameters, onFailure: (end: RunEnd) => void): RunRecorder {
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
    const run = new RunWriter(this.#context, channel, channelSettings, parameters, onFailure);
    channel.run = run;
    channel.former = run.over;
    this.#runs.add(run);
    void run.over.then(() => this.#runs.delete(run));
    return run;
  }

  noteFailure(channelId: string, end: RunEnd): void {
    this.#channel(channelId).noteEnd(end, this.#context.clock.nowMs());
  }

  /** Resolves when everything that was written before the call is durable. */
  flushNow(): Promise<void> {
    return this.#flusher.flush();
  }

  /** Ends all runs that are left as `stopped`, and makes everything durable; gives up after five seconds. */
  async close(): Promise<void> {
    this.#stop.abort();
    const limit = new AbortController();
    const work = async () => {
      await Promise.all([...this.#runs].map((run) => run.close(STOPPED)));
      await this.#loop;
      await this.#redating;
      await this.#flusher.flush();
      limit.abort();
    };
    await Promise.race([work(), this.#context.clock.sleep(CLOSE_LIMIT_MS, limit.signal)]);
    if (!limit.signal.aborted)
      log.error("the disk did not take everything in time; recovery will look after the rest");
  }

  async #flushForEver(): Promise<void> {
    const { clock, settings } = this.#context;
    while (!this.#stop.signal.aborted) {
      await clock.sleep(settings.flushMs, this.#stop.signal);
      if (this.#stop.signal.aborted) return;
      try {
        await this.#flusher.flush();
        await this.#checkClock();
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
        return;
      }
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

  async #recover(): Promise<RecoveryReport> {
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
      if (isBehind || report.channels.includes(id)) channel.recovered(counter);
    }
    return report;
  }

  /**
   * Dates unsure runs of this boot anew as soon as the clock was set, or the kernel calls it synchronised. That it
   * was set shows in the runs themselves, so it is also seen when this program did not run at that moment.
   */
  async #checkClock(): Promise<void> {
    const { clock } = this.#context;
    if (!this.#hasUnsure || clock.bootId === "unknown") return;
    const now = { nowMs: clock.nowMs(), bootMs: clock.bootMs() };
    const isSynchronised = clock.synchronised() === true;
    const offsetMs = now.nowMs - now.bootMs;
    const isAsBefore =
      this.#checked !== undefined &&
      Math.abs(offsetMs - this.#checked.offsetMs) <= MIN_STEP_MS &&
      this.#checked.isSynchronised === isSynchronised;
    if (isAsBefore && !isSynchronised) return;
    this.#checked = { offsetMs, isSynchronised };
    this.#redating = this.#redate(now, isSynchronised);
    try {
      await this.#redating;
    } finally {
      this.#redating = undefined;
    }
  }

  async #redate(now: { nowMs: number; bootMs: number }, isSynchronised: boolean): Promise<void> {
    const { clock, index, open } = this.#context;
    const isOff = (run: RunRow) => Math.abs(redateDeltaMs(run, now)) > MIN_STEP_MS;
    const wrong = [...this.#runs].filter((run) => run.row?.unsure === true && isOff(run.row));
    for (const run of wrong)
      run.fail({ reason: "clock-stepped", detail: "this machine's clock was set" }, true);
    await Promise.all(wrong.map((run) => run.over));
    if (wrong.length > 0) await this.#flusher.flush();
    const unsure = index.unsureRuns(clock.bootId);
    const isBusy = (run: RunRow) =>
      [...open].some((writer) => writer.row.run === run.id) ||
      [...this.#runs].some((writer) => writer.id === run.id);
    const ready = unsure.filter((run) => !isBusy(run) && (isSynchronised || isOff(run)));
    const plan = ready.map((run) => ({ id: run.id, deltaMs: redateDeltaMs(run, now) }));
    await redate(this.#context, plan);
    for (const { id, deltaMs } of plan)
      for (const channel of this.#channels.values()) channel.redated(id, deltaMs);
    this.#hasUnsure = unsure.length > plan.length || [...this.#runs].some((run) => run.isUnsure);
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

  recording(id: string): Recording | undefined {
    return this.#footage.recording(id);
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

  mediaPath(recording: Recording): string | undefined {
    return this.#footage.mediaPath(recording);
  }
}
