import type { Config } from "../config/config.ts";
import type { TimelapseConfig } from "../config/timelapse.ts";
import type { StateDatabase } from "../db/state/state-database.ts";
import type { Schedules } from "../jobs/schedules.ts";
import { addMissingDays } from "./missing-days.ts";
import { timelapseRoutes, type TimelapseRoutesDeps } from "./routes.ts";
import { timelapseKind } from "./timelapse-kind.ts";

export type TimelapsesDeps = TimelapseRoutesDeps & {
  schedules: Pick<Schedules, "on">;
  state: Pick<StateDatabase, "meta" | "setMeta">;
  /** The configuration as it is now. */
  current: () => Config;
};

/** How timelapses of a channel are made, also of one that gets none by itself; without a channel what holds for all. */
export const timelapseSettings = (
  { channels, timelapse }: Config,
  channel: string | undefined,
): TimelapseConfig => (channel === undefined ? undefined : channels.get(channel)?.timelapse) ?? timelapse;

/** Registers timelapses with the queue and the schedule, and answers their routes. */
export function makeTimelapses(deps: TimelapsesDeps): ReturnType<typeof timelapseRoutes> {
  const { jobs, schedules, current } = deps;
  const settings = (channel: string) => timelapseSettings(current(), channel);
  jobs.register(timelapseKind({ ...deps, settings }));
  schedules.on("timelapses", () => addMissingDays(deps));
  return timelapseRoutes(deps);
}
