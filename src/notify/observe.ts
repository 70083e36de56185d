import type { Footage, FootageChannel } from "../archive/footage.ts";
import type { ArrivalStatus, ChannelStatus } from "../capture/channel-status.ts";
import type { SourceConfig } from "../config/config.ts";
import { isByFfmpeg } from "../config/source-kinds.ts";
import type { RunEnd } from "../media/reasons.ts";
import { arrivalState, QUIET_FILES_MS } from "../status/arrival-words.ts";
import { outageWords } from "../status/channel-status.ts";
import type { StorageState } from "../status/storage-state.ts";
import type { Clock } from "../platform/clock.ts";
import type { ChannelSeen, Observation, Trouble } from "./notice.ts";

export type ObserverDeps = {
  clock: Clock;
  footage: Pick<Footage, "channels" | "outage">;
  /** Capture's state of a configured channel; `undefined` for others. */
  capture: (channel: string) => ChannelStatus | undefined;
  /** What a configured channel is recorded from; `undefined` for others. */
  source: (channel: string) => SourceConfig | undefined;
  /** How the files of an upload or a watched folder arrive; `undefined` for others. */
  arrivals: (channel: string) => ArrivalStatus | undefined;
  storage: () => StorageState;
  /** Path of ffmpeg, if it was found. */
  ffmpeg: () => string | undefined;
  databaseTrouble: () => string | undefined;
};

/** As long after the disk was too slow for a camera, it counts as too slow. */
const SLOW_MS = 600_000;

/** Looks at everything once; times of trouble are those at which it was first seen. */
export class Observer {
  readonly #deps: ObserverDeps;
  readonly #since = new Map<string, number>();
  #channels: readonly FootageChannel[] = [];

  constructor(deps: ObserverDeps) {
    this.#deps = deps;
  }

  look(zone: string): Observation {
    const { clock, databaseTrouble, footage } = this.#deps;
    const nowMs = clock.nowMs();
    const broken = databaseTrouble();
    // Without its database the archive can't list them.
    if (broken === undefined) this.#channels = footage.channels();
    const channels = this.#channels.map((channel) => this.#channel(channel, nowMs, broken === undefined));
    const found = [...this.#wholeTroubles(broken, channels), ...this.#slowDisk(nowMs)];
    const troubles = found.map((trouble) => {
      const sinceMs = this.#since.get(trouble.reason) ?? nowMs;
      this.#since.set(trouble.reason, sinceMs);
      return { ...trouble, sinceMs };
    });
    for (const reason of this.#since.keys()) {
      if (!troubles.some((trouble) => trouble.reason === reason)) this.#since.delete(reason);
    }
    return { nowMs, monotonicMs: clock.monotonicMs(), troubles, channels, zone };
  }

  #wholeTroubles(broken: string | undefined, channels: readonly ChannelSeen[]): Omit<Trouble, "sinceMs">[] {
    const { path, missing, isFull } = this.#deps.storage();
    const isMeant = channels.some(({ id, state }) => {
      const source = this.#deps.source(id);
      return state !== "off" && (source === undefined || isByFfmpeg(source.kind));
    });
    const troubles: Omit<Trouble, "sinceMs">[] = [];
    if (broken !== undefined) troubles.push({ reason: "database-unusable", detail: broken });
    if (missing) troubles.push({ reason: "storage-missing", detail: `${path}: ${missing.detail}` });
    else if (isFull) {
      troubles.push({ reason: "storage-full", detail: `${path} is full and no room can be made` });
    }
    if (isMeant && this.#deps.ffmpeg() === undefined) {
      troubles.push({
        reason: "ffmpeg-missing",
        detail: "ffmpeg was not found; cameras are captured with it",
      });
    }
    return troubles;
  }

  #slowDisk(nowMs: number): Omit<Trouble, "sinceMs">[] {
    const slow = this.#channels.filter(({ id }) => {
      const capture = this.#deps.capture(id);
      return capture?.end?.reason === "disk-slow" && nowMs - capture.sinceMs < SLOW_MS;
    });
    if (slow.length === 0) return [];
    return [
      {
        reason: "disk-slow",
        detail: `The disk was too slow to keep everything of ${slow.map(({ name }) => name).join(", ")}`,
      },
    ];
  }

  #channel(channel: FootageChannel, nowMs: number, hasOutages: boolean): ChannelSeen {
    const { id, name, zone } = channel;
    const capture = this.#deps.capture(id);
    const plain = { id, name, zone, reason: "", detail: "", sinceMs: capture?.sinceMs ?? nowMs, words: "" };
    const arrivals = channel.isRetired ? undefined : this.#deps.arrivals(id);
    if (arrivals) return { ...plain, ...this.#filesSeen(channel, arrivals, nowMs) };
    if (!capture || channel.isRetired || capture.state === "stopped") return { ...plain, state: "off" };
    if (capture.state === "recording") return { ...plain, state: "recording" };
    const outage: (RunEnd & { sinceMs: number }) | undefined = hasOutages
      ? this.#deps.footage.outage(id)
      : undefined;
    const end = capture.end ?? outage;
    if (!end) return { ...plain, state: "unknown" };
    const sinceMs = outage?.sinceMs ?? capture.sinceMs;
    return {
      ...plain,
      state: "offline",
      reason: end.reason,
      detail: end.detail,
      sinceMs,
      words: outageWords(end, sinceMs, nowMs, zone),
    };
  }

  /** A channel whose footage arrives as files is offline while none can be taken, and when none has come for long. */
  #filesSeen(
    { id, zone }: FootageChannel,
    arrivals: ArrivalStatus,
    nowMs: number,
  ): Pick<ChannelSeen, "state"> & Partial<ChannelSeen> {
    const { lastArrivalMs, trouble } = arrivals;
    if (!trouble && lastArrivalMs === undefined) return { state: "unknown" };
    const isFolder = this.#deps.source(id)?.kind === "folder";
    const view = { newestMs: lastArrivalMs, isFolder, nowMs, zone };
    const { isTrouble, headline } = arrivalState(arrivals, view);
    if (!isTrouble) return { state: "recording" };
    const sinceMs = trouble?.sinceMs ?? (lastArrivalMs ?? nowMs) + QUIET_FILES_MS;
    const reason = trouble?.reason ?? "not-uploaded";
    return { state: "offline", reason, detail: trouble?.detail ?? "", sinceMs, words: headline };
  }
}
