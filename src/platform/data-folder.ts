import { mkdirSync } from "node:fs";
import { errorText, NightjarError } from "./errors.ts";
import { isNetworkFileSystem } from "./mounts.ts";

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
    throw new NightjarError("config", `The data folder ${folder} can't be made: ${errorText(error)}`, {
      cause: error,
    });
  }
}
