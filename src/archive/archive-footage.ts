import { dirname, join, resolve } from "node:path";
import type { GapRow, Recording, RunRow } from "../db/index/rows.ts";
import type { RunEnd } from "../media/reasons.ts";
import { ticksToMs } from "../media/ticks.ts";
import type { Segment } from "../media/segment-list.ts";
import { VIDEO_TIMESCALE } from "../media/parameters.ts";
import type { ChannelWriter } from "./write/channel-writer.ts";
import type { Footage, FootageChannel } from "./footage.ts";
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

/** The archive as readers see it: the index for what is closed, the writers' memory for what is being written. */
export class ArchiveFootage implements Footage {
  readonly #context: WriteContext;
  readonly #writerOf: (channelId: string) => ChannelWriter;

  constructor(context: WriteContext, writerOf: (channelId: string) => ChannelWriter) {
    this.#context = context;
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
  #idsOf(channel: string): string[] {
    const settings = this.#settings(channel);
    return settings ? [...new Set([settings.id, ...settings.was])] : [channel];
  }

  #open(ids: readonly string[]): Recording[] {
    return [...this.#context.open]
      .filter((writer) => ids.includes(writer.row.channel) && writer.segments.length > 0)
      .map((writer) => writer.recording());
  }

  recordings(channel: string, fromMs: number, toMs: number): Recording[] {
    const ids = this.#idsOf(channel);
    const closed = ids.flatMap((id) => this.#context.index.recordingsBetween(id, fromMs, toMs));
    const open = this.#open(ids).filter((recording) => recording.startMs < toMs && recording.endMs > fromMs);
    return [...closed, ...open].filter((recording) => recording.segmentCount > 0).sort(byOrder);
  }

  newest(channel: string, durationMs: number): Recording[] {
    const ids = this.#idsOf(channel);
    const open = this.#open(ids);
    let foundMs = open.reduce((sum, recording) => sum + lengthMs(recording), 0);
    const closed: Recording[] = [];
    const { index } = this.#context;
    let before = new Map(ids.map((id) => [id, Number.MAX_SAFE_INTEGER]));
    while (foundMs < durationMs) {
      const rows = [...before].flatMap(([id, sequence]) => index.newestRow(id, sequence) ?? []);
      const row = rows.sort((a, b) => b.firstMediaSequence - a.firstMediaSequence)[0];
      if (!row) break;
      before = new Map(before).set(row.channel, row.firstMediaSequence);
      const recording = index.recording(row.id);
      if (!recording || recording.segments.length === 0) continue;
      closed.push(recording);
      foundMs += lengthMs(recording);
    }
    return [...closed, ...open].sort(byStorage);
  }

  /** Changes whenever any other answer about the channel may. */
  stamp(channel: string): string {
    const ids = this.#idsOf(channel);
    const open = [...this.#context.open]
      .filter(({ row }) => ids.includes(row.channel))
      .map(({ row, segments, endMs }) => `${row.id}-${segments.length}-${row.startMs}-${endMs}`);
    return [this.#context.index.changes, ...ids, ...open].join(" ");
  }

  recording(id: string): Recording | undefined {
    for (const writer of this.#context.open) if (writer.row.id === id) return writer.recording();
    const found = this.#context.index.recording(id);
    return found?.state === "open" ? undefined : found;
  }

  run(id: string): RunRow | undefined {
    return this.#context.index.run(id);
  }

  gaps(channel: string, fromMs: number, toMs: number): GapRow[] {
    const { index, open } = this.#context;
    // A gap is told when footage follows it: not while its recording is still an intent.
    const isIntent = (gap: GapRow) =>
      [...open].some((writer) => writer.row.id === gap.recording && writer.segments.length === 0);
    return this.#idsOf(channel)
      .flatMap((id) => index.gapsBetween(id, fromMs, toMs))
      .filter((gap) => !isIntent(gap))
      .sort((a, b) => a.startMs - b.startMs);
  }

  outage(channel: string): (RunEnd & { sinceMs: number }) | undefined {
    const settings = this.#settings(channel);
    return settings && this.#writerOf(settings.id).outage;
  }

  mediaPath(recording: Recording, segment?: Segment): string | undefined {
    const root = this.#context.roots.pathOf(recording.root);
    if (root === undefined) return undefined;
    if (!segment?.file) return join(root, recording.path);
    return resolve(root, dirname(recording.path), segment.file.name);
  }
}
