import { missingMountOf } from "../platform/mounts.ts";
import type { RunEnd } from "../media/reasons.ts";
import type { Clock } from "../platform/clock.ts";
import { errorText } from "../platform/errors.ts";
import type { Files } from "../platform/files.ts";
import { logOf } from "../platform/log.ts";
import { holdLimits, pairDatabases, type Databases, type LostDatabases } from "./database-pair.ts";
import { Deleter, type Deleted } from "./keep/deletion.ts";
import type { ManagedFolder } from "./keep/file-deletion.ts";
import { dropMissing, type MissingReport } from "./inspect/missing-files.ts";
import { reindexRoot, type ReindexReport } from "./inspect/reindex.ts";
import { KnownRoots } from "./roots/roots.ts";

const log = logOf("archive");

/** How often a long reading-in says how far it is. */
const SAY_EVERY_MS = 10_000;

export type StartupDeps = Databases & {
  clock: Clock;
  files: Files;
  /** The configured folder of the footage, absolute. */
  storagePath: string;
  /** The mount point at or above a path at which nothing is mounted; by default as /etc/fstab says. */
  unmountedPoint?: (path: string) => string | undefined;
  /** Watched folders whose old files are deleted; none by default. */
  managed?: ManagedFolder;
};

export type StartupReport = {
  lost: LostDatabases;
  /** Roots whose footage had to be read in, with what was found. */
  reindexed: { path: string; report: ReindexReport }[];
  garbage: Deleted;
  /** Why nothing can be recorded, and what to do; `undefined` when the storage is there. */
  missing: RunEnd | undefined;
};

/** The keep side of the archive, after the checks of a start. */
export type KeptArchive = { roots: KnownRoots; deleter: Deleter; report: StartupReport };

/** Reads the footage of a root into the index, and says so. */
async function readIn(
  deps: Pick<StartupDeps, "index" | "state" | "clock" | "files">,
  root: { id: string; path: string },
): Promise<ReindexReport> {
  let saidAtMs = deps.clock.monotonicMs();
  const report = await reindexRoot(deps, root, ({ channel, date, recordings }) => {
    const nowMs = deps.clock.monotonicMs();
    if (nowMs - saidAtMs < SAY_EVERY_MS) return;
    saidAtMs = nowMs;
    log.info("Reading in {path}: {recordings} recordings so far, at {channel} {date}", {
      path: root.path,
      recordings,
      channel,
      date,
    });
  });
  if (report.recordings === 0) return report;
  log.warning("The index did not know the footage at {path}: {recordings} recordings were read in", {
    path: root.path,
    recordings: report.recordings,
  });
  for (const problem of report.problems) log.warning("{problem}", { problem });
  // Whoever lost an index, or brings an old disk, looks at it before limits of today empty it.
  holdLimits(deps);
  return report;
}

/**
 * What has to be right before anything is recorded or played: compares the databases, finds the storage, reads
 * in footage that the index does not know, and finishes half-done deletions. Nothing is erased that was not
 * erased before. The roots are watched until they are closed.
 */
export async function startupChecks(deps: StartupDeps): Promise<KeptArchive> {
  const { clock, files, index, state } = deps;
  const lost = pairDatabases({ index, state });
  if (lost.index) log.warning("The index was lost or is new; it is made again from the footage");
  if (lost.state)
    log.warning("The state database was lost or is new; limits of age and size wait for 24 hours");
  const reindexed: StartupReport["reindexed"] = [];
  const roots = new KnownRoots({
    clock,
    files,
    index,
    state,
    storagePath: deps.storagePath,
    unmountedPoint: deps.unmountedPoint ?? ((path) => missingMountOf(path)),
    indexRoot: async (root) => {
      const report = await readIn(deps, root);
      if (report.recordings > 0) reindexed.push({ path: root.path, report });
    },
  });
  await roots.start();
  const deleter = new Deleter({ clock, files, index, roots, managed: deps.managed });
  const garbage = await deleter.collectGarbage(false);
  const current = roots.current();
  const missing = "missing" in current ? current.missing : undefined;
  return { roots, deleter, report: { lost, reindexed, garbage, missing } };
}

/**
 * Drops recordings whose files are gone, root by root, and says so. To be called beside recording, at leisure.
 * Never rejects: where a folder can't be read, nothing is dropped.
 */
export async function checkFiles(
  deps: Pick<StartupDeps, "index" | "files">,
  roots: readonly { id: string; path: string }[],
): Promise<MissingReport> {
  const total: MissingReport = { dropped: [], kept: [] };
  for (const root of roots) {
    try {
      const { dropped, kept } = await dropMissing(deps, root);
      total.dropped.push(...dropped);
      total.kept.push(...kept);
    } catch (error) {
      log.error("The files at {path} can't be looked at: {error}", {
        path: root.path,
        error: errorText(error),
      });
    }
  }
  for (const { path } of total.dropped) log.warning("{path} is gone; the index forgets it", { path });
  for (const { channel, missing, recordings } of total.kept)
    log.error("{missing} of {recordings} files of {channel} look missing; the index keeps them all", {
      missing,
      recordings,
      channel,
    });
  return total;
}
