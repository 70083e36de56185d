import { isAbsolute, join } from "node:path";
import type { FoundFile } from "../archive/files/file-footage.ts";
import type { MediaFacts } from "../media/media-facts.ts";
import { logOf } from "../platform/log.ts";
import { ownFolder, quarantineOf, type FileChannel, type UploadDeps } from "./channel.ts";
import { chooseMeaning } from "./choose-hour.ts";
import { existingFile, isSame, type ExistingFile } from "./existing.ts";
import { nameText, SIDECAR } from "./file-names.ts";
import { probeFile } from "./probe.ts";
import type { ReceivedFile } from "./receive.ts";
import { agreedDuration, readSidecar, type StatedDuration } from "./sidecars.ts";
import { setAside, setTwinAside, twinsOf } from "./twins.ts";
import { distinctMeanings, type Meanings } from "./wall-times.ts";

const log = logOf("uploads");

/** Names of own files are remembered until the watch has told of them; this many at most. */
const MOST_OWN_NAMES = 2000;

/** What became of a file. `same`: it is there; `shorter`: a longer one of that name is. */
export type Placed = "created" | "same" | "shorter" | "replaced";

export type Arrival = {
  date: string;
  /** One, or two in the hour that autumn repeats. */
  meanings: Meanings;
  received: Pick<ReceivedFile, "path" | "sizeBytes" | "crc32" | "mtimeMs">;
  facts: MediaFacts;
  arrivedMs: number;
};

/** What is there under a name: a file, and what its sidecar states. */
type NamedFile = { existing: ExistingFile | undefined; stated: StatedDuration | undefined };

/** Lets the watch of a folder know that a name there is no news. */
export function noteOwnName({ ownNames }: FileChannel, name: string): void {
  ownNames.add(name);
  for (const oldest of ownNames) {
    if (ownNames.size <= MOST_OWN_NAMES) return;
    ownNames.delete(oldest);
  }
}

/** Puts a sidecar that can't be right into quarantine, where people see it; the file's own length counts. */
export async function setSidecarAside(
  deps: UploadDeps,
  channel: FileChannel,
  { path, date, name, reason }: { path: string; date: string; name: string; reason: string },
): Promise<void> {
  const { id } = channel.config();
  log.warn("{channel}: {date}/{name} {reason}", { channel: id, date, name, reason });
  const quarantine = quarantineOf(deps, channel.folders, ownFolder(deps, id));
  await quarantine.take(path, { date, name, reason, arrivedMs: deps.clock.nowMs() });
}

/** Makes a file that is in its place a segment, with the length that its sidecar states. */
export async function tellFile(
  deps: UploadDeps,
  channel: FileChannel,
  file: FoundFile & { folder: string },
): Promise<void> {
  const stated = await readSidecar(deps.files, join(file.folder, file.name));
  await tellStated(deps, channel, stated, file);
}

/** The same when its sidecar, as far as there is one, has been read. */
async function tellStated(
  deps: UploadDeps,
  channel: FileChannel,
  stated: StatedDuration | undefined,
  { folder, facts, ...file }: FoundFile & { folder: string },
): Promise<void> {
  const { date, name } = file;
  const path = join(folder, name);
  const agreed = stated && agreedDuration(stated, facts);
  if (agreed && "wrong" in agreed) {
    const sidecar = { path: path + SIDECAR, date, name: name + SIDECAR, reason: agreed.wrong };
    await setSidecarAside(deps, channel, sidecar);
  }
  const durationTicks = agreed && "ticks" in agreed ? agreed.ticks : facts.durationTicks;
  await deps.footage.putFile(channel.config().id, { ...file, facts: { ...facts, durationTicks } });
}

/**
 * Gives a received file its name, durably, and makes it a segment. To be called with the lock of its time. Throws
 * errors of the disk, and `unavailable` when the storage went away.
 */
