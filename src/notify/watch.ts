import type { NotifyConfig } from "../config/notify.ts";
import { durationWords, sinceWords } from "../status/words.ts";
import type { ChannelSeen, Notice, Observation, Trouble } from "./notice.ts";

/** What a receiver has been told and not yet been told the end of: since when it is so, by name. */
export type Told = { channels: Record<string, number>; troubles: Record<string, number> };

export type WatchRules = Pick<NotifyConfig, "events" | "channels" | "afterMs">;

/** Reasons of a channel's outage that are trouble of the whole, which is told once and not for each channel. */
const causeOf: Readonly<Record<string, string>> = {
  "disk-full": "storage-full",
  "disk-missing": "storage-missing",
};

/** Decides what one receiver is told. Knows what it was told before, so that nothing is told twice. */
export class Watch {
  readonly #rules: WatchRules;
  readonly #told: { channels: Map<string, number>; troubles: Map<string, number> };
  /** Monotonic time since which something has not been as it was told. */
  readonly #pending = new Map<string, number>();

  constructor(rules: WatchRules, told: Told = { channels: {}, troubles: {} }) {
    this.#rules = rules;
    this.#told = {
      channels: new Map(Object.entries(told.channels)),
      troubles: new Map(Object.entries(told.troubles)),
    };
  }

  get told(): Told {
    const { channels, troubles } = this.#told;
    return { channels: Object.fromEntries(channels), troubles: Object.fromEntries(troubles) };
  }

  /** What there is to be told now. */
  see(now: Observation): Notice[] {
    const notices = [...this.#troubles(now), ...this.#channels(now)];
    return notices.filter(({ event }) => this.#rules.events.includes(event));
  }

  /** Whether something has lasted as long as it has to before it is told. */
  #hasLasted(what: string, monotonicMs: number): boolean {
    const since = this.#pending.get(what) ?? monotonicMs;
    this.#pending.set(what, since);
    return monotonicMs - since >= this.#rules.afterMs;
  }

  #troubles(now: Observation): Notice[] {
    const { troubles } = this.#told;
    const notices: Notice[] = [];
    for (const trouble of now.troubles) {
      const { reason } = trouble;
      // A slow disk is seen only after it has cost something.
      const isDue = reason === "disk-slow" || this.#hasLasted(reason, now.monotonicMs);
      if (troubles.has(reason) || !isDue) continue;
      troubles.set(reason, trouble.sinceMs);
      notices.push(storageNotice(trouble, now));
    }
    const present = new Set<string>(now.troubles.map(({ reason }) => reason));
    for (const reason of this.#pending.keys()) {
      if (isTrouble(reason) && !present.has(reason)) this.#pending.delete(reason);
    }
    for (const [reason, sinceMs] of troubles) {
      if (present.has(reason)) continue;
      troubles.delete(reason);
      notices.push(storageBackNotice(reason, sinceMs, now));
    }
    return notices;
  }

  #channels(now: Observation): Notice[] {
    const { channels } = this.#told;
    const wanted = this.#rules.channels?.map((id) => id.toLowerCase());
    const notices: Notice[] = [];
    for (const channel of now.channels) {
      if (wanted && !wanted.includes(channel.id.toLowerCase())) continue;
      const key = `channel ${channel.id}`;
      const toldMs = channels.get(channel.id);
      const isAsTold = channel.state === (toldMs === undefined ? "recording" : "offline");
      if (channel.state === "unknown") continue;
      if (isAsTold || this.#isToldAsTrouble(channel, now)) {
        this.#pending.delete(key);
      } else if (channel.state === "recording") {
        this.#pending.delete(key);
        channels.delete(channel.id);
        notices.push(onlineNotice(channel, toldMs ?? channel.sinceMs, now));
      } else if (this.#hasLasted(key, now.monotonicMs)) {
        this.#pending.delete(key);
        if (channel.state === "off") channels.delete(channel.id);
        else {
          channels.set(channel.id, channel.sinceMs);
          notices.push(offlineNotice(channel, now));
        }
      }
    }
    const configured = new Set(now.channels.map(({ id }) => id));
    for (const id of channels.keys()) if (!configured.has(id)) channels.delete(id);
    return notices;
  }

  #isToldAsTrouble({ state, reason }: ChannelSeen, { troubles }: Observation): boolean {
    if (state !== "offline" || !this.#rules.events.includes("storage")) return false;
    return troubles.some((trouble) =>
      trouble.reason === "disk-slow"
        ? false
        : trouble.reason === "ffmpeg-missing" || trouble.reason === causeOf[reason],
    );
  }
}

const isTrouble = (name: string): boolean => !name.startsWith("channel ");

const offlineNotice = (channel: ChannelSeen, { nowMs }: Observation): Notice => ({
  event: "offline",
  channel: channel.id,
  name: channel.name,
  state: "offline",
  reason: channel.reason,
  detail: channel.detail,
  sinceMs: channel.sinceMs,
  atMs: nowMs,
  text: channel.words,
});

const onlineNotice = (
  { id, name, sinceMs, zone }: ChannelSeen,
  offlineMs: number,
  { nowMs }: Observation,
): Notice => ({
  event: "online",
  channel: id,
  name,
  state: "recording",
  reason: "",
  detail: "",
  sinceMs,
  atMs: nowMs,
  text: `Recording again since ${sinceWords(sinceMs, nowMs, zone)}; ${durationWords(sinceMs - offlineMs)} are missing`,
});

const storageNotice = ({ reason, detail, sinceMs }: Trouble, { nowMs }: Observation): Notice => ({
  event: "storage",
  state: "failing",
  reason,
  detail,
  sinceMs,
  atMs: nowMs,
  text: detail,
});

const backWords: Readonly<Record<string, string>> = {
  "storage-missing": "The storage is there again",
  "storage-full": "There is room on the storage again",
  "database-unusable": "The databases answer again",
  "ffmpeg-missing": "ffmpeg is there again",
  "disk-slow": "The disk has kept up for ten minutes",
};

const storageBackNotice = (reason: string, sinceMs: number, { nowMs, zone }: Observation): Notice => ({
  event: "storage-back",
  state: "ok",
  reason,
  detail: "",
  sinceMs: nowMs,
  atMs: nowMs,
  text: `${backWords[reason] ?? "It is well again"}; trouble began ${sinceWords(sinceMs, nowMs, zone)}`,
});
