import { constants, existsSync, readFileSync, realpathSync } from "node:fs";
import { access, open, statfs, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "../config/config.ts";
import { shareBytes } from "../config/size.ts";
import { errorText } from "../platform/errors.ts";
import { existingPath, isNetworkType, missingMountOf, type Mount, mountOf } from "../platform/mounts.ts";
import type { DoctorCheck } from "./doctor-check.ts";
import { sizeWords } from "./words.ts";

/** What a disk is, as far as the kernel tells. */
export type DiskKind = "SD card" | "eMMC" | "USB disk" | "hard disk" | "SSD" | "unknown";

/** The kind of a block device by its folder in sysfs; `root` stands for `/sys`. */
export function diskKind(device: string, root = "/sys"): DiskKind {
  const read = (path: string): string => {
    try {
      return readFileSync(path, "utf8").trim();
    } catch {
      return "";
    }
  };
  const link = join(root, "dev/block", device);
  if (!existsSync(link)) return "unknown";
  const own = realpathSync(link);
  // A partition's folder lies in that of its disk.
  const disk = existsSync(join(own, "queue")) ? own : join(own, "..");
  const type = read(join(disk, "device/type"));
  if (type === "SD") return "SD card";
  if (type === "MMC") return "eMMC";
  if (own.includes("/usb")) return "USB disk";
  const rotational = read(join(disk, "queue/rotational"));
  if (rotational === "1") return "hard disk";
  return rotational === "0" ? "SSD" : "unknown";
}

const volatileTypes = new Set(["tmpfs", "ramfs", "overlay"]);
const plainTypes = new Set(["vfat", "exfat", "msdos"]);

function mountText(mount: Mount): string {
  const kind = diskKind(mount.device);
  return `${mount.type} on ${mount.source}${kind === "unknown" ? "" : ` (${kind})`}`;
}

/** Whether this user may write into a folder, or make it below the nearest one that exists. */
async function writableCheck(name: string, path: string): Promise<DoctorCheck> {
  const folder = existingPath(path);
  const found = folder === path ? path : `${path}, to be made in ${folder}`;
  try {
    await access(folder, constants.W_OK | constants.X_OK);
    return { name, state: "ok", found: `${found}, writable` };
  } catch (error) {
    const advice = `Let this user write there, or choose another folder (${name} in the configuration).`;
    return { name, state: "fail", found: `${found}: ${errorText(error)}`, advice };
  }
}

function dataDiskCheck(path: string): DoctorCheck {
  const name = "data disk";
  const mount = mountOf(path);
  if (mount === undefined) return { name, state: "warn", found: "unknown" };
  const found = mountText(mount);
  if (isNetworkType(mount.type)) {
    const advice = "Locks and syncs can't be trusted there: put data on a disk of this machine.";
    return { name, state: "fail", found: `${found}, a network file system`, advice };
  }
  if (volatileTypes.has(mount.type)) {
    return { name, state: "warn", found, advice: "What is there may not outlive a restart." };
  }
  return { name, state: "ok", found };
}

function storageDiskCheck(path: string, cameras: number): DoctorCheck {
  const name = "storage disk";
  const missing = missingMountOf(path);
  if (missing !== undefined) {
    const found = `nothing is mounted at ${missing}, which /etc/fstab names`;
    return { name, state: "fail", found, advice: `Mount it: mount ${missing}` };
  }
  const mount = mountOf(path);
  if (mount === undefined) return { name, state: "warn", found: "unknown" };
  const found = mountText(mount);
  const kind = diskKind(mount.device);
  if (kind === "SD card") {
    const advice =
      "It serves two to four cameras and wears out; storage: { flush: 10s } spares it, a USB disk is better.";
    return { name, state: cameras > 4 ? "warn" : "ok", found, advice };
  }
  if (volatileTypes.has(mount.type))
    return { name, state: "warn", found, advice: "What is there may not outlive a restart." };
  if (plainTypes.has(mount.type)) {
    return {
      name,
      state: "warn",
      found,
      advice: "It has no journal: a power cut can damage all of it. ext4 is better.",
    };
  }
  return { name, state: "ok", found };
}

async function roomCheck({ storage }: Config): Promise<DoctorCheck> {
  const { bsize, blocks, bavail } = await statfs(existingPath(storage.path));
  const totalBytes = bsize * blocks;
  const freeBytes = bsize * bavail;
  const keptBytes = shareBytes(storage.minFree, totalBytes);
  const found = `${sizeWords(freeBytes)} of ${sizeWords(totalBytes)} free, ${sizeWords(keptBytes)} stay free`;
  if (freeBytes > keptBytes) return { name: "room", state: "ok", found };
  const advice =
    "Only as much can be recorded as old footage makes room for. Free some, or use a larger disk.";
  return { name: "room", state: "warn", found, advice };
}

const CHUNK_BYTES = 1_000_000;
const MAX_CHUNKS = 64;
const MEASURE_MS = 1000;

/** Writes and syncs small pieces for a second at most; the file is gone afterwards. */
export async function measureWrites(
  folder: string,
): Promise<{ bytesPerSecond: number; slowestSyncMs: number }> {
  const path = join(folder, `.nightjar-doctor-${crypto.randomUUID()}.tmp`);
  const chunk = crypto.getRandomValues(new Uint8Array(50_000));
  const piece = Buffer.concat(Array.from({ length: CHUNK_BYTES / chunk.length }, () => chunk));
  const handle = await open(path, "wx");
  try {
    const startMs = performance.now();
    let writtenBytes = 0;
    let slowestSyncMs = 0;
    for (let chunks = 0; chunks < MAX_CHUNKS && performance.now() - startMs < MEASURE_MS; chunks += 1) {
      await handle.writev([piece]);
      writtenBytes += piece.length;
      const syncStartMs = performance.now();
      await handle.datasync();
      slowestSyncMs = Math.max(slowestSyncMs, performance.now() - syncStartMs);
    }
    const seconds = (performance.now() - startMs) / 1000;
    return { bytesPerSecond: writtenBytes / seconds, slowestSyncMs };
  } finally {
    await handle.close();
    await unlink(path);
  }
}

/** A camera of 4 Mbit/s. */
const CAMERA_BYTES_PER_SECOND = 500_000;
const SLOW_SYNC_MS = 2000;

async function speedCheck(path: string, cameras: number): Promise<DoctorCheck> {
  const name = "disk speed";
  const { bytesPerSecond, slowestSyncMs } = await measureWrites(existingPath(path));
  const speed = `${sizeWords(bytesPerSecond)}/s`;
  const found = `${speed} with a sync each MB, the slowest sync ${Math.ceil(slowestSyncMs)} ms`;
  // Half of it is left for playing and for what else the disk does.
  const served = Math.floor(bytesPerSecond / CAMERA_BYTES_PER_SECOND / 2);
  if (served < Math.max(1, cameras)) {
    const advice = `Enough for about ${served} cameras of 4 Mbit/s. Use a faster disk.`;
    return { name, state: "warn", found, advice };
  }
  if (slowestSyncMs > SLOW_SYNC_MS)
    return { name, state: "warn", found, advice: "Such pauses may cost footage." };
  return { name, state: "ok", found };
}

/** Both folders of a configuration, and the disks below them. */
export async function diskChecks(config: Config): Promise<DoctorCheck[]> {
  const { dataFolder, storage } = config;
  const channels = [...config.channels.values()].filter(
    ({ enabled, source }) => enabled && source.kind !== "folder",
  );
  const cameras = channels.length;
  const writable = await writableCheck("storage", storage.path);
  return [
    await writableCheck("data", dataFolder),
    dataDiskCheck(dataFolder),
    writable,
    storageDiskCheck(storage.path, cameras),
    await roomCheck(config),
    ...(writable.state === "ok" ? [await speedCheck(storage.path, cameras)] : []),
  ];
}
