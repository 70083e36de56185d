import type { IndexDatabase } from "../db/index/index-database.ts";
import { fileSpans } from "../db/index/file-spans.ts";
import { hasOwnFiles, type Extent, type Recording } from "../db/index/rows.ts";
import type { ArchiveChannel } from "./settings.ts";

export type { Extent } from "../db/index/rows.ts";

/** What is known of a channel's footage without looking into its segments: for bars, calendars and forecasts. */
export interface FootageHistory {
  /**
   * Recordings of a channel that overlap `[fromMs, toMs)` (ms UTC), by their start; those being written as well. One
   * whose segments are files is told as its spans without a hole.
   */
  extents(channel: string, fromMs: number, toMs: number): Extent[];
  /** The recording that begins last before `ms`. */
  lastBefore(channel: string, ms: number): Extent | undefined;
  /** The recording that begins first at `ms` or later. */
  firstFrom(channel: string, ms: number): Extent | undefined;
  /** All footage of all channels, by channel id. */
  totals(): ReadonlyMap<string, ChannelTotal>;
}

/** All footage of a channel: from its first picture to the end of its last one, ms UTC. */
export type ChannelTotal = { startMs: number; endMs: number; sizeBytes: number };

export type HistoryDeps = {
  index: IndexDatabase;
  channels: () => readonly Pick<ArchiveChannel, "id" | "was">[];
  /** Recordings that are being written, with the segments that are whole. */
  open: () => readonly Recording[];
  /** Recordings of files of channels (by their stored ids) that the index has otherwise than they are, or not yet. */
  changed?: (ids: readonly string[]) => readonly Recording[];
};

const byStart = (a: Extent, b: Extent): number => a.startMs - b.startMs;

function extentsOf(recording: Recording): Extent[] {
  const { run, startMs, endMs, sizeBytes, segments } = recording;
  return hasOwnFiles(recording) ? fileSpans(run, segments) : [{ run, startMs, endMs, sizeBytes }];
}

/** The history of the archive: from the index for what is closed, from the writers for what is being written. */
export class ArchiveHistory implements FootageHistory {
  readonly #deps: HistoryDeps;

  constructor(deps: HistoryDeps) {
    this.#deps = deps;
  }

  #idsOf(channel: string): string[] {
    const found = this.#deps.channels().find(({ id }) => id === channel);
    return found ? [...new Set([found.id, ...found.was])] : [channel];
  }

  #open(ids: readonly string[]): Extent[] {
    return this.#deps
      .open()
      .filter((recording) => ids.includes(recording.channel) && recording.segments.length > 0)
      .flatMap((recording) => extentsOf(recording));
  }

  #changed(ids: readonly string[]): { ids: ReadonlySet<string>; extents: readonly Extent[] } {
    const changed = this.#deps.changed?.(ids) ?? [];
    return { ids: new Set(changed.map(({ id }) => id)), extents: changed.flatMap(extentsOf) };
  }

  extents(channel: string, fromMs: number, toMs: number): Extent[] {
    const ids = this.#idsOf(channel);
    const changed = this.#changed(ids);
    const closed = ids.flatMap((id) => this.#deps.index.extentsBetween(id, fromMs, toMs, changed.ids));
    const open = [...this.#open(ids), ...changed.extents].filter(
      ({ startMs, endMs }) => startMs < toMs && endMs > fromMs,
    );
    return [...closed, ...open].sort(byStart);
  }

  lastBefore(channel: string, ms: number): Extent | undefined {
    const ids = this.#idsOf(channel);
    const closed = ids.flatMap((id) => this.#deps.index.extentBefore(id, ms) ?? []);
    const open = [...this.#open(ids), ...this.#changed(ids).extents].filter(({ startMs }) => startMs < ms);
    return [...closed, ...open].sort(byStart).at(-1);
  }

  firstFrom(channel: string, ms: number): Extent | undefined {
    const ids = this.#idsOf(channel);
    const closed = ids.flatMap((id) => this.#deps.index.extentFrom(id, ms) ?? []);
    const open = [...this.#open(ids), ...this.#changed(ids).extents].filter(({ startMs }) => startMs >= ms);
    return [...closed, ...open].sort(byStart)[0];
  }

  totals(): ReadonlyMap<string, ChannelTotal> {
    const { index, channels, open } = this.#deps;
    const heirs = new Map(channels().flatMap(({ id, was }) => [id, ...was].map((old) => [old, id])));
    const totals = new Map<string, ChannelTotal>();
    const changed = this.#deps.changed?.([...heirs.keys()]) ?? [];
    const stored = new Set(changed.length === 0 ? [] : index.existing(changed.map(({ id }) => id)));
    const isNew = ({ id }: Recording) => !stored.has(id);
    const being = [...open(), ...changed.filter(isNew)].filter(({ segments }) => segments.length > 0);
    for (const { channel, startMs, endMs, sizeBytes } of [...index.totals(), ...being]) {
      const id = heirs.get(channel) ?? channel;
      const known = totals.get(id);
      totals.set(id, {
        startMs: Math.min(known?.startMs ?? startMs, startMs),
        endMs: Math.max(known?.endMs ?? endMs, endMs),
        sizeBytes: (known?.sizeBytes ?? 0) + sizeBytes,
      });
    }
    return totals;
  }
}
