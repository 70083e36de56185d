import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { buildApp } from "./app.ts";
import type { Footage } from "./archive/footage.ts";
import { openArchive } from "./archive/open-archive.ts";
import { Supervisors } from "./capture/supervisors.ts";
import type { Config } from "./config/config.ts";
import { isLoopback, listenText } from "./config/listen-address.ts";
import { restartKeys } from "./config/reload.ts";
import { lockRoutes } from "./locks/index.ts";
import { listen } from "./listen.ts";
import { loadAssets } from "./pages/assets.ts";
import { errorPage, pages } from "./pages/index.ts";
import { siteOf } from "./pages/site.ts";
import { assetRoot } from "./platform/assets.ts";
import type { Clock } from "./platform/clock.ts";
import { acquireDataLock } from "./platform/data-lock.ts";
import { errorText, NightjarError } from "./platform/errors.ts";
import { logOf, startLogging } from "./platform/log.ts";
import { giveBackBuffers } from "./platform/memory.ts";
import { isNetworkFileSystem } from "./platform/mounts.ts";
import { outliveParent } from "./platform/parent.ts";
import { findTool } from "./platform/process.ts";
import { onSignals } from "./platform/signals.ts";
import { version } from "./platform/version.ts";
import { statusRoutes } from "./status/index.ts";
import { StatusReader } from "./status/status.ts";

const log = logOf("main");

/** A stop that takes longer ends all the same: what is not on disk by then is what a power cut would lose. */
const STOP_LIMIT_MS = 5000;

/** Makes the data folder and refuses one that can't be trusted. Throws `config`. */
function prepareDataFolder(folder: string): void {
  if (isNetworkFileSystem(folder)) {
    throw new NightjarError("config", `data is ${folder}, on a network file system; wanted: a local disk`, {
      details: [
        "Databases need locks and syncs that network file systems don't keep. storage.path may be on one.",
      ],
    });
  }
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new NightjarError("config", `The data folder ${folder} can't be made: ${errorText(error)}`, {
      cause: error,
    });
  }
}

export type ServeOptions = {
  /** Reads the configuration; once more from the file that it came from, which then has to be there. */
  load: (file?: string) => Config;
  clock: Clock;
};

/** Everything that runs: made in order, ended in reverse order. */
export async function serve({ load, clock }: ServeOptions): Promise<number> {
  let config = load();
  outliveParent();
  giveBackBuffers();
  await startLogging(config.log);
  prepareDataFolder(config.dataFolder);
  const lock = acquireDataLock(config.dataFolder);
  log.info("Nightjar {version} starts, process {pid}", { version, pid: process.pid });

  const opened = await openArchive({ config, clock });
  const footage: Footage = opened.archive;
  const supervisors = new Supervisors({ archive: opened.archive, clock });
  const status = new StatusReader({
    clock,
    version,
    footage,
    capture: (channel) => supervisors.status(channel),
    storage: () => opened.storage(),
    ffmpeg: () => findTool("ffmpeg"),
    databaseTrouble: () => opened.databaseTrouble(),
  });
  const assets = await loadAssets(join(assetRoot, "public"));
  const site = siteOf({ assets, version, zone: config.zone, auth: config.auth });
  const publicUrl = config.publicUrl;
  const configFile = config.file ?? "nightjar.yaml";
  const app = buildApp({
    playback: {
      footage,
      clock,
      publicUrl,
      segmentTargetMs: config.segment.targetMs,
      defaultChannel: config.defaultChannel,
      keepDays: (channel) => keepDays(config, channel),
    },
    hosts: { isLoopbackOnly: config.listen.every(isLoopback), publicUrl },
    controllers: [
      assets.routes,
      statusRoutes({ status, footage }),
      lockRoutes({ footage, clock, list: (channel) => opened.locksOf(channel), locks: opened.locks }),
      pages({ site, status, footage, publicUrl, configFile }),
    ],
    errorPage: errorPage(site),
  });
  const listening = await listen(app, config.listen);
  for (const address of listening.addresses)
    log.info("Open http://{address}/", { address: listenText(address) });
  supervisors.start(config);

  const reload = async (): Promise<void> => {
    const before = config;
    try {
      const next = load(before.file);
      opened.configure(next);
      config = next;
    } catch (error) {
      const details = error instanceof NightjarError ? error.details.join("; ") : "";
      log.error("The changed configuration is not taken up: {error} {details}", {
        error: errorText(error),
        details,
      });
      return;
    }
    await supervisors.change(before, config);
    const keys = restartKeys(before, config);
    if (keys.length > 0) log.warn("A change of {keys} needs a restart", { keys: keys.join(", ") });
  };
  const signal = await onSignals({ reload });
  log.info("Stopping ({signal})", { signal });
  const stopped = (async () => {
    await Promise.all([listening.stop(true), supervisors.stop()]);
    await opened.close();
  })();
  await Promise.race([stopped, clock.sleep(STOP_LIMIT_MS)]);
  lock.release();
  log.info("Stopped");
  return 0;
}

const DAY_MS = 86_400_000;

/** Days that a channel's limits leave to be played, for catch-up. */
function keepDays({ channels }: Config, channel: string): number | undefined {
  const keep = channels.get(channel)?.keep;
  const byAge = keep?.maxAgeMs === undefined ? undefined : Math.ceil(keep.maxAgeMs / DAY_MS);
  const days = [keep?.days, byAge].filter((value) => value !== undefined);
  return days.length > 0 ? Math.min(...days) : undefined;
}
