import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { mkdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { openArchive } from "../../src/archive/open-archive.ts";
import { verifyFootage, type Damage } from "../../src/archive/inspect/verify.ts";
import { IndexDatabase } from "../../src/db/index/index-database.ts";
import { segmentBytes } from "../../src/media/segment-list.ts";
import { diskFiles } from "../../src/platform/files.ts";
import { systemClock } from "../../src/platform/system-clock.ts";
import { decodeErrors, frameHashes } from "../support/ffmpeg.ts";
import { cleanEnvironment } from "../support/processes.ts";
import { tempFolder } from "../support/temp.ts";
import { hlsClip } from "../unit/media/kept-clips.ts";
import { configOf, sourceOf } from "./kept-writer.ts";

const SECONDS = 80;
/** Large enough for a kill to come in the middle of one. */
const SEGMENT_BYTES = 2 << 20;
const TS_PACKET_BYTES = 188;
/** No more segments than this are stored between the one after which a kill is due and the kill, however late that comes. */
const MOST_BEFORE_KILL = 4;

/** Makes a segment larger by what players pass over: null packets (ISO 13818-1 2.4.3.3), or a `free` box. */
function filled(segment: Uint8Array, isTs: boolean): Uint8Array {
  const missing = SEGMENT_BYTES - segment.length;
  if (!isTs) {
    const free = Buffer.alloc(missing);
    free.writeUInt32BE(missing);
    free.write("free", 4, "latin1");
    return Buffer.concat([segment, free]);
  }
  const packet = Buffer.alloc(TS_PACKET_BYTES, 0xff);
  Buffer.from([0x47, 0x1f, 0xff, 0x10]).copy(packet);
  const packets = Array.from({ length: Math.floor(missing / TS_PACKET_BYTES) }, () => packet);
  return Buffer.concat([segment, ...packets]);
}

async function makeSource(folder: string, kind: "mpegts" | "fmp4"): Promise<void> {
  const { init, segments } = await hlsClip({ seconds: SECONDS, codec: "h264" }, kind);
  await mkdir(join(folder, "source"));
  await Bun.write(join(folder, "source", "init"), init);
  for (const [i, segment] of segments.entries())
    await Bun.write(
      join(folder, "source", `${String(i).padStart(3, "0")}.seg`),
      filled(segment, kind === "mpegts"),
    );
  await Bun.write(
    join(folder, "nightjar.yaml"),
    `data: ./data\nstorage: { path: ./data/archive, min_free: 1MB }\ntimezone: Europe/Berlin\nchannels:\n  front: { source: "rtsp://127.0.0.1/a" }\n`,
  );
  await mkdir(join(folder, "data"), { recursive: true });
}

/** Runs the writer; kills it a moment after it has stored `count` segments. Answers the number of the last one told. */
async function write(folder: string, killAfter?: { count: number; ms: number }): Promise<number> {
  const script = join(import.meta.dir, "kept-writer.ts");
  const most = killAfter ? [`${killAfter.count + MOST_BEFORE_KILL}`] : [];
  const child = Bun.spawn([process.execPath, script, folder, ...most], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    env: cleanEnvironment(),
  });
  let told = "";
  let isKilled = false;
  for await (const bytes of child.stdout.pipeThrough(new TextDecoderStream())) {
    told += bytes;
    if (!killAfter || isKilled || told.split("\n").length <= killAfter.count) continue;
    isKilled = true;
    await Bun.sleep(killAfter.ms);
    child.kill("SIGKILL");
  }
  const code = await child.exited;
  if (!killAfter && code !== 0) throw new Error(await new Response(child.stderr).text());
  expect(child.signalCode).toBe(killAfter ? "SIGKILL" : null);
  return Number(told.split("\n").at(-2) ?? -1);
}

/** All that the index knows of the footage. */
function tables(folder: string): Record<string, unknown[]> {
  const db = new Database(join(folder, "data", "index.db"), { readonly: true });
  const rows = (sql: string) => db.query(sql).all();
  const all = {
    run: rows("select * from run order by id"),
    recording: rows("select * from recording order by id"),
    gap: rows("select channel, start_ms, end_ms, reason, recording from gap order by recording, start_ms"),
    // But for the target duration: it tells which lists were asked for.
    counter: rows(
      "select channel, next_media_sequence, discontinuity_sequence, timeline, next_ticks, newest_end_ms from counter",
    ),
  };
  db.close();
  return all;
}

