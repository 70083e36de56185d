import type { FootageHistory } from "../archive/footage-history.ts";
import type { Footage, FootageChannel } from "../archive/footage.ts";
import type { ArrivalStatus, ChannelStatus as CaptureState } from "../capture/channel-status.ts";
import type { SourceConfig } from "../config/config.ts";
import type { Clock } from "../platform/clock.ts";
import { daySpanMs, localDateOf, type LocalDate } from "../platform/zone.ts";
import { channelStatus, type ChannelStatus } from "./channel-status.ts";
import { calendarOf, monthsOf, type Calendar } from "./calendar.ts";
import { CoverageReader, type DayCoverage } from "./coverage.ts";
import type { StorageState } from "./storage-state.ts";

export type StatusDeps = {
  clock: Clock;
  footage: Footage;
  history: FootageHistory;
  /** Capture's state of a configured channel; `undefined` for others. */
  capture: (channel: string) => CaptureState | undefined;
  /** What a configured channel is recorded from; `undefined` for others. */
  source: (channel: string) => SourceConfig | undefined;
  /** How the files of an upload or a watched folder arrive; `undefined` for others. */
  arrivals: (channel: string) => ArrivalStatus | undefined;
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
    this.#coverage = new CoverageReader(deps.footage, deps.history);
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
    const { footage, history, clock, capture, source, arrivals } = this.#deps;
    const nowMs = clock.nowMs();
    const { id } = channel;
    return channelStatus(footage, {
      channel,
      capture: capture(id),
      kind: source(id)?.kind,
      arrivals: arrivals(id),
      today: this.#coverage.today(channel, nowMs),
      newest: history.lastBefore(id, Number.MAX_SAFE_INTEGER),
      nowMs,
    });
  }

  /** The time that all answers are of, ms UTC. */
  nowMs(): number {
    return this.#deps.clock.nowMs();
  }

  /** Whether still pictures can be made. */
  hasFfmpeg(): boolean {
    return this.#deps.ffmpeg() !== undefined;
  }

  /** What a channel has of a local date. */
  day(channel: FootageChannel, date: LocalDate): DayCoverage {
    return this.#coverage.day(channel, date, this.#deps.clock.nowMs());
  }

  /** The local dates next to one of a channel on which there is footage. */
  daysBeside({ id, zone }: FootageChannel, date: LocalDate): { before?: LocalDate; after?: LocalDate } {
    const { history } = this.#deps;
    const { startMs, endMs } = daySpanMs(date, zone);
    const before = history.lastBefore(id, startMs);
    const after = history.firstFrom(id, endMs);
    return {
      ...(before ? { before: localDateOf(Math.min(before.endMs, startMs) - 1, zone) } : {}),
      ...(after ? { after: localDateOf(after.startMs, zone) } : {}),
    };
  }

  /** Months of channels, newest first, from `latest` (`2026-11`) back. */
  calendar(channels: readonly FootageChannel[], latest: string): Calendar {
    const { footage, history, clock } = this.#deps;
    return calendarOf({ footage, history, nowMs: clock.nowMs() }, channels, latest);
  }

  /** The days of channels, each for itself, in so many months from `latest` back. */
  months(channels: readonly FootageChannel[], latest: string, shownMonths: number) {
    const { footage, history, clock } = this.#deps;
    return monthsOf({ footage, history, nowMs: clock.nowMs() }, channels, latest, shownMonths);
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
