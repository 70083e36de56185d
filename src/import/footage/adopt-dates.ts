import { dirname, join } from "node:path";
import type { AdoptableFile } from "../../archive/files/adopt.ts";
import { dayStartMs, daySpanMs } from "../../platform/zone.ts";
import { chooseMeaning } from "../../uploads/choose-hour.ts";
import { parseName } from "../../uploads/file-names.ts";
import { probeFile } from "../../uploads/probe.ts";
import { agreedDuration, readSidecar } from "../../uploads/sidecars.ts";
import { meaningsOf } from "../../uploads/wall-times.ts";
import { type LeftFile, lookIntoDate } from "./layout.ts";
import { mp4Parts } from "./mp4-parts.ts";
import { type Batch, emptyBatch, type FolderContext, stateOf, TOO_OLD, unreadable } from "./batch.ts";

const HOUR_MS = 3_600_000;

async function segmentFile(
  { files, channel }: FolderContext,
  date: string,
  path: string,
  name: string,
): Promise<AdoptableFile | LeftFile> {
  const media = parseName(name)?.media;
  const state = await stateOf(files, path);
  if (media === undefined || "why" in state)
    return { path, why: "why" in state ? state.why : "it has another name" };
  const meanings = meaningsOf(date, media, channel.zone);
  if (meanings === undefined) {
    return { path, why: `its name states an offset that ${channel.zone} does not have then` };
  }
  const { findings, crc32 } = await probeFile(path, media.extension);
  if ("unreadable" in findings) return { path, why: findings.unreadable };
  const { startMs } = await chooseMeaning(meanings, {
    folder: join(path, ".."),
    known: new Map(),
    facts: findings.facts,
    arrivedMs: state.mtimeMs,
    isFirstTaken: false,
  });
  const stated = await readSidecar(files, path);
  const agreed = stated && agreedDuration(stated, findings.facts);
  const durationTicks = agreed && "ticks" in agreed ? agreed.ticks : findings.facts.durationTicks;
  return { path, ...state, startMs, crc32, facts: { ...findings.facts, durationTicks } };
}

/** The folder of one date: its segments, or the day in one file, whose times count from midnight. */
export async function adoptDate(context: FolderContext, folder: string, date: string): Promise<Batch> {
  const { files, channel, adoption } = context;
  const found = await lookIntoDate(files, join(folder, date));
  const batch: Batch = { ...emptyBatch(), left: [...found.left] };
  const { startMs, endMs } = daySpanMs(date, channel.zone);
  const known = context.known(startMs - HOUR_MS, endMs + HOUR_MS);
  if (endMs <= context.keptFromMs) {
    const names = [...found.segments, ...found.converted];
    batch.left.push(...names.map((name) => ({ path: join(folder, date, name), why: TOO_OLD })));
    return batch;
  }
  const segments: AdoptableFile[] = [];
  const take = async (path: string, make: () => Promise<AdoptableFile | LeftFile>): Promise<void> => {
    if (known.has(path)) batch.there += 1;
    else {
      const made = await make().catch(unreadable(path));
      if (!("why" in made)) segments.push(made);
      else {
        batch.left.push(made);
        batch.failed += 1;
      }
    }
  };
  for (const name of context.isWatched ? [] : found.segments) {
    const path = join(folder, date, name);
    await take(path, () => segmentFile(context, date, path, name));
  }
  let fromMs = dayStartMs(date, channel.zone);
  for (const name of found.converted) {
    const path = join(folder, date, name);
    await take(path, async () => {
      const state = await stateOf(files, path);
      if ("why" in state) return { path, why: state.why };
      const { facts, parts } = await mp4Parts(files, path, state.sizeBytes);
      const file = { path, ...state, startMs: fromMs, facts, parts };
      fromMs += Math.ceil(facts.durationTicks / 90);
      return file;
    });
    batch.hasGuessedTimes ||= !known.has(path);
  }
  segments.sort((a, b) => {
    const byLength = b.facts.durationTicks - a.facts.durationTicks;
    return a.startMs - b.startMs || byLength || a.path.length - b.path.length;
  });
  const times = new Set(
    [...known].flatMap(([path, ms]) => (dirname(path) === join(folder, date) ? [ms] : [])),
  );
  const taken = segments.filter(({ path, startMs: fileMs, ...file }) => {
    const isTwin = !("parts" in file) && times.has(fileMs);
    times.add(fileMs);
    if (isTwin) batch.left.push({ path, why: "another file of the same time counts" });
    return !isTwin;
  });
  await adoption?.adopt(taken);
  batch.taken += taken.length;
  batch.durationMs += taken.reduce((sum, { facts }) => sum + facts.durationTicks / 90, 0);
  return batch;
}
