import type { OpenArchive } from "../archive/open-archive.ts";
import type { Config } from "../config/config.ts";
import type { KeepLimits } from "../db/state/state-database.ts";
import type { Clock } from "../platform/clock.ts";
import { diskFiles } from "../platform/files.ts";
import type { ClipKind } from "./clip.ts";
import { ClipLibrary } from "./clip-library.ts";

/** The films of an open archive. `current`: the configuration as it is now. */
export const makeClips = (deps: {
  opened: OpenArchive;
  clock: Clock;
  current: () => Config;
}): ClipLibrary => {
  const { opened, clock, current } = deps;
  return new ClipLibrary({
    clock,
    files: diskFiles(),
    state: opened.state,
    roots: opened.roots,
    footage: opened.archive,
    idsOf: (channel) => opened.idsOf(channel),
    keepOf: (kind, channel) => keepOf(current(), kind, channel),
    ageAtMs: () => opened.ageAtMs(),
  });
};

function keepOf(config: Config, kind: ClipKind, channel: string): KeepLimits {
  if (kind === "timelapse") return (config.channels.get(channel)?.timelapse ?? config.timelapse).keep;
  if (kind === "moment") return config.moments.keep;
  // A clip is what somebody asked for by its times: it stays until somebody deletes it.
  return {};
}
