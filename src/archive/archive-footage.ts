import { dirname, join, resolve } from "node:path";
import type { GapRow, Recording, RunRow } from "../db/index/rows.ts";
import type { RunEnd } from "../media/reasons.ts";
import { ticksToMs } from "../media/ticks.ts";
import type { Segment } from "../media/segment-list.ts";
import { VIDEO_TIMESCALE } from "../media/parameters.ts";
import type { ChannelWriter } from "./write/channel-writer.ts";
import type { Footage, FootageChannel } from "./footage.ts";
import type { FileArchive } from "./files/file-archive.ts";
import type { StorageAway } from "./roots/root.ts";
import type { ReplacedSegment } from "./files/replaced-files.ts";
import type { ArchiveChannel } from "./settings.ts";
import type { WriteContext } from "./write/write-context.ts";

const byOrder = (a: Recording, b: Recording): number =>
  a.startMs - b.startMs || a.firstMediaSequence - b.firstMediaSequence;

/** In the order in which it was stored: after a clock that was wrong, the newest footage may have older times. */
const byStorage = (a: Recording, b: Recording): number => a.firstMediaSequence - b.firstMediaSequence;

const lengthMs = ({ segments }: Recording): number =>
  ticksToMs(
    segments.reduce((sum, segment) => sum + segment.durationTicks, 0),
    VIDEO_TIMESCALE,
  );

/**
 * The archive as readers see it: the index for what is closed, the writers' memory for what is being written, and of
 * recordings of files what changed since the index was told.
 */
export class ArchiveFootage implements Footage {
  readonly #context: WriteContext;
  readonly #writerOf: (channelId: string) => ChannelWriter;

  readonly #files: FileArchive;

  constructor(context: WriteContext, files: FileArchive, writerOf: (channelId: string) => ChannelWriter) {
    this.#context = context;
    this.#files = files;
    this.#writerOf = writerOf;
  }

  channels(): readonly FootageChannel[] {
    return this.#context.settings
      .channels()
      .map(({ id, name, zone, isRetired }) => ({ id, name, zone, isRetired }));
  }

  channel(id: string): FootageChannel | undefined {
    const found = this.#settings(id);
    return found && { id: found.id, name: found.name, zone: found.zone, isRetired: found.isRetired };
  }

