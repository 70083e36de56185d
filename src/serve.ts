import { join } from "node:path";
import { Accounts } from "./accounts/accounts.ts";
import { buildApp } from "./app.ts";
import type { Footage } from "./archive/footage.ts";
import { Cameras } from "./cameras/cameras.ts";
import { CameraTests } from "./cameras/tests.ts";
import { openArchive, type OpenArchive } from "./archive/open-archive.ts";
import { Supervisors } from "./capture/supervisors.ts";
import type { Config } from "./config/config.ts";
import { isLoopback } from "./config/listen-address.ts";
import type { ClipLibrary } from "./clips/clip-library.ts";
import { makeClips } from "./clips/make.ts";
import { clipRoutes } from "./clips/routes.ts";
import type { ConfigEditor } from "./config/config-editor.ts";
import { makeWork, type Work } from "./jobs/make.ts";
import { jobRoutes } from "./jobs/routes.ts";
import { restartKeys } from "./config/reload.ts";
import { type Conversion, makeConversion } from "./conversion/make.ts";
import { makeExport } from "./export/make.ts";
import { lockRoutes } from "./locks/index.ts";
import { listen, openAddresses } from "./listen.ts";
import { makeMoments } from "./moment/make.ts";
import { Notifier } from "./notify/notifier.ts";
import { loadAssets } from "./pages/assets.ts";
import { accountPages } from "./pages/accounts/index.ts";
import { noAccountPages } from "./pages/accounts/no-accounts.ts";
import { cameraPages } from "./pages/cameras/index.ts";
import { setupPages } from "./pages/setup/index.ts";
import { filePages } from "./pages/files/index.ts";
import { filmPages } from "./pages/films/index.ts";
import { momentPages } from "./pages/films/moment-pages.ts";
import { spanPages } from "./pages/spans/index.ts";
import { errorPage, pages } from "./pages/index.ts";
import { jobsPages } from "./pages/jobs-pages.ts";
import { siteOf } from "./pages/site.ts";
import { timelapsePages } from "./pages/timelapses/index.ts";
import { assetRoot } from "./platform/assets.ts";
import type { Clock } from "./platform/clock.ts";
import { letGoOfCode } from "./platform/code-memory.ts";
import { compileSoon } from "./platform/compile-soon.ts";
import { prepareDataFolder } from "./platform/data-folder.ts";
import { acquireDataLock } from "./platform/data-lock.ts";
import { errorText, NightjarError } from "./platform/errors.ts";
import { logOf, startLogging } from "./platform/log.ts";
import { giveBackBuffers } from "./platform/memory.ts";
import { outliveParent } from "./platform/parent.ts";
import { findTool } from "./platform/process.ts";
import { diskFiles } from "./platform/files.ts";
import { onSignals } from "./platform/signals.ts";
import { version } from "./platform/version.ts";
import { FirstAccount } from "./setup/first-account.ts";
import { SetupCode } from "./setup/setup-code.ts";
import { welcomeText } from "./setup/welcome.ts";
import { statusRoutes } from "./status/index.ts";
import { StatusReader } from "./status/status.ts";
import { makeTimelapses, timelapseSettings } from "./timelapse/make.ts";
import { dayAddresses } from "./timelapse/routes.ts";
import { stillRoutes } from "./still/index.ts";
import { uploadRoutes } from "./uploads/routes.ts";
import { Uploads } from "./uploads/uploads.ts";

const log = logOf("main");

/** A stop that takes longer ends all the same: what is not on disk by then is what a power cut would lose. */
const STOP_LIMIT_MS = 5000;

/** What the HTTP side is made of. */
export type AppParts = {
  /** The configuration as it is now. */
  current: () => Config;
  opened: OpenArchive;
  supervisors: Supervisors;
  clock: Clock;
  /** The code of the first start. */
  setupCode?: SetupCode;
  /** What takes files; one that does not run where it is absent. */
  uploads?: Uploads;
  /** The films; without any, a library that does not look after them. */
  clips?: ClipLibrary;
  /** The work that is done beside recording; none is, where it is absent. */
  work?: Work;
  /** Days that are made smaller; made here where it is absent. */
  conversion?: Conversion;
  /** How pages change the configuration. Absent where no file is read. */
  editing?: { editor: ConfigEditor; reload: () => Promise<unknown> };
  /** Why the configuration's file was not taken up when it was read last, line by line; none when it was. */
  refusedConfig?: () => readonly string[];
};

/** What receives and finds segment files, and tells the archive of them. */
const uploadsOf = ({ opened, clock, current }: Pick<AppParts, "opened" | "clock" | "current">): Uploads =>
  new Uploads({ clock, files: diskFiles(), footage: opened.archive.fileFootage, ...opened.files }, current);

/** What makes old days smaller, as work of the queue. */
const conversionOf = ({
  opened,
  clock,
  work,
  current,
}: Pick<AppParts, "opened" | "clock" | "current"> & { work: Work }): Conversion =>
  makeConversion({
    aged: opened.aged,
    footage: opened.archive,
    roots: opened.roots,
    clock,
    current,
    ...work,
  });

