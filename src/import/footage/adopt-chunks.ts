import { join } from "node:path";
import type { AdoptableFile } from "../../archive/files/adopt.ts";
import { probeFile } from "../../uploads/probe.ts";
import { type Batch, emptyBatch, type FolderContext, stateOf, TOO_OLD, unreadable } from "./batch.ts";
import { chunkStarts, type ChunkTime, timeInName } from "./chunk-times.ts";

/** Chunks that are read, and held in memory by what they say, before they are adopted together. */
const BATCH_FILES = 1000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

type Chunk = { path: string; state: { sizeBytes: number; mtimeMs: number }; namedMs: number | undefined };

type Read = Omit<AdoptableFile & { crc32: number }, "startMs"> & ChunkTime;

/** Chunks of HLS PVR by their times, those without one in their name by when they were written. */
async function inOrder(
  { files, keptFromMs }: FolderContext,
  folder: string,
  names: readonly string[],
  batch: Batch,
) {
  const chunks: Chunk[] = [];
  for (const name of names) {
    const path = join(folder, name);
    const state = await stateOf(files, path);
    if ("why" in state) {
      batch.left.push({ path, why: state.why });
      batch.failed += 1;
    } else if ((timeInName(name) ?? state.mtimeMs) + HOUR_MS <= keptFromMs)
      batch.left.push({ path, why: TOO_OLD });
    else chunks.push({ path, state, namedMs: timeInName(name) });
  }
  return chunks.sort((a, b) => (a.namedMs ?? a.state.mtimeMs) - (b.namedMs ?? b.state.mtimeMs));
}

/**
 * Chunks of HLS PVR that lie right in a channel's folder. Their names say in UTC when they begin; of others the time of
 * the file, less its length, is taken.
 */
export async function* adoptChunks(
  context: FolderContext,
  folder: string,
  names: readonly string[],
): AsyncGenerator<Batch> {
  const first = emptyBatch();
  const chunks = await inOrder(context, folder, names, first);
  if (first.left.length > 0) yield first;
  for (let at = 0; at < chunks.length; at += BATCH_FILES) {
    const batch = emptyBatch();
    const slice = chunks.slice(at, at + BATCH_FILES);
    const times = slice.map(({ namedMs, state }) => namedMs ?? state.mtimeMs);
    const known = context.known(Math.min(...times) - DAY_MS, Math.max(...times) + DAY_MS);
    const read: Read[] = [];
    for (const { path, state, namedMs } of slice) {
      if (known.has(path)) {
        batch.there += 1;
        continue;
      }
      if (namedMs === undefined) batch.hasGuessedTimes = true;
      const probed = await probeFile(path, "ts").catch(unreadable(path));
      const findings = "why" in probed ? { unreadable: probed.why } : probed.findings;
      if ("unreadable" in findings || "why" in probed) {
        batch.left.push({ path, why: "unreadable" in findings ? findings.unreadable : "it can't be read" });
        batch.failed += 1;
        continue;
      }
      const { facts } = findings;
      const startMs = namedMs ?? Math.round(state.mtimeMs - facts.durationTicks / 90);
      read.push({ path, ...state, crc32: probed.crc32, facts, startMs, isByName: namedMs !== undefined });
    }
    const starts = chunkStarts(read);
    await context.adoption?.adopt(
      read.map(({ path, sizeBytes, mtimeMs, crc32, facts }, index): AdoptableFile => {
        return { path, sizeBytes, mtimeMs, crc32, facts, startMs: starts[index] ?? mtimeMs };
      }),
    );
    batch.taken += read.length;
    batch.durationMs += read.reduce((sum, { facts }) => sum + facts.durationTicks / 90, 0);
    yield batch;
  }
}
