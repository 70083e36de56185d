import { constants } from "node:fs";
import { access, readdir } from "node:fs/promises";
import type { Config } from "../config/config.ts";
import { errorText } from "../platform/errors.ts";
import type { DoctorCheck } from "./doctor-check.ts";
import { countWords } from "./words.ts";

const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** Looks at a watched folder; with `manage` its old files are deleted, which takes the right to write. */
async function folderCheck(id: string, path: string, manage: boolean): Promise<DoctorCheck> {
  const name = `folder ${id}`;
  try {
    const dates = (await readdir(path)).filter((entry) => DATE.test(entry)).length;
    const found = `${path}: ${countWords(dates, "date")}`;
    if (manage) await access(path, constants.W_OK);
    if (dates > 0) return { name, state: "ok", found };
    const advice = "Files are looked for in folders of dates: 2026-11-20/video_140000.ts";
    return { name, state: "warn", found, advice };
  } catch (error) {
    const advice = manage
      ? "Let this user read and write there (manage: true deletes old files), or correct the path."
      : "Let this user read there, mount it, or correct the path.";
    return { name, state: "fail", found: `${path}: ${errorText(error)}`, advice };
  }
}

/** All watched folders of a configuration. */
export async function folderChecks(config: Config): Promise<DoctorCheck[]> {
  const checks = [...config.channels.values()].flatMap(({ id, source, enabled }) =>
    enabled && source.kind === "folder" ? folderCheck(id, source.path, source.manage) : [],
  );
  return await Promise.all(checks);
}
