import { readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { openArchive } from "../src/archive/open-archive.ts";
import { Supervisors } from "../src/capture/supervisors.ts";
import { commandReference } from "../src/cli/reference.ts";
import { configFromObject } from "../src/config/load.ts";
import { configurationReference } from "../src/config/reference.ts";
import { routesReference } from "../src/pages/routes-reference.ts";
import { systemClock } from "../src/platform/system-clock.ts";
import { makeApp } from "../src/serve.ts";

const BEGIN = "<!-- made by scripts/docs.ts: begin -->";
const END = "<!-- made by scripts/docs.ts: end -->";

/** The routes of the whole HTTP side, made in an empty folder and listening nowhere. */
async function routeReference(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "nightjar-docs-"));
  try {
    const clock = systemClock();
    const config = configFromObject({ data: folder }, { folder, systemZone: "UTC", reservedIds: [] });
    const opened = await openArchive({ config, clock });
    try {
      const supervisors = new Supervisors({ archive: opened.archive, clock });
      return routesReference((await makeApp({ current: () => config, opened, supervisors, clock })).routes);
    } finally {
      await opened.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Documents with a generated part, by their path from the project's folder. */
const documents: Readonly<Record<string, () => string | Promise<string>>> = {
  "docs/configuration.md": configurationReference,
  "docs/commands.md": commandReference,
  "docs/routes.md": routeReference,
};

/** A document's text with its generated part made anew. */
function renewed(path: string, text: string, part: string): string {
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`${path}: found no generated part; wanted ${BEGIN} … ${END}`);
  return `${text.slice(0, begin + BEGIN.length)}\n\n${part.trim()}\n\n${text.slice(end)}`;
}

/** Documents whose generated part is not what the code says now; with `write`, they are brought up to date. */
export async function outdatedDocuments(write: boolean): Promise<string[]> {
  const outdated: string[] = [];
  for (const [path, make] of Object.entries(documents)) {
    const file = resolve(import.meta.dir, "..", path);
    const text = readFileSync(file, "utf8");
    const now = renewed(path, text, await make());
    if (now === text) continue;
    if (write) writeFileSync(file, now);
    outdated.push(path);
  }
  return outdated;
}

if (import.meta.main) {
  const isCheck = process.argv.includes("--check");
  const outdated = await outdatedDocuments(!isCheck);
  for (const path of outdated)
    console.log(isCheck ? `${path} is out of date: bun scripts/docs.ts` : `${path} renewed`);
  process.exit(isCheck && outdated.length > 0 ? 1 : 0);
}
