import { join } from "node:path";
import { badParameter, NightjarError } from "../platform/errors.ts";
import type { OpenFile } from "../platform/files.ts";
import { logOf } from "../platform/log.ts";
import {
  isInAgedSpan,
  isPastKeeping,
  lockKey,
  ownFolder,
  quarantineOf,
  type FileChannel,
  type UploadDeps,
} from "./channel.ts";
import { nameText, SIDECAR, type MediaName } from "./file-names.ts";
import { noteOwnName, placeFile, setSidecarAside, tellFile, type Placed } from "./place.ts";
import { probeFile } from "./probe.ts";
import { arrivingPath, passBy, receiveFile, receiveText } from "./receive.ts";
import { agreedDuration, parseDuration, SIDECAR_BYTES } from "./sidecars.ts";
import { distinctMeanings, meaningsOf, type Meanings } from "./wall-times.ts";

const log = logOf("uploads");

/** A client's clock and zone may be off by a day; what is later is a mistake. */
const AHEAD_MS = 24 * 3_600_000;

/** `aged`: older than what is kept, so that it would go at once, or in an aged day already. */
export type PutResult =
  | { outcome: Placed; /** The first instant that it may be of, ms UTC. */ startMs: number }
  | { outcome: "aged" }
  | { outcome: "quarantined"; reason: string };

export type SentFile = { date: string; name: MediaName };

/**
 * The instants that a name means. Throws `bad-request` for what can't be, and `unavailable` for a time that lies ahead
 * of a clock which nothing vouches for.
 */
function checkedMeanings({ clock }: UploadDeps, { date, name }: SentFile, zone: string): Meanings {
  const meanings = meaningsOf(date, name, zone);
  if (!meanings) {
    throw badParameter("The file's name", nameText(name), `a UTC offset that ${zone} has then, or none`);
  }
  const aheadMs = meanings[0].startMs - clock.nowMs();
  if (aheadMs <= AHEAD_MS) return meanings;
  if (clock.synchronised() === false)
    throw new NightjarError("unavailable", "The file lies ahead of this machine's clock, which may be wrong");
  throw badParameter("The date", date, "a date that is not in the future");
}

/**
 * Takes a file that a client sends. Throws `bad-request` for a time that can't be and for a body that was cut off,
 * `unavailable` when there is no storage, and errors of the disk; nothing of the file is left then.
 */
export async function putMedia(
  deps: UploadDeps,
  channel: FileChannel,
  sent: SentFile,
  request: Request,
): Promise<PutResult> {
  const { files, storage, clock } = deps;
  const { id, zone } = channel.config();
  const { date } = sent;
  const meanings = checkedMeanings(deps, sent, zone);
  if (isPastKeeping(deps, id, meanings[0].startMs) || isInAgedSpan(deps, id, meanings)) {
    await passBy(request);
    return { outcome: "aged" };
  }
  const { folders } = channel;
  const open = async (): Promise<OpenFile> => {
    await storage.look();
    const folder = join(ownFolder(deps, id), date);
    return folders.in(folder, () => files.create(arrivingPath(folder)));
  };
  const { extension } = sent.name;
  const check = () => void ownFolder(deps, id);
  const received = await receiveFile(request, { open, extension, files, check });
  const arrivedMs = clock.nowMs();
  const { findings } = received;
  let isNamed = false;
  try {
    if ("unreadable" in findings) {
      const name = nameText(sent.name);
      const reason = findings.unreadable;
      log.warn("{channel}: {date}/{name} is put into quarantine: {reason}", {
        channel: id,
        date,
        name,
        reason,
      });
      await quarantineOf(deps, folders, ownFolder(deps, id)).take(received.path, {
        date,
        name,
        reason,
        arrivedMs,
      });
      return { outcome: "quarantined", reason };
    }
    const { facts } = findings;
    const place = () => placeFile(deps, channel, { date, meanings, received, facts, arrivedMs });
    const outcome = await channel.locks.with(lockKey(date, sent.name.time), place);
    isNamed = outcome === "created" || outcome === "replaced";
    return { outcome, startMs: meanings[0].startMs };
  } finally {
    // It has its name by now, or is not wanted.
    if (!isNamed) await files.unlink(received.path).catch(() => undefined);
  }
}

/** Takes the sidecar of a file that is there, or will come. Throws as `putMedia`. */
export async function putSidecar(
  deps: UploadDeps,
  channel: FileChannel,
  sent: SentFile,
  request: Request,
): Promise<PutResult> {
  const { storage } = deps;
  const { id, zone } = channel.config();
  const meanings = checkedMeanings(deps, sent, zone);
  const text = await receiveText(request, SIDECAR_BYTES);
  if (isPastKeeping(deps, id, meanings[0].startMs) || isInAgedSpan(deps, id, meanings))
    return { outcome: "aged" };
  await storage.look();
  const own = ownFolder(deps, id);
  const place = () => placeSidecar(deps, channel, { own, date: sent.date, meanings, text });
  return channel.locks.with(lockKey(sent.date, sent.name.time), place);
}

type ArrivedSidecar = { own: string; date: string; meanings: Meanings; text: string | undefined };

async function placeSidecar(
  deps: UploadDeps,
  channel: FileChannel,
  { own, date, meanings, text }: ArrivedSidecar,
): Promise<PutResult> {
  const { files, footage } = deps;
  const { id } = channel.config();
  const folder = join(own, date);
  await channel.folders.make(folder);
  const known = await footage.filesOf(id, date);
  const { startMs, name: media, stat } = await newestOf(deps, folder, distinctMeanings(meanings, known));
  const name = nameText(media);
  const path = join(folder, name + SIDECAR);
  const stated = parseDuration(text);
  const probed = stat && (await probeFile(join(folder, name), media.extension));
  const facts = probed && "facts" in probed.findings ? probed.findings.facts : undefined;
  const agreed = facts ? agreedDuration(stated, facts) : stated;
  const bytes = new TextEncoder().encode(text ?? "");
  if ("wrong" in agreed) {
    const temporary = arrivingPath(folder);
    await files.writeWhole(temporary, bytes);
    await setSidecarAside(deps, channel, {
      path: temporary,
      date,
      name: name + SIDECAR,
      reason: agreed.wrong,
    });
    return { outcome: "quarantined", reason: agreed.wrong };
  }
  const before = await files.stat(path);
  const isSame = before?.kind === "file" && Buffer.from(await files.read(path)).equals(bytes);
  if (!isSame) {
    noteOwnName(channel, `${date}/${name}${SIDECAR}`);
    await files.writeWhole(path, bytes);
  }
  if (stat && probed && facts && known.get(name)?.durationTicks !== agreed.ticks) {
    const { sizeBytes, crc32 } = probed;
    const file = { name, sizeBytes, crc32, mtimeMs: stat.modifiedMs, startMs, facts };
    await tellFile(deps, channel, { folder, date, ...file });
  }
  return { outcome: isSame ? "same" : before ? "replaced" : "created", startMs };
}

/** The file that a sidecar is meant for: of two hours that are called the same, the one that came last. */
async function newestOf({ files }: UploadDeps, folder: string, [first, ...others]: Meanings) {
  const statOf = async (each: Meanings[0]) => ({
    ...each,
    stat: await files.stat(join(folder, nameText(each.name))),
  });
  let newest = await statOf(first);
  for (const other of others) {
    const found = await statOf(other);
    if (found.stat && found.stat.modifiedMs > (newest.stat?.modifiedMs ?? 0)) newest = found;
  }
  return newest;
}