export async function placeFile(deps: UploadDeps, channel: FileChannel, arrival: Arrival): Promise<Placed> {
  const { files, footage } = deps;
  const { id } = channel.config();
  const { date, received, facts, arrivedMs } = arrival;
  const folder = join(ownFolder(deps, id), date);
  const bytes = { sizeBytes: received.sizeBytes, crc32: received.crc32 };
  const known = await footage.filesOf(id, date);
  const meanings = distinctMeanings(arrival.meanings, known);
  const there = new Map<string, NamedFile>();
  const lookAt = async (name: string): Promise<void> => {
    const path = join(folder, name);
    const [existing, stated] = await Promise.all([
      existingFile(files, folder, name, known),
      readSidecar(files, path),
    ]);
    there.set(name, { existing, stated });
  };
  const [isThereElsewhere] = await Promise.all([
    isElsewhere(deps, channel, arrival),
    ...meanings.map(({ name }) => lookAt(nameText(name))),
  ]);

  for (const { startMs, name } of meanings) {
    const existing = there.get(nameText(name))?.existing;
    if (!existing || !(await isSame(existing, received))) continue;
    const file = { name: nameText(name), mtimeMs: existing.mtimeMs, ...bytes, startMs, facts };
    if (!existing.known) await tellFile(deps, channel, { folder, date, ...file });
    return "same";
  }

  if (isThereElsewhere) return "same";

  const isFirstTaken = there.get(nameText(meanings[0].name))?.existing !== undefined;
  const meaning = await chooseMeaning(meanings, { folder, known, facts, arrivedMs, isFirstTaken });
  const { startMs } = meaning;
  const name = nameText(meaning.name);
  // Other files were read to tell which one it is: something may have been put there meanwhile.
  if (meanings.length > 1) await lookAt(name);
  const rivals: { name: string; mtimeMs: number }[] = [];
  for (const rival of [name, ...twinsOf(known, name, startMs)]) {
    const existing =
      rival === name ? there.get(name)?.existing : await existingFile(files, folder, rival, known);
    if (!existing) continue;
    const { sizeBytes, mtimeMs } = existing;
    const { findings, crc32 } = await probeFile(existing.path, rival.endsWith(".ts") ? "ts" : "mp4");
    if ("facts" in findings && findings.facts.durationTicks >= facts.durationTicks) {
      const file = { name: rival, sizeBytes, mtimeMs, crc32, startMs, facts: findings.facts };
      if (!existing.known) await tellFile(deps, channel, { folder, date, ...file });
      return "shorter";
    }
    rivals.push({ name: rival, mtimeMs });
  }
  for (const rival of rivals) if (rival.name === name) await setAside(deps, channel, { folder, ...rival });
  const mtimeMs = received.mtimeMs ?? arrivedMs;
  noteOwnName(channel, `${date}/${name}`);
  await files.rename(received.path, join(folder, name));
  await channel.folders.sync(folder);
  const { stated } = there.get(name) ?? {};
  await tellStated(deps, channel, stated, { folder, date, name, mtimeMs, ...bytes, startMs, facts });
  for (const rival of rivals)
    if (rival.name !== name) await setTwinAside(deps, channel, { folder, date, ...rival });
  return rivals.length > 0 ? "replaced" : "created";
}

/**
 * Whether the same bytes of the same time are the channel's already, in another folder: in that of an id that it had
 * before, or in one of an earlier tool that was adopted.
 */
async function isElsewhere(
  deps: UploadDeps,
  channel: FileChannel,
  { date, meanings, received }: Arrival,
): Promise<boolean> {
  const { files, footage } = deps;
  const { id, was } = channel.config();
  const starts = new Set(meanings.map(({ startMs }) => startMs));
  for (const each of [id, ...was]) {
    if (!footage.fileDates(each).includes(date)) continue;
    for (const [key, { startMs, sizeBytes, crc32, mtimeMs }] of await footage.filesOf(each, date)) {
      if (!starts.has(startMs) || crc32 !== received.crc32 || sizeBytes !== received.sizeBytes) continue;
      if (each === id && !isAbsolute(key)) continue;
      const stat = await files.stat(isAbsolute(key) ? key : join(ownFolder(deps, each), date, key));
      if (stat?.kind === "file" && stat.sizeBytes === sizeBytes && stat.modifiedMs === mtimeMs) return true;
    }
  }
  return false;
}
