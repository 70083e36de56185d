import type { IndexDatabase } from "../db/index/index-database.ts";
import type { Extent, Recording } from "../db/index/rows.ts";
import type { ArchiveChannel } from "./settings.ts";

export type { Extent } from "../db/index/rows.ts";

/** What is known of a channel's footage without looking into its segments: for bars, calendars and forecasts. */
export interface FootageHistory {
  /** Recordings of a channel that overlap `[fromMs, toMs)` (ms UTC), by their start; those being written as well. */
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
};

const byStart = (a: Extent, b: Extent): number => a.startMs - b.startMs;

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
      .map(({ run, startMs, endMs, sizeBytes }) => ({ run, startMs, endMs, sizeBytes }));
  }

  extents(channel: string, fromMs: number, toMs: number): Extent[] {
    const ids = this.#idsOf(channel);
    const closed = ids.flatMap((id) => this.#deps.index.extentsBetween(id, fromMs, toMs));
    const open = this.#open(ids).filter(({ startMs, endMs }) => startMs < toMs && endMs > fromMs);
    return [...closed, ...open].sort(byStart);
  }

  lastBefore(channel: string, ms: number): Extent | undefined {
    const ids = this.#idsOf(channel);
    const closed = ids.flatMap((id) => this.#deps.index.extentBefore(id, ms) ?? []);
    const open = this.#open(ids).filter(({ startMs }) => startMs < ms);
    return [...closed, ...open].sort(byStart).at(-1);
  }

  firstFrom(channel: string, ms: number): Extent | undefined {
    const ids = this.#idsOf(channel);
    const closed = ids.flatMap((id) => this.#deps.index.extentFrom(id, ms) ?? []);
    const open = this.#open(ids).filter(({ startMs }) => startMs >= ms);
    return [...closed, ...open].sort(byStart)[0];
  }

  totals(): ReadonlyMap<string, ChannelTotal> {
    const { index, channels, open } = this.#deps;
    const heirs = new Map(channels().flatMap(({ id, was }) => [id, ...was].map((old) => [old, id])));
    const totals = new Map<string, ChannelTotal>();
    const being = open().filter(({ segments }) => segments.length > 0);
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
