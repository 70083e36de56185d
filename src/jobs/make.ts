import type { Config } from "../config/config.ts";
import type { StateDatabase } from "../db/state/state-database.ts";
import type { Clock } from "../platform/clock.ts";
import { HeavyGate } from "./heavy-gate.ts";
import { JobQueue } from "./job-queue.ts";
import { Schedules } from "./schedules.ts";

/** A recording that ended because of the disk holds heavy work back for that long. */
const SLOW_MS = 600_000;

/** A file that came right before a kill is found again when it was seen unchanged for some seconds after the start. */
const FOUND_MS = 10_000;

export type WorkDeps = {
  clock: Clock;
  /** The configuration as it is now. */
  current: () => Config;
  opened: {
    state: Pick<StateDatabase, "jobs">;
    archive: { figures: { waitingBytes: number; lastMs: number; presentMs: number } };
  };
  /** How the channels are captured. */
  supervisors: {
    status(
      channel: string,
    ): { state: string; sinceMs: number; end?: { reason: string } | undefined } | undefined;
  };
  /** How files of channels arrive. */
  uploads: {
    status(channel: string): { isLookingThrough?: boolean; trouble?: unknown } | undefined;
  };
};

/** Work that is done beside recording: the queue, and what the clock adds to it. */
export type Work = {
  jobs: JobQueue;
  schedules: Schedules;
  /** Begins; to be called once all kinds of work are registered. */
  start(): void;
  /** Ends what runs; the next start goes on with it. */
  stop(): Promise<void>;
};

/** Makes the queue and the schedules; neither does anything before `start`. */
export function makeWork({ clock, current, opened, supervisors, uploads }: WorkDeps): Work {
  const zone = () => current().zone;
  const wasTooSlow = (): boolean =>
    [...current().channels.keys()].some((channel) => {
      const capture = supervisors.status(channel);
      return capture?.end?.reason === "disk-slow" && clock.nowMs() - capture.sinceMs < SLOW_MS;
    });
  const isRecording = (): boolean =>
    [...current().channels.keys()].some((channel) => supervisors.status(channel)?.state === "recording");
  const gate = new HeavyGate({
    clock,
    zone,
    window: () => current().jobs.window,
    recording: () => {
      const { waitingBytes, lastMs, presentMs } = opened.archive.figures;
      const syncMs = Math.max(lastMs, presentMs);
      const { flushMs } = current().storage;
      return { waitingBytes, syncMs, flushMs, wasTooSlow: wasTooSlow(), isRecording: isRecording() };
    },
  });
  const isBeingRead = (channel: string): boolean => {
    const arrivals = uploads.status(channel);
    if (arrivals === undefined || arrivals.trouble !== undefined) return false;
    return arrivals.isLookingThrough === true || clock.monotonicMs() - startMs < FOUND_MS;
  };
  let startMs = clock.monotonicMs();
  const jobs = new JobQueue({ table: opened.state.jobs, clock, zone, gate, isBeingRead });
  const schedules = new Schedules({ clock, zone: current().zone });
  schedules.on("jobs", () => jobs.dropOld());
  return {
    jobs,
    schedules,
    start() {
      startMs = clock.monotonicMs();
      jobs.start();
      schedules.start();
    },
    async stop() {
      await Promise.all([schedules.stop(), jobs.stop()]);
    },
  };
}
