import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { commandReference } from "../src/cli/reference.ts";
import { configurationReference } from "../src/config/reference.ts";

const BEGIN = "<!-- made by scripts/docs.ts: begin -->";
const END = "<!-- made by scripts/docs.ts: end -->";

/** Documents with a generated part, by their path from the project's folder. */
const documents: Readonly<Record<string, () => string>> = {
  "docs/configuration.md": configurationReference,
  "docs/commands.md": commandReference,
};

/** A document's text with its generated part made anew. */
function renewed(path: string, text: string, part: string): string {
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`${path}: found no generated part; wanted ${BEGIN} … ${END}`);
  return `${text.slice(0, begin + BEGIN.length)}\n\n${part.trim()}\n\n${text.slice(end)}`;
}

/** Documents whose generated part is not what schema and commands say now; with `write`, they are brought up to date. */
export function outdatedDocuments(write: boolean): string[] {
  return Object.entries(documents).flatMap(([path, make]) => {
    const file = resolve(import.meta.dir, "..", path);
    const text = readFileSync(file, "utf8");
    const now = renewed(path, text, make());
    if (now === text) return [];
    if (write) writeFileSync(file, now);
    return [path];
  });
}

if (import.meta.main) {
  const isCheck = process.argv.includes("--check");
  const outdated = outdatedDocuments(!isCheck);
  for (const path of outdated)
    console.log(isCheck ? `${path} is out of date: bun scripts/docs.ts` : `${path} renewed`);
  process.exit(isCheck && outdated.length > 0 ? 1 : 0);
}
