import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { openArchive } from "../../src/archive/open-archive.ts";
import { loadConfig } from "../../src/config/load.ts";
import { fmp4Facts, fmp4Parameters } from "../../src/media/kept/fmp4-facts.ts";
import { tsFacts } from "../../src/media/ts/ts-facts.ts";
import { systemClock } from "../../src/platform/system-clock.ts";

/** Ten seconds before a midnight in Berlin. */
export const FIRST_MS = Date.UTC(2025, 5, 1, 21, 59, 50);

export const configOf = (folder: string) =>
  loadConfig({
    file: join(folder, "nightjar.yaml"),
    env: {},
    cwd: folder,
    systemZone: "Europe/Berlin",
    reservedIds: [],
  });

/** What a folder of a source's segments holds, in order; `init` is empty for MPEG-TS. */
export async function sourceOf(folder: string): Promise<{ init: Uint8Array; segments: Uint8Array[] }> {
  const names = (await readdir(join(folder, "source"))).filter((name) => name.endsWith(".seg")).sort();
  const bytesOf = (name: string) => Bun.file(join(folder, "source", name)).bytes();
  return { init: await bytesOf("init"), segments: await Promise.all(names.map(bytesOf)) };
}

/**
 * Stores the segments of `<folder>/source` in the archive of `<folder>`, from where it stands on, and says the number of
 * each that is stored on a line of its own: made to be killed, for which it waits when it has stored `most` of them.
 */
async function main(folder: string, most = Infinity): Promise<void> {
  const { init, segments } = await sourceOf(folder);
  const facts = segments.map((segment) => (init.length > 0 ? fmp4Facts(init, segment) : tsFacts(segment)));
  const open = await openArchive({ config: configOf(folder), clock: systemClock() });
  const { archive } = open;
  const newest = (await archive.keptTail("front", 1)).at(-1);
  const from = newest ? segments.findIndex((segment) => crc32(segment) === newest.crc32) + 1 : 0;
  const parameters = init.length > 0 ? fmp4Parameters(init) : facts[0]!.parameters;
  const start = { parameters, isContinuation: newest !== undefined, isDatedBySource: true };
  const run = archive.openKeptRun("front", start, (end) => {
    throw new Error(end.detail);
  });
  const first = facts[0]!.sourceTicks;
  for (const [i, bytes] of segments.entries()) {
    if (i < from) continue;
    if (i - from >= most) await Bun.sleep(60_000);
    const { sourceTicks, durationTicks, activityBytes } = facts[i]!;
    const startMs = FIRST_MS + Math.round((sourceTicks - first) / 90);
    await run.segment({ bytes, startMs, durationTicks, activityBytes });
    process.stdout.write(`${i}\n`);
    await Bun.sleep(2);
  }
  await run.close({ reason: "stopped", detail: "" });
  await open.close();
}

if (import.meta.main) await main(process.argv[2]!, Number(process.argv[3] ?? Infinity));
