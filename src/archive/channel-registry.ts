import type { ChannelConfig } from "../config/config.ts";
import type { IndexDatabase } from "../db/index/index-database.ts";
import type { ChannelRow, StateDatabase } from "../db/state/state-database.ts";
import type { Clock } from "../platform/clock.ts";
import type { ArchiveChannel } from "./settings.ts";

export type RegistryDeps = {
  state: StateDatabase;
  index: Pick<IndexDatabase, "totals">;
  clock: Clock;
  /** Time zone of channels that only their footage tells of. */
  zone: string;
};

/**
 * All channels that have or had footage: the configured ones, and those that left the configuration. A retired
 * channel stays listed and playable, and its last limits go on; one that another names in `was:` is that other's.
 */
export class ChannelRegistry {
  readonly #deps: RegistryDeps;
  #channels: readonly ArchiveChannel[] = [];

  constructor(deps: RegistryDeps) {
    this.#deps = deps;
  }

  /** In the order of the configuration, then the retired ones by id. */
  channels(): readonly ArchiveChannel[] {
    return this.#channels;
  }

  /** Takes a configuration up: writes it down for the time when a channel is no longer in it. */
  apply(configured: readonly ChannelConfig[]): void {
    const { state } = this.#deps;
    const heirs = new Map(
      configured.flatMap(({ id, was }) => [id, ...was].map((old) => [old.toLowerCase(), id])),
    );
    const ids = new Set(configured.map(({ id }) => id));
    const known = state.channels();
    for (const { id, name, keep, zone } of configured) {
      state.setChannel({ id, name, keep, zone, retiredMs: null, adoptedBy: null });
    }
    for (const row of [...known, ...this.#unknownFootage(known)]) {
      if (ids.has(row.id)) continue;
      const adoptedBy = heirs.get(row.id.toLowerCase()) ?? null;
      state.setChannel({ ...row, retiredMs: row.retiredMs ?? this.#deps.clock.nowMs(), adoptedBy });
    }
    const former = state.channels().filter((row) => row.retiredMs !== null);
    const retired = former.filter((row) => row.adoptedBy === null);
    const wasOf = ({ id, was }: ChannelConfig) => {
      const adopted = former.filter((row) => row.adoptedBy === id).map((row) => row.id);
      return [...new Set([...was, ...adopted])];
    };
    this.#channels = [
      ...configured.map((channel) => {
        const { id, name, zone, keep, audio, settleMs } = channel;
        const settle = settleMs === undefined ? {} : { settleMs };
        return { id, name, zone, keep, was: wasOf(channel), isRetired: false, hasSound: audio, ...settle };
      }),
      ...retired.map(({ id, name, zone, keep }) => {
        return { id, name, zone, keep, was: [], isRetired: true, hasSound: true };
      }),
    ];
  }

  /** Channels with footage of which the state says nothing: it was lost. They keep until a person says otherwise. */
  #unknownFootage(known: readonly ChannelRow[]): ChannelRow[] {
    const ids = new Set(known.map((row) => row.id));
    return this.#deps.index
      .totals()
      .filter(({ channel }) => !ids.has(channel))
      .map(({ channel }) => ({
        id: channel,
        name: channel,
        keep: {},
        zone: this.#deps.zone,
        retiredMs: null,
        adoptedBy: null,
      }));
  }
}
