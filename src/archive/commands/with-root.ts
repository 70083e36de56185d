import type { StateDatabase } from "../../db/state/state-database.ts";
import { NightjarError } from "../../platform/errors.ts";
import { diskFiles } from "../../platform/files.ts";
import type { AdoptDeps } from "../files/adopt.ts";
import { startupChecks } from "../startup.ts";
import { type CommandContext, withDatabases } from "./context.ts";

/**
 * Opens databases and storage as a start of the server does, as the only process that writes to them.
 * @throws NightjarError `conflict` while a server runs, `unavailable` when the storage is not there
 */
export async function withStorage<T>(
  context: Pick<CommandContext, "config" | "clock">,
  work: (storage: AdoptDeps & { state: StateDatabase }) => Promise<T>,
): Promise<T> {
  const { clock, config } = context;
  const files = diskFiles();
  return await withDatabases(context, async ({ index, state }) => {
    const { roots } = await startupChecks({ clock, files, index, state, storagePath: config.storage.path });
    try {
      const root = roots.current();
      if ("missing" in root)
        throw new NightjarError("unavailable", root.missing.detail || "The storage is not there");
      return await work({ files, index, state, root });
    } finally {
      await roots.close();
    }
  });
}
