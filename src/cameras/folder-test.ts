import { constants } from "node:fs";
import { access, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { SourceConfig } from "../config/config.ts";
import { systemErrorCode } from "../platform/errors.ts";
import { countWords } from "../status/words.ts";
import { isDateFolder, parseName } from "../uploads/file-names.ts";
import type { Failure } from "./failure.ts";

/** What lies in a folder that is to be watched. */
export type FolderFacts = {
  /** Folders of dates, in order. */
  dates: readonly string[];
  /** Segment files and others in the newest of them. */
  segmentFiles: number;
  otherFiles: number;
  manage: boolean;
};

type Folder = Extract<SourceConfig, { kind: "folder" }>;

/** Looks into a folder: how many dates there are, and what is in the newest. Nothing is changed. */
export async function lookIntoFolder({
  path,
  manage,
}: Folder): Promise<{ folder: FolderFacts } | { failure: Failure }> {
  try {
    const dates = (await readdir(path)).filter(isDateFolder).sort();
    const newest = dates.at(-1);
    const names = newest === undefined ? [] : await readdir(join(path, newest));
    if (manage) await access(path, constants.W_OK);
    const segmentFiles = names.filter((name) => parseName(name)?.isSidecar === false).length;
    return { folder: { dates, segmentFiles, otherFiles: names.length - segmentFiles, manage } };
  } catch (error) {
    return { failure: failureOf(systemErrorCode(error) ?? "an unknown error", path) };
  }
}

function failureOf(code: string, path: string): Failure {
  const kind = "no-folder";
  if (code === "ENOENT") {
    const advice = "Check the path; if it lies on another disk or machine, mount that first.";
    return { kind, words: `There is no folder ${path} on this machine.`, advice };
  }
  if (code === "ENOTDIR")
    return { kind, words: `${path} is no folder.`, advice: "Name the folder that the dates are in." };
  if (code === "EACCES" || code === "EPERM" || code === "EROFS") {
    return {
      kind,
      words: `Nightjar's user may not read ${path}, or not write there to delete old files.`,
      advice:
        "Give it the right to read the folder and all below it, for example with setfacl -R -m u:nightjar:rX.",
    };
  }
  return {
    kind,
    words: `${path} can't be read (${code}).`,
    advice: "Check the disk or the mount, and test again.",
  };
}

/** A folder that was looked into, in words. */
export function folderWords({ dates, segmentFiles, otherFiles, manage }: FolderFacts): {
  headline: string;
  advice: string[];
  facts: { name: string; value: string }[];
} {
  const [first, last] = [dates[0], dates.at(-1)];
  const advice = [
    first === undefined
      ? "There is no date in it yet. Files are looked for in folders of dates: 2026-11-20/video_140000.ts"
      : segmentFiles === 0
        ? `No file in ${last} is called video_HHMMSS.ts or .mp4; other files are left alone.`
        : undefined,
    manage ? "Old files will be deleted there, as the days to keep say." : undefined,
  ];
  return {
    headline: "The folder can be read.",
    advice: advice.filter((line) => line !== undefined),
    facts: [
      { name: "Dates", value: first === undefined ? "none" : `${dates.length}, from ${first} to ${last}` },
      ...(last === undefined
        ? []
        : [{ name: `In ${last}`, value: countWords(segmentFiles, "segment file") }]),
      ...(otherFiles > 0 ? [{ name: "Beside them", value: countWords(otherFiles, "other file") }] : []),
    ],
  };
}
