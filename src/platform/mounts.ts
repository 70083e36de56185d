import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname, resolve } from "node:path";

/** A mounted file system, from `/proc/self/mountinfo` (proc_pid_mountinfo(5)). */
export type Mount = {
  mountPoint: string;
  /** `ext4`, `nfs4`, `fuse.sshfs`. */
  type: string;
  /** `/dev/sda1`, `server:/export`. */
  source: string;
  /** Device number as `major:minor`, as in `/sys/dev/block`. */
  device: string;
  isReadOnly: boolean;
};

/** Blanks and backslashes are written as three octal digits. */
const unescaped = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));

/** Reads the text of a mountinfo file; lines that are not understood are left out. */
export function parseMountInfo(text: string): Mount[] {
  return text.split("\n").flatMap((line) => {
    const [before = "", after = ""] = line.split(" - ");
    const [, , device, , mountPoint, options] = before.split(" ");
    const [type, source] = after.split(" ");
    if (device === undefined || mountPoint === undefined || !type) return [];
    const isReadOnly = (options ?? "").split(",").includes("ro");
    return [{ mountPoint: unescaped(mountPoint), type, source: unescaped(source ?? ""), device, isReadOnly }];
  });
}

const readText = (path: string): string => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
};

/** All mounts of this process, in the order in which they were made; empty where the system doesn't tell. */
export const mounts = (): Mount[] => parseMountInfo(readText("/proc/self/mountinfo"));

/** The path itself or the nearest folder above it that exists, with links resolved. */
export function existingPath(path: string): string {
  let candidate = resolve(path);
  while (!existsSync(candidate) && candidate !== "/") candidate = dirname(candidate);
  try {
    return realpathSync(candidate);
  } catch {
    return candidate;
  }
}

/** Whether a path is a folder or lies below it. */
export const isWithin = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder.endsWith("/") ? folder : `${folder}/`);

/** The file system that holds a path, or will hold it; `undefined` where the system doesn't tell. */
export function mountOf(path: string, all: readonly Mount[] = mounts()): Mount | undefined {
  const real = existingPath(path);
  let best: Mount | undefined;
  for (const mount of all) {
    if (!isWithin(real, mount.mountPoint)) continue;
    // Of several mounts on one point the last one covers the others.
    if (best === undefined || mount.mountPoint.length >= best.mountPoint.length) best = mount;
  }
  return best;
}

const networkTypes = new Set([
  "9p",
  "afs",
  "beegfs",
  "ceph",
  "cifs",
  "davfs",
  "fuse.ceph",
  "fuse.curlftpfs",
  "fuse.davfs2",
  "fuse.gcsfuse",
  "fuse.glusterfs",
  "fuse.rclone",
  "fuse.s3fs",
  "fuse.smbnetfs",
  "fuse.sshfs",
  "glusterfs",
  "lustre",
  "ncpfs",
  "nfs",
  "nfs4",
  "smb3",
  "smbfs",
]);

/** Whether a file system of this type keeps its files on another machine. */
export const isNetworkType = (type: string): boolean => networkTypes.has(type);

/** Whether a path lies on another machine's disk, where neither locks nor syncs can be trusted. */
export function isNetworkFileSystem(path: string): boolean {
  const mount = mountOf(path);
  return mount !== undefined && isNetworkType(mount.type);
}

/** Mount points of the text of an fstab(5): those that are paths. */
export function parseFstab(text: string): string[] {
  return text.split("\n").flatMap((line) => {
    if (line.trim().startsWith("#")) return [];
    const [, mountPoint] = line.trim().split(/\s+/);
    return mountPoint?.startsWith("/") ? [resolve(unescaped(mountPoint))] : [];
  });
}

/** Mount points of `/etc/fstab`, mounted or not. */
export const fstabMountPoints = (): string[] => parseFstab(readText("/etc/fstab"));

/** The mount point of `/etc/fstab` at or above a path at which nothing is mounted now. */
export function missingMountOf(
  path: string,
  points: readonly string[] = fstabMountPoints(),
  all: () => readonly Mount[] = mounts,
): string | undefined {
  const above = points.filter((point) => point !== "/" && isWithin(resolve(path), point));
  // What is mounted is long to read where containers run, and every upload asks.
  if (above.length === 0) return undefined;
  const mounted = new Set(all().map(({ mountPoint }) => mountPoint));
  return above.find((point) => !mounted.has(point));
}