  #settings(id: string): ArchiveChannel | undefined {
    const wanted = id.toLowerCase();
    const all = this.#context.settings.channels();
    return (
      all.find((channel) => channel.id.toLowerCase() === wanted) ??
      all.find((channel) => channel.was.some((old) => old.toLowerCase() === wanted))
    );
  }

  /** The ids under which a channel's footage is stored: its own and those it had before. */
  idsOf(channel: string): string[] {
    const settings = this.#settings(channel);
    return settings ? [...new Set([settings.id, ...settings.was])] : [channel];
  }

  #open(ids: readonly string[]): Recording[] {
    return [...this.#context.open]
      .filter((writer) => ids.includes(writer.row.channel) && writer.segments.length > 0)
      .map((writer) => writer.recording());
  }

  recordings(channel: string, fromMs: number, toMs: number): Recording[] {
    const ids = this.idsOf(channel);
    const closed = ids.flatMap((id) => this.#context.index.recordingsBetween(id, fromMs, toMs));
    const isWithin = (recording: Recording) => recording.startMs < toMs && recording.endMs > fromMs;
    const open = this.#open(ids).filter(isWithin);
    const { byId, list } = this.#changed(ids);
    const stored = byId.size === 0 ? closed : closed.filter(({ id }) => !byId.has(id));
    return [...stored, ...open, ...list.filter(isWithin)]
      .filter((recording) => recording.segmentCount > 0)
      .sort(byOrder);
  }

  /** Recordings of files that the index has otherwise than they are, or not yet, or still; newest first. */
  #changed(ids: readonly string[]): { byId: ReadonlyMap<string, Recording>; list: readonly Recording[] } {
    const list = this.#files.changed(ids).map(({ recording }) => recording);
    list.sort((a, b) => byStorage(b, a));
    return { byId: new Map(list.map((recording) => [recording.id, recording])), list };
  }

  newest(channel: string, durationMs: number): Recording[] {
    const ids = this.idsOf(channel);
    const open = this.#open(ids);
    let foundMs = open.reduce((sum, recording) => sum + lengthMs(recording), 0);
    const closed: Recording[] = [];
    const { index } = this.#context;
    const { byId, list } = this.#changed(ids);
    const changed = list.filter((recording) => recording.segmentCount > 0);
    let before = new Map(ids.map((id) => [id, Number.MAX_SAFE_INTEGER]));
    while (foundMs < durationMs) {
      const rows = [...before].flatMap(([id, sequence]) => index.newestRow(id, sequence) ?? []);
      const row = rows.sort((a, b) => b.firstMediaSequence - a.firstMediaSequence)[0];
      const [newestChanged] = changed;
      if (newestChanged && newestChanged.firstMediaSequence >= (row?.firstMediaSequence ?? -1)) {
        changed.shift();
        closed.push(newestChanged);
        foundMs += lengthMs(newestChanged);
        continue;
      }
      if (!row) break;
      before = new Map(before).set(row.channel, row.firstMediaSequence);
      if (byId.has(row.id)) continue;
      const recording = index.recording(row.id);
      if (!recording || recording.segments.length === 0) continue;
      closed.push(recording);
      foundMs += lengthMs(recording);
    }
    return [...closed, ...open].sort(byStorage);
  }

  agedAway(channel: string): Recording[] {
    const ids = this.idsOf(channel);
    const rows = this.#context.index.rowsInState("garbage").filter((row) => ids.includes(row.channel));
    return rows.flatMap(({ id }) => this.#context.index.recording(id) ?? []);
  }

  /** Changes whenever any other answer about the channel may. */
  stamp(channel: string): string {
    const ids = this.idsOf(channel);
    const open = [...this.#context.open]
      .filter(({ row }) => ids.includes(row.channel))
      .map(({ row, segments, endMs }) => `${row.id}-${segments.length}-${row.startMs}-${endMs}`);
    return [this.#context.index.changes, ...ids, ...open, this.#files.stamp(ids)].join(" ");
  }

  recording(id: string): Recording | undefined {
    for (const writer of this.#context.open) if (writer.row.id === id) return writer.recording();
    const changed = this.#files.recording(id);
    if (changed) return changed.segmentCount > 0 ? changed : undefined;
    const found = this.#context.index.recording(id);
    return found?.state === "open" ? undefined : found;
  }

  replaced(recording: string, ordinal: number): ReplacedSegment | undefined {
    return this.#files.replaced(recording, ordinal);
  }

  run(id: string): RunRow | undefined {
    return this.#context.index.run(id) ?? this.#files.run(id);
  }

  gaps(channel: string, fromMs: number, toMs: number): GapRow[] {
    const { index, open } = this.#context;
    // A gap is told when footage follows it: not while its recording is still an intent.
    const isIntent = (gap: GapRow) =>
      [...open].some((writer) => writer.row.id === gap.recording && writer.segments.length === 0);
    const ids = this.idsOf(channel);
    const changed = this.#files.changed(ids);
    const changedIds = new Set(changed.map(({ recording }) => recording.id));
    const stored = ids
      .flatMap((id) => index.gapsBetween(id, fromMs, toMs))
      .filter((gap) => !isIntent(gap) && !changedIds.has(gap.recording));
    const anew = changed
      .flatMap(({ gaps }) => gaps)
      .filter((gap) => gap.startMs < toMs && gap.endMs > fromMs);
    return [...stored, ...anew].sort((a, b) => a.startMs - b.startMs);
  }

  outage(channel: string): (RunEnd & { sinceMs: number }) | undefined {
    const settings = this.#settings(channel);
    return settings && (this.#writerOf(settings.id).outage ?? this.#files.outage(settings.id));
  }

  storageAway(): StorageAway | undefined {
    return this.#context.roots.away?.();
  }

  mediaPath(recording: Recording, segment?: Segment): string | undefined {
    const root = this.#context.roots.pathOf(recording.root);
    if (root === undefined) return undefined;
    if (!segment?.file) return join(root, recording.path);
    return resolve(root, dirname(recording.path), segment.file.name);
  }
}
