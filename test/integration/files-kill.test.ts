import { expect, test } from "bun:test";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { verifyFootage, type Damage } from "../../src/archive/inspect/verify.ts";
import { IndexDatabase } from "../../src/db/index/index-database.ts";
import { diskFiles } from "../../src/platform/files.ts";
import { systemClock } from "../../src/platform/system-clock.ts";
import { cleanEnvironment } from "../support/processes.ts";
import { tempFolder } from "../support/temp.ts";
import { holes, listed } from "../unit/archive/files-rig.ts";
import { FILES, FIRST_MS, openArchiveOf } from "./files-writer.ts";

/** No more files than this are told of between the one after which a kill is due and the kill, however late that comes. */
const MOST_BEFORE_KILL = 20;

/** Runs the writer; kills it `afterMs` after it has told of `count` files. */
async function write(folder: string, kill?: { count: number; afterMs: number }): Promise<void> {
  const script = join(import.meta.dir, "files-writer.ts");
  const most = kill ? [`${kill.count + MOST_BEFORE_KILL}`] : [];
  const child = Bun.spawn([process.execPath, script, folder, ...most], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    env: cleanEnvironment(),
  });
  let lines = 0;
  let isKilled = false;
  for await (const bytes of child.stdout.pipeThrough(new TextDecoderStream())) {
    lines += bytes.split("\n").length - 1;
    if (!kill || isKilled || lines < kill.count) continue;
    isKilled = true;
    await Bun.sleep(kill.afterMs);
    child.kill("SIGKILL");
  }
  const code = await child.exited;
  if (!kill && code !== 0) throw new Error(await new Response(child.stderr).text());
  expect(child.signalCode).toBe(kill ? "SIGKILL" : null);
}

/** What a start finds, and whether all of it is as it was written. */
async function found(folder: string) {
  const open = await openArchiveOf(folder);
  const lines = listed(open.archive);
  const gaps = holes(open.archive);
  const recordings = open.archive.recordings("front", 0, 9e15).map(({ id, version, segments }) => ({
    id,
    version,
    ordinals: segments.map(({ ordinal }) => ordinal),
  }));
  await open.close();
  const index = IndexDatabase.open(join(folder, "data/index.db"));
  const roots = new Map(index.roots().map(({ id, path }) => [id, path]));
  const damage: Damage[] = [];
  await verifyFootage(
    { files: diskFiles(), index, clock: systemClock(), roots: { pathOf: (id) => roots.get(id) } },
    { onDamage: (each) => void damage.push(each) },
  );
  index.close();
  expect(damage).toEqual([]);
  return { lines, gaps, recordings };
}

test("killed while files come in any order, again and again: each file once, in order, and nothing damaged", async () => {
  await using folder = await tempFolder();
  await Bun.write(
    join(folder.path, "nightjar.yaml"),
    "data: ./data\nstorage: { path: ./data/archive, min_free: 1MB, flush: 1s }\ntimezone: Europe/Berlin\nchannels:\n  front: { source: upload }\n",
  );
  await mkdir(join(folder.path, "data"));
  for (const kill of [
    { count: 31, afterMs: 0 },
    { count: 30, afterMs: 3 },
    { count: 46, afterMs: 9 },
    { count: 60, afterMs: 1 },
  ]) {
    await write(folder.path, kill);
    const { lines } = await found(folder.path);
    expect(new Set(lines.map(({ name, startMs }) => `${startMs} ${name}`)).size).toBe(lines.length);
    expect(lines.map(({ startMs }) => startMs)).toEqual(
      lines.map(({ startMs }) => startMs).sort((a, b) => a - b),
    );
  }
  await write(folder.path);
  const whole = await found(folder.path);
  expect(whole.lines.map(({ startMs }) => startMs)).toEqual(
    Array.from({ length: FILES }, (_, n) => FIRST_MS + n * 10_000),
  );
  expect(whole.lines.filter(({ isDiscontinuity }) => isDiscontinuity)).toEqual([]);
  expect(whole.gaps).toEqual([]);
  for (const { ordinals } of whole.recordings) expect(new Set(ordinals).size).toBe(ordinals.length);

  // The journals alone bring all of it back.
  for (const name of ["index.db", "index.db-wal", "index.db-shm"])
    await rm(join(folder.path, "data", name), { force: true });
  expect(await found(folder.path)).toEqual(whole);
}, 60_000);
