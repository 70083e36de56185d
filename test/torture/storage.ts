import { readdirSync, statSync, writeFileSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { join } from "node:path";
import type { GstClipOptions } from "../rtsp/gst-clips.ts";
import { GstServer } from "../rtsp/gst-server.ts";
import { channelReport, playlistOf, waitForRecording } from "../support/channels.ts";
import { LoopDisk } from "../support/loop-disk.ts";
import { Nightjar } from "../support/nightjar.ts";
import { tempFolder } from "../support/temp.ts";
import { waitFor } from "../support/wait.ts";

const busy: GstClipOptions = { aac: "tone", size: "1280x720", kilobitsPerSecond: 8000 };

/** All files below a folder, with their sizes. */
export const filesBelow = (folder: string): { path: string; sizeBytes: number }[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .flatMap((path) => {
      const found = statSync(path, { throwIfNoEntry: false });
      return found?.isFile() ? [{ path, sizeBytes: found.size }] : [];
    });

export type SmallDiskReport = { writtenBytes: number; diskBytes: number; faults: string[] };

/**
 * Records onto a file system of `diskBytes` until `times` its size was written: the oldest makes room, all that
 * is listed is there, and no file is empty.
 */
export async function smallDisk(
  diskBytes: number,
  times: number,
  channelCount: number,
): Promise<SmallDiskReport> {
  await using folder = await tempFolder();
  const ids = Array.from({ length: channelCount }, (_, index) => `busy${index}`);
  await using gst = await GstServer.start({ mounts: Object.fromEntries(ids.map((id) => [id, busy])) });
  await using disk = await LoopDisk.make(folder.file("disk.img"), folder.file("disk"), diskBytes);
  const channels = Object.fromEntries(ids.map((id) => [id, { source: gst.url(id) }]));
  const config = { storage: { path: disk.path, min_free: "20%", flush: "1s" }, channels };
  await using server = await Nightjar.start({ folder: folder.path, config });
  const report: SmallDiskReport = { writtenBytes: 0, diskBytes, faults: [] };
  await waitForRecording(server, ids, { withFootage: true, timeoutMs: 30_000 });
  const seen = new Map<string, number>();
  const limitMs = Date.now() + (diskBytes * times * 2 * 8000) / (channelCount * 8_000_000) + 60_000;
  while (report.writtenBytes < diskBytes * times) {
    await Bun.sleep(1000);
    if (Date.now() > limitMs) {
      report.faults.push(`only ${report.writtenBytes} bytes were written in time`);
      break;
    }
    for (const { path, sizeBytes } of filesBelow(disk.path)) seen.set(path, sizeBytes);
    report.writtenBytes = [...seen.values()].reduce((sum, size) => sum + size, 0);
    for (const id of ids) report.faults.push(...(await missingOf(server, id)));
    if (report.faults.length > 20) break;
  }
  for (const id of ids) {
    const { state, words } = await channelReport(server, id);
    if (state !== "recording") report.faults.push(`${id}: ${words}`);
  }
  await server.stop();
  for (const { path, sizeBytes } of filesBelow(disk.path)) {
    if (sizeBytes === 0 && /\.(mp4|m3u8)$/.test(path)) report.faults.push(`${path} is empty`);
  }
  return report;
}

/** Segments that today's list names and that are not there; one that goes in between is asked for once more. */
async function missingOf(server: Nightjar, id: string): Promise<string[]> {
  const address = `/${id}/stream/today/playlist.m3u8`;
  const { segments } = await playlistOf(server, address);
  const gone: string[] = [];
  for (const { uri } of [...segments.slice(0, 2), ...segments.slice(-2)]) {
    const response = await server.fetch(new URL(uri).pathname, { method: "HEAD" });
    if (response.ok) continue;
    const again = await playlistOf(server, address);
    if (again.segments.some((segment) => segment.uri === uri)) gone.push(`${uri}: ${response.status}`);
  }
  return gone;
}

/** Another program fills the disk: ours keeps what it may not give up for others. Returns what was wrong. */
export async function foreignFill(): Promise<string[]> {
  await using folder = await tempFolder();
  await using gst = await GstServer.start({ mounts: { cam: busy } });
  await using disk = await LoopDisk.make(folder.file("disk.img"), folder.file("disk"), 96 * 1024 * 1024);
  const config = {
    storage: { path: disk.path, min_free: "5%", flush: "1s" },
    channels: { cam: { source: gst.url("cam") } },
  };
  {
    await using first = await Nightjar.start({ folder: folder.path, config });
    await waitForRecording(first, ["cam"], { withFootage: true });
    await Bun.sleep(25_000);
    await first.stop();
  }
  const kept = filesBelow(disk.path).filter(({ path }) => path.endsWith(".mp4"));
  const keptBytes = kept.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const { bavail, bsize } = await statfs(disk.path);
  writeFileSync(join(disk.path, "somebody-elses"), Buffer.alloc(Math.max(0, bavail * bsize - 2_000_000), 1));
  await using second = await Nightjar.start({ folder: folder.path, config });
  await Bun.sleep(12_000);
  const after = filesBelow(disk.path).filter(({ path }) => path.endsWith(".mp4"));
  const leftBytes = after.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const faults: string[] = [];
  if (leftBytes < keptBytes / 2) faults.push(`of ${keptBytes} bytes, ${leftBytes} are left`);
  if (!filesBelow(disk.path).some(({ path }) => path.endsWith("somebody-elses")))
    faults.push("a foreign file is gone");
  const health = await (await second.fetch("/health")).text();
  if (!/full|room|free/i.test(health)) faults.push(`nothing is said of it: ${health}`);
  return faults;
}

/** The storage is taken away and brought back in mid-recording. Returns what was wrong. */
export async function unmountAndMount(): Promise<string[]> {
  await using folder = await tempFolder();
  await using gst = await GstServer.start({ mounts: ["h264-aac"] });
  await using disk = await LoopDisk.make(folder.file("disk.img"), folder.file("disk"), 256 * 1024 * 1024);
  const config = { storage: { path: disk.path }, channels: { cam: { source: gst.url("h264-aac") } } };
  await using server = await Nightjar.start({ folder: folder.path, config });
  const faults: string[] = [];
  await waitForRecording(server, ["cam"], { withFootage: true });
  await Bun.sleep(5000);
  await disk.unmount();
  const unmountedMs = Date.now();
  const isMissing = async () => (await (await server.fetch("/health")).text()).includes("storage-missing");
  await waitFor("the missing storage being noticed", isMissing, { timeoutMs: 30_000 });
  await Bun.sleep(5000);
  const wrong = filesBelow(disk.path);
  if (wrong.length > 0) faults.push(`on the wrong disk: ${wrong.map(({ path }) => path).join(", ")}`);
  await disk.mount();
  const mountedMs = Date.now();
  const resumed = async () => {
    const { day } = await channelReport(server, "cam");
    return day.recorded.some(({ endMs }) => endMs > mountedMs + 1000);
  };
  await waitFor("recording again", resumed, { timeoutMs: 40_000, everyMs: 500 });
  const { day } = await channelReport(server, "cam");
  const gap = day.gaps.find(({ startMs, endMs }) => startMs <= mountedMs && endMs >= unmountedMs);
  if (gap?.reason !== "disk-missing") faults.push(`the gap says ${gap?.reason ?? "nothing"}`);
  faults.push(...(await missingOf(server, "cam")));
  return faults;
}
