import type { Config } from "../config/config.ts";
import { isByFiles } from "../config/source-kinds.ts";
import { diffChannels } from "../config/reload.ts";
import type { Clock } from "../platform/clock.ts";
import { logOf } from "../platform/log.ts";
import type { ChannelStatus } from "./channel-status.ts";
import { createSource } from "./create-source.ts";
import type { Archive } from "./recording-sink.ts";
import { ChannelSupervisor } from "./supervisor.ts";

const log = logOf("capture");

/** The supervisors of all channels that are to be recorded. */
export class Supervisors {
  readonly #archive: Archive;
  readonly #clock: Clock;
  readonly #running = new Map<string, ChannelSupervisor>();
  /** A channel is stopped whole before it is started anew, and changes come one after the other. */
  #changes: Promise<void> = Promise.resolve();
  #isStopping = false;

  constructor({ archive, clock }: { archive: Archive; clock: Clock }) {
    this.#archive = archive;
    this.#clock = clock;
  }

  /** How a channel's capture stands; `undefined` when it is not captured. */
  status(channel: string): ChannelStatus | undefined {
    return this.#running.get(channel)?.status;
  }

  /** Starts all channels of a configuration. */
  start(config: Config): void {
    for (const { id, enabled } of config.channels.values()) if (enabled) this.#start(config, id);
  }

  /** Goes from one configuration to the next; channels whose capture does not change are not touched. */
  change(before: Config, after: Config): Promise<void> {
    this.#changes = this.#changeAfter(this.#changes, before, after);
    return this.#changes;
  }

  async #changeAfter(former: Promise<void>, before: Config, after: Config): Promise<void> {
    await former;
    if (this.#isStopping) return;
    const { added, removed, changed, unchanged } = diffChannels(before, after);
    await Promise.all([...removed, ...changed].map((id) => this.#stop(id)));
    for (const id of [...added, ...changed]) this.#start(after, id);
    log.info("Channels: {added} started, {removed} stopped, {changed} restarted, {unchanged} left alone", {
      added: added.length,
      removed: removed.length,
      changed: changed.length,
      unchanged: unchanged.length,
    });
  }

  /** Resolves when every source is released and every run closed. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all([...this.#running.keys()].map((id) => this.#stop(id)));
    await this.#changes;
  }

  #start(config: Config, id: string): void {
    const channel = config.channels.get(id);
    if (channel === undefined || this.#isStopping || isByFiles(channel.source.kind)) return;
    const source = createSource(channel, this.#clock);
    const supervisor = new ChannelSupervisor({
      channelId: id,
      source,
      archive: this.#archive,
      clock: this.#clock,
    });
    this.#running.set(id, supervisor);
    supervisor.start();
  }

  async #stop(id: string): Promise<void> {
    await this.#running.get(id)?.stop();
    this.#running.delete(id);
  }
}
