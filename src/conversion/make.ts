import { join } from "node:path";
import type { AgedDays, FolderDay } from "../archive/aged/aged-day.ts";
import type { KnownRoots } from "../archive/roots/roots.ts";
import type { Footage } from "../archive/footage.ts";
import type { Config } from "../config/config.ts";
import type { Jobs } from "../jobs/job-kind.ts";
import type { Schedules } from "../jobs/schedules.ts";
import type { Clock } from "../platform/clock.ts";
import { errorText } from "../platform/errors.ts";
import { diskFiles } from "../platform/files.ts";
import { logOf } from "../platform/log.ts";
import { ageingKind, type AgeingPayload, payloadOf, workKeyOf } from "./ageing-kind.ts";
import { type WaitingDay, waitingDays } from "./backlog.ts";
import { EncoderChoice } from "./encoders.ts";
import { removeLeftovers } from "./leftovers.ts";
import { type Outlook, outlookOf } from "./outlook.ts";
import { settingsText } from "./plan-pieces.ts";
import { Trials, TRIALS_FILE } from "./trial.ts";

const log = logOf("ageing");

/** A day that failed is tried again after this long, and each time after twice as long. */
const RETRY_MS = 24 * 3_600_000;
/** Jobs of a channel that are looked at. */
const MOST_JOBS = 500;

export type ConversionDeps = {
  aged: AgedDays;
  footage: Footage;
  /** The storages that are there. */
  roots: Pick<KnownRoots, "present">;
  clock: Clock;
  jobs: Jobs;
  schedules: Pick<Schedules, "on">;
  /** The configuration as it is now. */
  current: () => Config;
};

/** What pages say about days that are made smaller. */
export type AgeingReport = Outlook & {
  /** How many days wait, and since when the oldest does, ms UTC. */
  waiting: number;
  oldestMs?: number;
};

export type Conversion = {
  /** Looks for days that may be converted now, and adds jobs for them. */
  plan(): Promise<void>;
  /** The configuration has changed: what may be converted now is looked for beside everything else. */
  changed(): void;
  report(): AgeingReport;
};

/** Registers ageing with the queue and the schedule. */
export function makeConversion(deps: ConversionDeps): Conversion {
  const { aged, clock, jobs, schedules, current } = deps;
  const files = diskFiles();
  const trials = new Trials(files, join(current().dataFolder, TRIALS_FILE));
  const loaded = trials.load();
  let waiting: readonly WaitingDay[] = [];
  const kind = ageingKind({ ...deps, files, trials, encoders: new EncoderChoice() });
  jobs.register({
    ...kind,
    run: async (payload, job) => {
      await loaded;
      const result = await kind.run(payload, job);
      waiting = waitingDays(current(), aged, clock.nowMs());
      return result;
    },
  });
  const plan = async (): Promise<void> => {
    await loaded;
    const config = current();
    const nowMs = clock.nowMs();
    waiting = waitingDays(config, aged, nowMs);
    const { refusal } = outlookOf(config, trials);
    const untried = new Set<string>();
    for (const day of waiting) {
      const { of, channel, root, date } = day;
      const settings = config.channels.get(of)?.convert;
      if (!settings) continue;
      const text = settingsText(settings);
      const isTried = trials.of(of, text) !== undefined;
      // Where it is too much, another channel's trial is still of use.
      if (refusal !== undefined && (isTried || untried.has(of))) continue;
      if (!isTried) untried.add(of);
      const payload = { of, channel, root, date, settings: text };
      if (!mayTry(jobs, payload, nowMs)) continue;
      jobs.add({ kind: "ageing", payload, channel: of, workKey: workKeyOf(payload), who: "" });
    }
    if (refusal !== undefined) log.warn("{refusal}", { refusal });
    const ids = [...new Set([...idsOf(config), ...deps.footage.channels().map(({ id }) => id)])];
    await removeLeftovers(files, deps.roots.present(), ids, isNeeded(aged, jobs, config));
  };
  schedules.on("ageing", plan);
  return {
    plan,
    changed: () => void plan().catch((error: unknown) => log.error("{error}", { error: errorText(error) })),
    report: () => {
      const [oldest] = waiting;
      return {
        ...outlookOf(current(), trials),
        waiting: waiting.length,
        ...(oldest ? { oldestMs: oldest.sinceMs } : {}),
      };
    },
  };
}

/** All ids under which footage of configured channels may lie. */
const idsOf = ({ channels }: Config): string[] =>
  [...channels.values()].flatMap(({ id, was }) => [id, ...was]);

/** Whether a day of a folder is yet to be converted, by a channel that asks for it, or has a job that is not over. */
function isNeeded(aged: AgedDays, jobs: Jobs, config: Config): (day: FolderDay) => boolean {
  const needed = new Set<string>();
  for (const { id, convert } of config.channels.values())
    if (convert) for (const day of aged.days(id, settingsText(convert))) needed.add(workKeyOf(day));
  for (const { payload } of jobs.list({ kind: "ageing", states: ["queued", "running"], limit: MOST_JOBS })) {
    const day = payloadOf(payload);
    if (day) needed.add(workKeyOf(day));
  }
  return (day) => needed.has(workKeyOf(day));
}

/** A day that a person cancelled waits for a person, or for other settings; one that failed is tried again, ever later. */
function mayTry(jobs: Jobs, wanted: AgeingPayload, nowMs: number): boolean {
  const former = jobs
    .list({ kind: "ageing", channel: wanted.of, states: ["failed", "cancelled"], limit: MOST_JOBS })
    .filter(({ payload }) => {
      const other = payloadOf(payload);
      return other && workKeyOf(other) === workKeyOf(wanted) && other.settings === wanted.settings;
    });
  if (former.some(({ state }) => state === "cancelled")) return false;
  const last = former.reduce((most, { endedMs = 0 }) => Math.max(most, endedMs), 0);
  // One that ended later than now was dated by a clock that has been set back since.
  return former.length === 0 || last > nowMs || nowMs - last >= RETRY_MS * 2 ** (former.length - 1);
}