/** The whole HTTP side with all its controllers, listening nowhere yet. */
export async function makeApp(parts: AppParts) {
  const { current, opened, supervisors, clock, setupCode, uploads = uploadsOf(parts), editing } = parts;
  const clips = parts.clips ?? makeClips(parts);
  const work = parts.work ?? makeWork({ ...parts, uploads });
  const conversion = parts.conversion ?? conversionOf({ ...parts, work });
  const config = current();
  const footage: Footage = opened.archive;
  const status = new StatusReader({
    clock,
    version,
    footage,
    history: opened.history,
    capture: (channel) => supervisors.status(channel),
    source: (channel) => current().channels.get(channel)?.source,
    arrivals: (channel) => uploads.status(channel),
    storage: () => opened.storage(),
    ffmpeg: () => findTool("ffmpeg"),
    databaseTrouble: () => opened.databaseTrouble(),
  });
  const assets = await loadAssets(join(assetRoot, "public"));
  const site = siteOf({
    assets,
    version,
    zone: config.zone,
    auth: config.auth,
    runningJobs: () => work.jobs.counts().running,
  });
  const publicUrl = config.publicUrl;
  const films = { footage, clock, clips, jobs: work.jobs, publicUrl };
  work.schedules.on("clips", () => clips.applyLimits());
  const configFile = config.file ?? "nightjar.yaml";
  const accounts =
    config.auth === "accounts"
      ? new Accounts({ tables: opened.state.accounts, clock, publicUrl })
      : undefined;
  const firstAccount = accounts && new FirstAccount(accounts, setupCode ?? new SetupCode(clock));
  const cameras = new Cameras({
    config: current,
    editor: editing?.editor,
    reload: editing?.reload ?? (() => Promise.resolve()),
  });
  const app = buildApp({
    playback: {
      footage,
      live: opened.archive,
      clock,
      publicUrl,
      segmentTargetMs: config.segment.targetMs,
      targetDurations: opened.targetDurations,
      settledMs: (channel) => opened.archive.fileFootage.settledMs(channel),
      settlesInMs: (channel) => opened.archive.fileFootage.settlesInMs(channel),
      listed: opened.listed,
      firstFileChannel: () => firstFileChannel(current()),
      footageStamp: (channel) => opened.archive.stamp(channel),
      defaultChannel: config.defaultChannel,
      naiveTimes: config.streamer.naiveTimes,
      keepDays: (channel) => keepDays(current(), channel),
    },
    // Where people sign in, a foreign name for this server gives nobody's credentials away.
    hosts: { isLoopbackOnly: config.auth === "none" && config.listen.every(isLoopback), publicUrl },
    identify: accounts && ((request) => accounts.identify(request)),
    isSetUpMode: accounts && (() => accounts.isEmpty()),
    controllers: [
      assets.routes,
      statusRoutes({ status, footage }),
      lockRoutes({ footage, clock, list: (channel) => opened.locksOf(channel), locks: opened.locks }),
      clipRoutes({ clips, footage }),
      stillRoutes({ footage, clock, decoders: config.stills.decoders }),
      accounts ? accountPages({ accounts, site }) : noAccountPages(),
      setupPages({ site, firstAccount }),
      cameraPages({
        site,
        cameras,
        tests: new CameraTests(clock),
        status,
        footage,
        history: opened.history,
      }),
      filePages({ site, status, footage, publicUrl, config: current, accounts, quarantine: uploads }),
      uploadRoutes(uploads),
      makeExport(films),
      makeMoments({ ...films, live: opened.archive, maxHeight: () => current().moments.maxHeight }),
      makeTimelapses({ ...films, current, schedules: work.schedules, state: opened.state }),
      timelapsePages({ site, ...films, keep: (id) => timelapseSettings(current(), id).keep }),
      filmPages({ ...films, site, momentKeep: () => current().moments.keep }),
      momentPages(films),
      spanPages({ ...films, site, locks: opened.locks, locksOf: (channel) => opened.locksOf(channel) }),
      jobRoutes(work),
      jobsPages({
        site,
        clock,
        footage,
        ...work,
        window: () => current().jobs.window,
        ageing: () => conversion.report(),
      }),
      pages({
        site,
        status,
        footage,
        history: opened.history,
        storageUse: () => opened.storageUse(),
        locksOf: (channel) => opened.locksOf(channel),
        timelapses: (channel) => dayAddresses(clips, channel),
        publicUrl,
        configFile,
        refusedConfig: parts.refusedConfig,
      }),
    ],
    errorPage: errorPage(site, footage),
  });
  return app;
}

export type ServeOptions = {
  /** Reads the configuration; once more from the file that it came from, which then has to be there. */
  load: (file?: string) => Config;
  /** Makes what changes the configuration's file; absent where none is read. */
  editorOf?: (file: string | undefined) => ConfigEditor;
  clock: Clock;
};

