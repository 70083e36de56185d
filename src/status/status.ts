import type { Footage, FootageChannel } from "../archive/footage.ts";
import type { ChannelStatus as CaptureState } from "../capture/channel-status.ts";
import type { Clock } from "../platform/clock.ts";
import { channelStatus, type ChannelStatus } from "./channel-status.ts";
import { CoverageReader } from "./coverage.ts";
import type { StorageState } from "./storage-state.ts";

export type StatusDeps = {
  clock: Clock;
  footage: Footage;
  /** Capture's state of a configured channel; `undefined` for others. */
  capture: (channel: string) => CaptureState | undefined;
  storage: () => StorageState;
  /** Whether programs that capture needs are there: the path of ffmpeg, if it was found. */
  ffmpeg: () => string | undefined;
  /** What is wrong with the databases; `undefined` while they answer. */
  databaseTrouble: () => string | undefined;
  version: string;
};

/** The whole of Nightjar at one instant. */
export type Status = {
  nowMs: number;
  /** Since when this process runs. */
  startedMs: number;
  version: string;
  channels: readonly ChannelStatus[];
  storage: StorageState;
  clock: ClockStatus;
  hasFfmpeg: boolean;
  databaseTrouble?: string;
};

/** `unsynchronised`: the kernel says so; the times may be right all the same. */
export type ClockStatus = "synchronised" | "unsynchronised" | "unknown";

/** One model of the whole, made anew for each question; pages, `/health` and the API only render it. */
export class StatusReader {
  readonly #deps: StatusDeps;
  readonly #coverage: CoverageReader;
  readonly #startedMs: number;
  readonly #startedMonotonicMs: number;

  constructor(deps: StatusDeps) {
    this.#deps = deps;
    this.#coverage = new CoverageReader(deps.footage);
    this.#startedMs = deps.clock.nowMs();
    this.#startedMonotonicMs = deps.clock.monotonicMs();
  }

  /** Everything. */
  all(): Status {
    const { footage, clock, storage, version } = this.#deps;
    const trouble = this.#deps.databaseTrouble();
    const channels = trouble === undefined ? footage.channels().map((channel) => this.channel(channel)) : [];
    return {
      nowMs: clock.nowMs(),
      startedMs: this.#startedMs,
      version,
      channels,
      storage: storage(),
      clock: clockStatus(clock),
      hasFfmpeg: this.#deps.ffmpeg() !== undefined,
      ...(trouble === undefined ? {} : { databaseTrouble: trouble }),
    };
  }

  /** One channel. */
  channel(channel: FootageChannel): ChannelStatus {
    const { footage, clock, capture } = this.#deps;
    const nowMs = clock.nowMs();
    const today = this.#coverage.today(channel, nowMs);
    return channelStatus(footage, { channel, capture: capture(channel.id), today, nowMs });
  }

  /** How long this process runs, by a clock that does not jump. */
  uptimeMs(): number {
    return this.#deps.clock.monotonicMs() - this.#startedMonotonicMs;
  }
}

function clockStatus(clock: Clock): ClockStatus {
  const synchronised = clock.synchronised();
  if (synchronised === undefined) return "unknown";
  return synchronised ? "synchronised" : "unsynchronised";
}
