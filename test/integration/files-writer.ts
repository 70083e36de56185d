import { mkdir, open, readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import type { FoundFile } from "../../src/archive/files/file-footage.ts";
import { openArchive, type OpenArchive } from "../../src/archive/open-archive.ts";
import { loadConfig } from "../../src/config/load.ts";
import { systemClock } from "../../src/platform/system-clock.ts";
import { dateOf, factsOf, nameOf } from "../unit/archive/files-rig.ts";

/** Half an hour before a midnight in Berlin. */
export const FIRST_MS = Date.UTC(2025, 5, 1, 21, 30);
export const FILES = 400;
const SECONDS = 10;
/** Both dates that the files are of. */
export const DATES = [dateOf(FIRST_MS), dateOf(FIRST_MS + FILES * SECONDS * 1000)];

export const openArchiveOf = (folder: string): Promise<OpenArchive> => {
  const config = loadConfig({
    file: join(folder, "nightjar.yaml"),
    env: {},
    cwd: folder,
    systemZone: "Europe/Berlin",
    reservedIds: [],
  });
  return openArchive({ config, clock: systemClock() });
};

/** The bytes of the file with a number; its media facts are told, not read. */
const bytesOf = (n: number): Buffer => Buffer.alloc(1000 + n, n % 251);

function fileOf(n: number): FoundFile {
  const startMs = FIRST_MS + n * SECONDS * 1000;
  const bytes = bytesOf(n);
  const name = nameOf(startMs);
  const facts = factsOf({ startMs });
  return {
    date: dateOf(startMs),
    name,
    sizeBytes: bytes.length,
    mtimeMs: startMs,
    crc32: crc32(bytes),
    startMs,
    facts,
  };
}

/** Puts a file in its place, durably, as an upload is. */
async function place(folder: string, n: number, { date, name }: FoundFile): Promise<void> {
  const day = join(folder, "data/archive/front", date);
  await mkdir(day, { recursive: true });
  const path = join(day, name);
  const file = await open(`${path}.part`, "w");
  await file.writeFile(bytesOf(n));
  await file.sync();
  await file.close();
  await rename(`${path}.part`, path);
}

/**
 * Takes files up in no order of time, after those that are there and in no journal, and says how many it has told the
 * archive of: made to be killed, for which it waits when it has told of `most` of them.
 */
async function main(folder: string, most = Infinity): Promise<void> {
  const archive = await openArchiveOf(folder);
  const { fileFootage } = archive.archive;
  const numbers = Array.from({ length: FILES }, (_, n) => (n * 149) % FILES);
  for (const date of DATES) {
    const names = new Set(await readdir(join(folder, "data/archive/front", date)).catch(() => []));
    const known = await fileFootage.filesOf("front", date);
    for (const n of numbers) {
      const file = fileOf(n);
      if (file.date === date && names.has(file.name) && !known.has(file.name))
        await fileFootage.putFile("front", file);
    }
  }
  let told = 0;
  for (const n of numbers) {
    const file = fileOf(n);
    if ((await fileFootage.filesOf("front", file.date)).has(file.name)) continue;
    if (told >= most) await Bun.sleep(60_000);
    await place(folder, n, file);
    await fileFootage.putFile("front", file);
    told += 1;
    process.stdout.write(`${told}\n`);
    if (told % 15 === 0) void archive.archive.flushNow();
  }
  await archive.close();
}

if (import.meta.main) await main(process.argv[2]!, Number(process.argv[3] ?? Infinity));
