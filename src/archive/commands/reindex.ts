import { NightjarError } from "../../platform/errors.ts";
import { requireData } from "../../platform/data-folder.ts";
import { diskFiles } from "../../platform/files.ts";
import { reindexRoot } from "../inspect/reindex.ts";
import { readRootId } from "../roots/root-file.ts";
import { rootsThere, withDatabases, type CommandContext } from "./context.ts";

/** `nightjar reindex`: ends with 0, with 1 when something could not be used or a storage was not there. */
export async function runReindex(context: CommandContext): Promise<number> {
  const { config, clock, stdout } = context;
  const files = diskFiles();
  // A data folder that was lost is made again from the footage; without any of that it is the wrong folder.
  const foundId = await readRootId(files, config.storage.path);
  if (foundId === undefined) requireData(config);
  return await withDatabases(context, async ({ index, state }) => {
    const known = new Map([...index.roots(), ...state.roots()].map((root) => [root.id, root]));
    if (known.size === 0) {
      if (foundId === undefined)
        throw new NightjarError("not-found", `There is no storage at ${config.storage.path} yet`, {
          details: ["If footage is there, run: nightjar storage add PATH"],
        });
      known.set(foundId, { id: foundId, path: config.storage.path, adoptedMs: clock.nowMs() });
    }
    const there = await rootsThere(files, config.storage.path, [...known.values()]);
    let isComplete = true;
    for (const { id, path, adoptedMs } of known.values()) {
      const present = there.get(id);
      if (present === undefined) {
        isComplete = false;
        stdout(`${path} is not there; what the index knows of it stays. Mount it and run this again.`);
        continue;
      }
      let day = "";
      const report = await reindexRoot({ files, index }, { id, path: present }, (progress) => {
        const now = `${progress.channel} ${progress.date.slice(0, 7)}`;
        if (now !== day) stdout(`… ${now}, ${progress.recordings} recordings so far`);
        day = now;
      });
      index.setRoot({ id, path: present, adoptedMs });
      state.setRoot({ id, path: present, adoptedMs });
      for (const problem of report.problems) stdout(`not used: ${problem}`);
      for (const stranger of report.strangers) stdout(`no journal names it, left alone: ${stranger}`);
      isComplete &&= report.problems.length === 0;
      const { recordings, open, segments, gaps, locks } = report;
      stdout(
        `${present}: ${recordings} recordings, ${segments} segments, ${gaps} gaps, ${locks} locked spans${
          open > 0 ? `; ${open} were being written and are completed at the next start` : ""
        }`,
      );
    }
    return isComplete ? 0 : 1;
  });
}
