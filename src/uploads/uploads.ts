import type { Arrivals, ArrivalStatus, Quarantine, QuarantinedFile } from "../capture/channel-status.ts";
import { idKey } from "../config/channel-id.ts";
import type { ChannelConfig, Config } from "../config/config.ts";
import { diffChannels } from "../config/reload.ts";
import { isByFiles } from "../config/source-kinds.ts";
import { NightjarError, notFound } from "../platform/errors.ts";
import type { UploadDeps } from "./channel.ts";
import { ChannelIntake } from "./intake.ts";
import type { PutResult, SentFile } from "./put.ts";

/** All channels whose footage comes as files. */
export class Uploads implements Arrivals, Quarantine {
  readonly #deps: UploadDeps;
  readonly #config: () => Config;
  readonly #running = new Map<string, ChannelIntake>();

  /** @param config the configuration as it is now */
  constructor(deps: UploadDeps, config: () => Config) {
    this.#deps = deps;
    this.#config = config;
  }

  /** Starts all channels of the configuration that are of this kind and not switched off. */
  start(): void {
    for (const { id } of this.#config().channels.values()) this.#start(id);
  }

  /** Goes from one configuration to the present one; channels whose source does not change are not touched. */
  async change(before: Config): Promise<void> {
    const { added, removed, changed } = diffChannels(before, this.#config());
    await Promise.all([...removed, ...changed].map((id) => this.#stop(id)));
    for (const id of [...added, ...changed]) this.#start(id);
  }

  /** Resolves when nothing is looked at any more. */
  async stop(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((id) => this.#stop(id)));
  }

  status(channel: string): ArrivalStatus | undefined {
    return this.#running.get(channel)?.status();
  }

  async list(channel: string): Promise<readonly QuarantinedFile[]> {
    return (await this.#running.get(channel)?.quarantine().list()) ?? [];
  }

  async path(channel: string, id: string): Promise<string | undefined> {
    return this.#running.get(channel)?.quarantine().path(id);
  }

  async remove(channel: string, id: string): Promise<boolean> {
    const intake = this.#running.get(channel);
    const isRemoved = (await intake?.quarantine().remove(id)) ?? false;
    if (isRemoved) await intake?.countQuarantine();
    return isRemoved;
  }

  /**
   * The channel that files are sent to by an address with its id (or a former one), or without any: the default
   * channel where it takes uploads, else the first that does. Throws `not-found` when there is none.
   */
  target(id: string | undefined): ChannelConfig {
    const { channels, defaultChannel } = this.#config();
    const takers = [...channels.values()].filter(({ source }) => source.kind === "upload");
    if (id === undefined) {
      const found = takers.find((channel) => channel.id === defaultChannel) ?? takers[0];
      if (found) return found;
      throw notFound("No channel takes uploads", ["A channel does with: source: upload"]);
    }
    const wanted = idKey(id);
    const all = [...channels.values()];
    const found =
      all.find((channel) => idKey(channel.id) === wanted) ??
      all.find(({ was }) => was.some((former) => idKey(former) === wanted));
    if (found?.source.kind === "upload") return found;
    const ids = takers.map((channel) => channel.id).join(", ");
    const details = ids === "" ? ["A channel takes them with: source: upload"] : [`These do: ${ids}`];
    throw notFound(
      found ? `${found.id} takes no uploads` : `There is no channel ${JSON.stringify(id)}`,
      details,
    );
  }

  /** Takes a file for a channel. Throws as `putMedia`, and `unavailable` for a channel that is switched off. */
  put(channel: ChannelConfig, sent: SentFile & { isSidecar: boolean }, request: Request): Promise<PutResult> {
    return this.#intake(channel).put(sent, request);
  }

  /** Makes a day's folder; whether it was not there. Throws `unavailable` and errors of the disk. */
  makeDay(channel: ChannelConfig, date: string): Promise<boolean> {
    return this.#intake(channel).makeDay(date);
  }

  #intake({ id }: ChannelConfig): ChannelIntake {
    const intake = this.#running.get(id);
    // It may be switched on again: the sender keeps its files for so long.
    if (!intake) throw new NightjarError("unavailable", `${id} is switched off`);
    return intake;
  }

  #start(id: string): void {
    const config = this.#config().channels.get(id);
    if (!config?.enabled || !isByFiles(config.source.kind)) return;
    let last = config;
    // Name, zone and limits may change while it runs; once it is gone, what is under way ends as it began.
    const intake = new ChannelIntake(this.#deps, () => (last = this.#config().channels.get(id) ?? last));
    this.#running.set(id, intake);
    intake.start();
  }

  async #stop(id: string): Promise<void> {
    const intake = this.#running.get(id);
    this.#running.delete(id);
    await intake?.stop();
  }
}