/** Starts after a kill, and looks at everything that is listed then. */
async function afterKill(folder: string, given: readonly Uint8Array[]) {
  const clock = systemClock();
  const open = await openArchive({ config: configOf(folder), clock });
  const recordings = open.archive.recordings("front", 0, 9e15);
  const stored: Uint8Array[] = [];
  for (const recording of recordings) {
    const path = open.archive.mediaPath(recording)!;
    const media = await Bun.file(path).bytes();
    expect(media.length).toBe(recording.sizeBytes);
    for (const segment of recording.segments) {
      const from = recording.baseOffsetBytes + segment.offsetBytes;
      stored.push(media.slice(from, from + segmentBytes(segment)));
    }
  }
  const tail = await open.archive.keptTail("front", 1000);
  const gaps = open.archive.gaps("front", 0, 9e15);
  const runs = new Set(recordings.map(({ run }) => run));
  const timelines = new Set([...runs].map((run) => open.archive.run(run)!.timeline));
  await open.close();
  expect(stored.map((bytes) => crc32(bytes))).toEqual(
    given.slice(0, stored.length).map((bytes) => crc32(bytes)),
  );
  expect(tail.map((mark) => mark.crc32)).toEqual(stored.map((bytes) => crc32(bytes)));
  // What follows on the source's clock goes on: neither a discontinuity nor a hole is made of a restart.
  expect(gaps).toEqual([]);
  expect([...timelines]).toEqual(stored.length > 0 ? [1] : []);
  const ends = recordings.map(({ baseTicks, segments }) => {
    const last = segments.at(-1)!;
    return baseTicks + last.mediaTicks + last.durationTicks;
  });
  expect(recordings.slice(1).map(({ baseTicks }) => baseTicks)).toEqual(ends.slice(0, -1));
  return { recordings, stored: stored.length };
}

test.each(["mpegts", "fmp4"] as const)(
  "%s: killed while it stores, again and again: each segment once, and what is there plays",
  async (kind) => {
    await using folder = await tempFolder();
    await makeSource(folder.path, kind);
    const { segments } = await sourceOf(folder.path);
    const given = segments;
    let before = 0;
    for (const ms of [0, 2, 4, 7]) {
      const last = await write(folder.path, { count: 4, ms });
      const { stored } = await afterKill(folder.path, given);
      // What was answered is there: a kill costs the segment in flight at most.
      expect(stored).toBeGreaterThanOrEqual(Math.max(before, last + 1));
      before = stored;
    }
    expect(await write(folder.path)).toBe(given.length - 1);
    const { recordings, stored } = await afterKill(folder.path, given);
    expect(stored).toBe(given.length);
    expect(new Set(recordings.map(({ path }) => path.split("/")[1]))).toEqual(
      new Set(["2025-06-01", "2025-06-02"]),
    );

    const archive = join(folder.path, "data", "archive");
    let pictures = 0;
    for (const { path } of recordings) {
      const journal = join(archive, path.replace(/\.[a-z0-9]+$/, ".m3u8"));
      expect(await decodeErrors(journal)).toBe("");
      pictures += (await frameHashes(journal, "v", { copy: true })).length;
    }
    expect(pictures).toBe(SECONDS * 25);

    const index = tables(folder.path);
    for (const name of ["index.db", "index.db-wal", "index.db-shm"])
      await rm(join(folder.path, "data", name), { force: true });
    await (await openArchive({ config: configOf(folder.path), clock: systemClock() })).close();
    expect(tables(folder.path)).toEqual(index);

    const damage: Damage[] = [];
    const again = IndexDatabase.open(join(folder.path, "data", "index.db"));
    await verifyFootage(
      { files: diskFiles(), index: again, roots: { pathOf: () => archive }, clock: systemClock() },
      { onDamage: (one) => damage.push(one) },
    );
    again.close();
    expect(damage).toEqual([]);
    expect((await stat(archive)).isDirectory()).toBe(true);
  },
  60_000,
);