/** Everything that runs: made in order, ended in reverse order. */
export async function serve({ load, editorOf, clock }: ServeOptions): Promise<number> {
  let config = load();
  outliveParent();
  giveBackBuffers();
  letGoOfCode();
  await startLogging(config.log);
  prepareDataFolder(config.dataFolder);
  const lock = acquireDataLock(config.dataFolder);
  log.info("Nightjar {version} starts, process {pid}", { version, pid: process.pid });

  const opened = await openArchive({ config, clock });
  const supervisors = new Supervisors({ archive: opened.archive, clock });
  const uploads = uploadsOf({ opened, clock, current: () => config });
  const clips = makeClips({ opened, clock, current: () => config });
  const work = makeWork({ opened, supervisors, uploads, clock, current: () => config });
  const conversion = conversionOf({ opened, clock, work, current: () => config });
  const setupCode = new SetupCode(clock);
  let refused: readonly string[] = [];
  const app = await makeApp({
    current: () => config,
    opened,
    supervisors,
    clock,
    setupCode,
    uploads,
    clips,
    work,
    conversion,
    refusedConfig: () => refused,
    ...(editorOf ? { editing: { editor: editorOf(config.file), reload: () => reload() } } : {}),
  });
  const listening = await listen(app, config.listen);
  const addresses = openAddresses(listening.addresses);
  for (const address of addresses) log.info("Open http://{address}/", { address });
  if (config.auth === "accounts" && !opened.state.accounts.hasUsers()) sayWelcome(addresses, setupCode.shown);
  supervisors.start(config);
  uploads.start();
  clips.start();
  work.start();
  const notifier = new Notifier({
    state: opened.state,
    clock,
    footage: opened.archive,
    capture: (channel) => supervisors.status(channel),
    source: (channel) => config.channels.get(channel)?.source,
    arrivals: (channel) => uploads.status(channel),
    storage: () => opened.storage(),
    ffmpeg: () => findTool("ffmpeg"),
    databaseTrouble: () => opened.databaseTrouble(),
  });
  notifier.start(config);
  compileSoon();

  const takeUp = async (): Promise<{ restartKeys: string[] }> => {
    const before = config;
    const next = load(before.file);
    opened.configure(next);
    config = next;
    await Promise.all([supervisors.change(before, config), uploads.change(before)]);
    await notifier.configure(config);
    conversion.changed();
    const keys = restartKeys(before, config);
    if (keys.length > 0) log.warn("A change of {keys} needs a restart", { keys: keys.join(", ") });
    return { restartKeys: keys };
  };
  let lastReload: Promise<unknown> = Promise.resolve();
  /** Takes the configuration's file up, one change after the other; throws the NightjarError of a bad one. */
  const reload = (): Promise<{ restartKeys: string[] }> => {
    const done = lastReload.then(takeUp);
    lastReload = done.then(
      () => (refused = []),
      (error: unknown) => (refused = refusalLines(error)),
    );
    return done;
  };
  const signal = await onSignals({
    async reload() {
      try {
        await reload();
      } catch (error) {
        const details = error instanceof NightjarError ? error.details.join("; ") : "";
        log.error("The changed configuration is not taken up: {error} {details}", {
          error: errorText(error),
          details,
        });
      }
    },
  });
  log.info("Stopping ({signal})", { signal });
  const stopped = (async () => {
    await Promise.all([notifier.stop(), work.stop()]);
    await Promise.all([listening.stop(true), supervisors.stop(), uploads.stop(), clips.close()]);
    await opened.close();
  })();
  await Promise.race([stopped, clock.sleep(STOP_LIMIT_MS)]);
  lock.release();
  log.info("Stopped");
  return 0;
}

/** What `nightjar check` says of a configuration, without its title: that is of a start. Holds no secret. */
function refusalLines(error: unknown): readonly string[] {
  if (!(error instanceof NightjarError)) return ["It could not be taken up; the log says why."];
  return error.details.length > 0 ? error.details : [error.message];
}

/** Says where to go and which code is asked for there: to the journal, and to a person who looks on. */
function sayWelcome(addresses: readonly string[], code: string): void {
  const pages = addresses.map((address) => `http://${address}/setup`).join(" or ");
  log.warn("Nobody has an account yet. Open {pages} and enter the code {code}", { pages, code });
  if (process.stdout.isTTY) process.stdout.write(welcomeText({ addresses, code, version }));
}

/** The first channel that files are sent to or found for. */
const firstFileChannel = ({ channels }: Config): string | undefined =>
  [...channels.values()].find(({ source }) => source.kind === "upload" || source.kind === "folder")?.id;

const DAY_MS = 86_400_000;

/** Days that a channel's limits leave to be played, for catch-up. */
function keepDays({ channels }: Config, channel: string): number | undefined {
  const keep = channels.get(channel)?.keep;
  const byAge = keep?.maxAgeMs === undefined ? undefined : Math.ceil(keep.maxAgeMs / DAY_MS);
  const days = [keep?.days, byAge].filter((value) => value !== undefined);
  return days.length > 0 ? Math.min(...days) : undefined;
}
