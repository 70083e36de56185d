import { expect, test } from "bun:test";
import { mkdtempSync, rmdirSync, symlinkSync, unlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  existingPath,
  fstabMountPoints,
  isNetworkFileSystem,
  isNetworkType,
  missingMountOf,
  mountOf,
  mounts,
  parseFstab,
  parseMountInfo,
} from "../../../src/platform/mounts.ts";
import { nearest } from "../../../src/platform/nearest.ts";

const mountinfo = `22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
40 27 8:1 / /tmp rw,nosuid shared:5 master:1 - ext4 /dev/sda1 rw
41 27 0:50 / /tmp/my\\040disk ro,relatime - nfs4 nas:/a\\134b ro,vers=4.2
42 40 8:17 / /tmp ro - vfat /dev/sdb1 rw
garbage
1 2 3:4 / /x rw
`;

test("mountinfo is read with its escapes", () => {
  const all = parseMountInfo(mountinfo);
  expect(all).toHaveLength(5);
  expect(all[3]).toEqual({
    mountPoint: "/tmp/my disk",
    type: "nfs4",
    source: String.raw`nas:/a\b`,
    device: "0:50",
    isReadOnly: true,
  });
});

test("the mount of a path is the longest, and of equal ones the last", () => {
  const all = parseMountInfo(mountinfo);
  expect(mountOf("/", all)?.device).toBe("254:0");
  expect(mountOf("/tmp/nightjar-not-there/x", all)?.device).toBe("8:17");
  expect(mountOf("/temporary", all)?.device).toBe("254:0");
  expect(mountOf("/", [])).toBeUndefined();
});

test("links and missing folders are followed to what exists", () => {
  const folder = mkdtempSync(join(tmpdir(), "nightjar-mounts-"));
  const link = join(folder, "link");
  symlinkSync("/proc", link);
  expect(existingPath(join(folder, "a/b"))).toBe(folder);
  expect(mountOf(link)?.type).toBe("proc");
  unlinkSync(link);
  rmdirSync(folder);
});

test("this machine's own mounts are read", () => {
  expect(mounts().some(({ mountPoint }) => mountPoint === "/")).toBe(true);
  expect(isNetworkFileSystem("/proc")).toBe(false);
  expect(isNetworkType("nfs4") && isNetworkType("cifs") && isNetworkType("fuse.sshfs")).toBe(true);
  expect(isNetworkType("ext4") || isNetworkType("fuseblk")).toBe(false);
});

test("fstab names what should be mounted", () => {
  const points = parseFstab(
    "# /mnt/no ext4\nUUID=1 / ext4 defaults 0 1\nLABEL=x\t/mnt/my\\040cctv/ ext4 nofail 0 2\n/dev/sda2 none swap sw 0 0\nbroken\n",
  );
  expect(points).toEqual(["/", "/mnt/my cctv"]);
  const all = parseMountInfo(mountinfo);
  expect(missingMountOf("/mnt/my cctv/archive", points, () => all)).toBe("/mnt/my cctv");
  expect(missingMountOf("/mnt/my", points, () => all)).toBeUndefined();
  expect(missingMountOf("/tmp/x", ["/", "/tmp"], () => all)).toBeUndefined();
  expect(Array.isArray(fstabMountPoints())).toBe(true);
});

test.each([
  ["min_fre", ["path", "min_free", "flush"], "min_free"],
  ["fluhs", ["flush", "log"], "flush"],
  ["Listen", ["listen"], "listen"],
  ["default-channel", ["default_channel"], "default_channel"],
  ["x", ["path", "flush"], undefined],
  ["y".repeat(100_000), ["y".repeat(100_000)], undefined],
])("nearest to %.20s", (word, candidates, expected) => expect(nearest(word, candidates)).toBe(expected));
