import { resolve } from "node:path";
import { NightjarError } from "../../platform/errors.ts";
import { requireData } from "../../platform/data-folder.ts";
import { diskFiles } from "../../platform/files.ts";
import { missingMountOf } from "../../platform/mounts.ts";
import { confirmLimits } from "../database-pair.ts";
import { rootNamedByFootage } from "../inspect/reindex.ts";
import { addRoot } from "../roots/add-root.ts";
import { withSharedDatabases, type CommandContext } from "./context.ts";

/** `nightjar storage add PATH`: makes a folder known as a place for footage. Ends with 0. */
export async function runStorageAdd(context: CommandContext): Promise<number> {
  const { args, clock, config, stdout } = context;
  const given = args.arguments[0];
  if (given === undefined) throw new NightjarError("bad-request", "storage add wants the path of a folder");
  const path = resolve(given);
  const files = diskFiles();
  return await withSharedDatabases(context, async ({ index, state }) => {
    const added = await addRoot(
      {
        index,
        state,
        clock,
        files,
        unmountedPoint: (place) => missingMountOf(place),
        rootNamedByFootage: (place) => rootNamedByFootage(files, place),
      },
      path,
    );
    stdout(`${path} is ${added.wasKnown ? "known again" : "now known"} as storage ${added.id}.`);
    if (path !== config.storage.path)
      stdout(`Footage is recorded to ${config.storage.path}; to record here, set storage.path to ${path}.`);
    stdout(
      "A running server takes it up within seconds, and reads in what is there; else the next start does.",
    );
    return 0;
  });
}

/** `nightjar storage confirm`: a person says that the clock and the limits are right. Ends with 0. */
export async function runStorageConfirm(context: CommandContext): Promise<number> {
  const { clock, config, stdout } = context;
  requireData(config);
  return await withSharedDatabases(context, async (databases) => {
    confirmLimits(databases, { bootId: clock.bootId, nowMs: clock.nowMs(), bootMs: clock.bootMs() });
    stdout(`Limits apply again, counted from ${new Date(clock.nowMs()).toISOString()}.`);
    return 0;
  });
}
