import { existsSync } from "node:fs";
import { chmod, chown, lchown, mkdir, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Config } from "../config/config.ts";
import { SYSTEM_CONFIG_FILE, SYSTEM_DATA_FOLDER } from "../config/resolve.ts";
import { NightjarError } from "../platform/errors.ts";
import { isWithin } from "../platform/mounts.ts";
import { findTool } from "../platform/process.ts";
import { type Account, accountOf, cameraGroups, isUserName, runChecked, userCommand } from "./account.ts";
import { copyExecutable, prepareFolder, servicePathOf } from "./folders.ts";
import { sampleConfig } from "./sample.ts";
import { CONFIG_FOLDER, serviceUnit, type UnitOptions } from "./unit.ts";

const UNIT_FILE = "/etc/systemd/system/nightjar.service";
const DEFAULT_USER = "nightjar";

export type InstallContext = {
  /** The file of `--config`, as an absolute path. */
  configFile?: string;
  /** Reads that file; called only when it exists. */
  loadConfig: (file: string) => Config;
  /** Path of the running program. */
  executable: string;
  /** Whether that is Nightjar itself, and not a runtime that runs its source. */
  isStandalone: boolean;
  /** Only show the unit. */
  print: boolean;
  user?: string;
  stdout: (line: string) => void;
};

function unitOptions(context: InstallContext): UnitOptions {
  const user = context.user ?? DEFAULT_USER;
  if (!isUserName(user)) {
    const wanted = "wanted small letters, digits, - and _, at most 32, beginning with a letter";
    throw new NightjarError("bad-request", `--user is ${JSON.stringify(user)}; ${wanted}`);
  }
  const configFile = context.configFile ?? SYSTEM_CONFIG_FILE;
  const config = existsSync(configFile) ? context.loadConfig(configFile) : undefined;
  const dataFolder = config?.dataFolder ?? SYSTEM_DATA_FOLDER;
  return {
    executable: servicePathOf(context.executable),
    configFile,
    dataFolder,
    storagePath: config?.storage.path ?? `${SYSTEM_DATA_FOLDER}/archive`,
    watchedFolders: [...(config?.channels.values() ?? [])].flatMap(({ source }) =>
      source.kind === "folder" ? [source] : [],
    ),
    user,
    groups: cameraGroups(),
    needsLowPort: config?.listen.some(({ port }) => port < 1024) ?? false,
  };
}

/** Why it can't be installed here, and what to do instead. */
function obstacle(context: InstallContext): string[] | undefined {
  if (!context.isStandalone) {
    return ["Only the built executable can be a service: npm run build, then dist/nightjar service install"];
  }
  if (findTool("systemctl") === undefined || !existsSync("/run/systemd/system")) {
    return [
      "This system does not run systemd. Let whatever starts programs here start, and start again when it ends:",
      `  ${context.executable} serve --config ${context.configFile ?? SYSTEM_CONFIG_FILE}`,
    ];
  }
  if (process.getuid?.() !== 0) {
    const config = context.configFile === undefined ? "" : ` --config ${context.configFile}`;
    return ["This needs root. Run:", `  sudo ${context.executable} service install${config}`];
  }
  return undefined;
}

async function ensureUser(user: string, say: (line: string) => void): Promise<Account> {
  const known = await accountOf(user);
  if (known !== undefined) return known;
  await runChecked(userCommand(user));
  say(`Made the user ${user}.`);
  const made = await accountOf(user);
  if (made !== undefined) return made;
  throw new NightjarError("unavailable", `The user ${user} was made, but is not there`);
}

/**
 * Sees to it that there is a configuration that the service can read, and others can't: it holds passwords. In the
 * system's own place it is the service's, so that cameras can be added from the pages.
 */
async function ensureConfig(file: string, account: Account, say: (line: string) => void): Promise<void> {
  const isOwn = isWithin(file, CONFIG_FOLDER);
  const isThere = existsSync(file);
  if (!isThere) {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, sampleConfig, { flag: "wx", mode: 0o640 });
    await chown(file, isOwn ? account.uid : 0, account.gid);
    await chmod(file, 0o640);
    say(`Wrote ${file}.`);
  } else if (isOwn) {
    // What the service's user may replace by a link must not lead root elsewhere.
    await lchown(file, account.uid, account.gid);
  }
  if (isOwn) await chown(dirname(file), account.uid, account.gid);
  const { mode } = await stat(file);
  if ((mode & 0o004) !== 0) say(`Everyone can read ${file}, passwords too: chmod o-r ${file}`);
}

/**
 * `nightjar service install`: makes what the service needs, writes its unit, and starts it. Run again, it brings
 * all of that up to date.
 */
export async function runServiceInstall(context: InstallContext): Promise<number> {
  const say = context.stdout;
  const options = unitOptions(context);
  if (context.print) {
    say(serviceUnit(options).trimEnd());
    return 0;
  }
  const reasons = obstacle(context);
  if (reasons !== undefined) {
    for (const line of reasons) say(line);
    return 1;
  }
  if (options.executable !== context.executable) {
    await copyExecutable(context.executable, options.executable);
    say(`Copied ${context.executable} to ${options.executable}; the service runs that one.`);
  } else say(`The service runs ${options.executable} where it is.`);
  const account = await ensureUser(options.user, say);
  await ensureConfig(options.configFile, account, say);
  for (const folder of new Set([options.dataFolder, options.storagePath])) {
    if (isWithin(folder, SYSTEM_DATA_FOLDER)) continue;
    const done = await prepareFolder(folder, options.user, account);
    if (done !== undefined) say(done);
  }
  await writeFile(UNIT_FILE, serviceUnit(options));
  await runChecked(["systemctl", "daemon-reload"]);
  await runChecked(["systemctl", "enable", "nightjar.service"]);
  await runChecked(["systemctl", "restart", "nightjar.service"]);
  say(`Wrote ${UNIT_FILE} and started it. Its log, and at the first start the code for /setup:`);
  say("  journalctl -u nightjar -f");
  return 0;
}
