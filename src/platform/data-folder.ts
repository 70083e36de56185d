import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { errorText, NightjarError, systemErrorCode } from "./errors.ts";
import { isNetworkFileSystem } from "./mounts.ts";

/** The data folder, and the file of the configuration; absent where there is none. */
export type DataPlace = { readonly dataFolder: string; readonly file?: string };

/** A data folder in use has at least one of them: each can be lost and made again. */
const DATABASES = ["index.db", "state.db"] as const;

const RIGHTS_CODES = new Set(["EACCES", "EPERM", "SQLITE_CANTOPEN", "SQLITE_READONLY"]);

/** What to do about an error that comes from the rights of whoever runs this; none of other errors. */
export const rightsAdvice = (error: unknown): readonly string[] =>
  RIGHTS_CODES.has(systemErrorCode(error) ?? "")
    ? ["Run this as the user that Nightjar runs as, for example with: sudo -u nightjar nightjar …"]
    : [];

/** Makes the data folder and refuses one that can't be trusted. Throws `config`. */
export function prepareDataFolder(folder: string): void {
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
    throw new NightjarError(
      "config",
      `The data folder ${folder}, for the index and the accounts, can't be made: ${errorText(error)}`,
      {
        details: rightsAdvice(error),
        cause: error,
      },
    );
  }
}

function isThere(path: string, folder: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    if (systemErrorCode(error) === "ENOTDIR") return false;
    throw new NightjarError("config", `The data folder ${folder} can't be read: ${errorText(error)}`, {
      details: rightsAdvice(error),
      cause: error,
    });
  }
}

/**
 * For commands that make no data folder: they would answer about an empty one of their own making.
 * @param databases of which one has to be there
 * @throws NightjarError `not-found` without any of them, with where the folder is configured; `config` for one
 * that can't be read
 */
export function requireData(
  { dataFolder, file }: DataPlace,
  databases: readonly (typeof DATABASES)[number][] = DATABASES,
): void {
  if (databases.some((name) => isThere(join(dataFolder, name), dataFolder))) return;
  const what = isThere(dataFolder, dataFolder)
    ? `The data folder ${dataFolder} has no ${databases.join(" and no ")}: nothing was kept in it yet`
    : `There is no data folder at ${dataFolder}`;
  const where =
    file === undefined
      ? "No configuration was found, so this is the default. Name yours: --config FILE"
      : `It is configured by data in ${file}; by default it is beside that file. Another one: --config FILE`;
  throw new NightjarError("not-found", what, { details: [where] });
}
