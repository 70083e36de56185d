import { z } from "zod";
import type { Config } from "../config/config.ts";
import type { NotifyConfig } from "../config/notify.ts";
import type { StateDatabase } from "../db/state/state-database.ts";
import { errorText } from "../platform/errors.ts";
import { logOf } from "../platform/log.ts";
import { Delivery } from "./delivery.ts";
import { Observer, type ObserverDeps } from "./observe.ts";
import { post as postByFetch, type Post } from "./post.ts";
import { Watch, type Told } from "./watch.ts";

const log = logOf("notify");

/** How often everything is looked at. */
const LOOK_MS = 1000;

const toldSchema = z.object({
  channels: z.record(z.string(), z.number()),
  troubles: z.record(z.string(), z.number()),
});

export type NotifierDeps = ObserverDeps & { state: StateDatabase; post?: Post };

type Receiver = { key: string; watch: Watch; delivery: Delivery; stored: string };

/** Settings of the notifications in a configuration. */
type Settings = Pick<Config, "notify" | "zone" | "publicUrl">;

/** Tells the configured receivers when recording stops and when it goes on. Never in the way of recording. */
export class Notifier {
  readonly #deps: NotifierDeps;
  readonly #observer: Observer;
  readonly #stop = new AbortController();
  #receivers: Receiver[] = [];
  #settings: Settings | undefined;
  #changes: Promise<void> = Promise.resolve();
  #done: Promise<void> = Promise.resolve();

  constructor(deps: NotifierDeps) {
    this.#deps = deps;
    this.#observer = new Observer(deps);
  }

  start(settings: Settings): void {
    this.#begin(settings);
    this.#done = this.#run();
  }

  /** Takes changed settings up; what receivers that stay were told, and have yet to be told, stays too. */
  configure(settings: Settings): Promise<void> {
    this.#changes = this.#configureAfter(this.#changes, settings);
    return this.#changes;
  }

  async #configureAfter(former: Promise<void>, settings: Settings): Promise<void> {
    await former;
    if (this.#stop.signal.aborted || !this.#settings || sameSettings(this.#settings, settings)) return;
    const before = this.#receivers;
    this.#receivers = [];
    await Promise.all(before.map(({ delivery }) => delivery.stop()));
    if (!this.#stop.signal.aborted) this.#begin(settings);
  }

  /** Ends before recording does, so that its end is no alarm. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
    await this.#changes;
    await Promise.all(this.#receivers.map(({ delivery }) => delivery.stop()));
  }

  #begin(settings: Settings): void {
    const { state, clock, post } = this.#deps;
    this.#settings = settings;
    const wording = { zone: settings.zone, publicUrl: settings.publicUrl };
    const keys = receiverKeys(settings.notify);
    this.#receivers = settings.notify.map((receiver, place) => {
      const key = keys[place] ?? "";
      const stored = this.#stored(() => state.meta(toldKey(key))) ?? "";
      const watch = new Watch(receiver, toldOf(stored));
      const table = state.notifications;
      const delivery = new Delivery({ key, receiver, table, clock, wording, post: post ?? postByFetch });
      delivery.start();
      return { key, watch, delivery, stored };
    });
    this.#stored(() => state.notifications.keepOnly(this.#receivers.map(({ key }) => key)));
  }

  async #run(): Promise<void> {
    const { clock } = this.#deps;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await clock.sleep(LOOK_MS, signal);
      if (signal.aborted || this.#receivers.length === 0) continue;
      try {
        this.#look();
      } catch (error) {
        log.error("Whether all is well can't be told: {error}", { error: errorText(error) });
      }
    }
  }

  #look(): void {
    const now = this.#observer.look(this.#settings?.zone ?? "UTC");
    for (const receiver of this.#receivers) {
      for (const notice of receiver.watch.see(now)) receiver.delivery.push(notice);
      const told = JSON.stringify(receiver.watch.told);
      if (told === receiver.stored) continue;
      receiver.stored = told;
      this.#stored(() => this.#deps.state.setMeta(toldKey(receiver.key), told));
    }
  }

  #stored<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      log.error("What was told can't be stored: {error}", { error: errorText(error) });
      return undefined;
    }
  }
}

const toldKey = (key: string): string => `notify.told.${key}`;

/** Names receivers in the database without giving their addresses away; one that is there twice gets two names. */
function receiverKeys(receivers: readonly NotifyConfig[]): string[] {
  const seen = new Map<string, number>();
  return receivers.map(({ url, format }) => {
    const hash = new Bun.CryptoHasher("sha256")
      .update(`${format} ${url.reveal()}`)
      .digest("hex")
      .slice(0, 32);
    const count = (seen.get(hash) ?? 0) + 1;
    seen.set(hash, count);
    return count === 1 ? hash : `${hash}-${count}`;
  });
}

function toldOf(stored: string): Told | undefined {
  try {
    return toldSchema.safeParse(JSON.parse(stored)).data;
  } catch {
    return undefined;
  }
}

const revealed = ({ notify, ...rest }: Settings): unknown => ({
  zone: rest.zone,
  publicUrl: rest.publicUrl,
  notify: notify.map((receiver) => ({
    ...receiver,
    url: receiver.url.reveal(),
    token: receiver.token?.reveal(),
    headers: receiver.headers.map(([name, value]) => [name, value.reveal()]),
  })),
});

const sameSettings = (a: Settings, b: Settings): boolean => Bun.deepEquals(revealed(a), revealed(b), true);
