import { rm } from "node:fs/promises";
import { join } from "node:path";
import { GstServer } from "../rtsp/gst-server.ts";
import { channelReport, intervalPath, playlistOf, waitForRecording } from "../support/channels.ts";
import { decodeErrors } from "../support/ffmpeg.ts";
import { LoopDisk } from "../support/loop-disk.ts";
import { Nightjar, nightjarCommand } from "../support/nightjar.ts";
import { tempFolder } from "../support/temp.ts";

const cameras = ["h264-aac", "h264"] as const;
const DISK_BYTES = 512 * 1024 * 1024;

export type PowerCutReport = {
  /** For each cut and channel: seconds between the end of what was kept and the cut. */
  lostSeconds: number[];
  faults: string[];
};

type ListedSegment = { path: string; endMs: number };

/** What a channel lists live, each segment with the wall time of its end. */
async function listedSegments(server: Nightjar, id: string): Promise<ListedSegment[]> {
  const { segments } = await playlistOf(server, `/${id}/live.m3u8`);
  let endMs = 0;
  return segments.map(({ uri, programDateTimeMs, durationSeconds }) => {
    endMs = (programDateTimeMs ?? endMs) + durationSeconds * 1000;
    return { path: new URL(uri).pathname, endMs };
  });
}

/**
 * Records onto a disk of its own, with the databases on it, copies the disk at random moments as a power cut would
 * leave it, and starts a server on each copy: what it lists decodes, and what it lost lies within the bound.
 * `boundSeconds`: what was listed so long before the cut must be there still.
 */
export async function powerCutSeries(cuts: number, boundSeconds: number): Promise<PowerCutReport> {
  await using folder = await tempFolder();
  await using gst = await GstServer.start({ mounts: cameras });
  const channels = Object.fromEntries(cameras.map((name) => [name, { source: gst.url(name) }]));
  await using disk = await LoopDisk.make(folder.file("disk.img"), folder.file("disk"), DISK_BYTES);
  const config = { data: join(disk.path, "data"), channels };
  await using server = await Nightjar.start({ folder: folder.file("running"), config });
  const report: PowerCutReport = { lostSeconds: [], faults: [] };
  const fromMs = Date.now() - 1000;
  await waitForRecording(server, cameras, { withFootage: true });
  for (let cut = 0; cut < cuts; cut++) {
    await Bun.sleep(6000 + Math.random() * 6000);
    const listed = new Map<string, ListedSegment[]>();
    for (const id of cameras) listed.set(id, await listedSegments(server, id));
    const cutMs = Date.now();
    const image = folder.file(`cut-${cut}.img`);
    await using copy = await disk.cutCopy(image, folder.file(`cut-${cut}`));
    const data = join(copy.path, "data");
    const asleep = Object.fromEntries(
      cameras.map((name) => [name, { source: gst.url(name), enabled: false }]),
    );
    {
      const copied = { folder: folder.file(`after-${cut}`), config: { data, channels: asleep } };
      await using after = await Nightjar.start(copied);
      for (const [id, segments] of listed) {
        await lookAtCopy({ after, id, segments, fromMs, cutMs, boundSeconds, report });
      }
      await after.stop();
      const verified = await nightjarCommand(["verify"], { folder: copied.folder, timeoutMs: 120_000 });
      if (verified.code !== 0) report.faults.push(`cut ${cut}: verify: ${verified.stdout}${verified.stderr}`);
    }
    await copy[Symbol.asyncDispose]();
    await rm(image, { force: true });
  }
  await server.stop();
  return report;
}

async function lookAtCopy(cut: {
  after: Nightjar;
  id: string;
  segments: readonly ListedSegment[];
  fromMs: number;
  cutMs: number;
  boundSeconds: number;
  report: PowerCutReport;
}): Promise<void> {
  const { after, id, segments, fromMs, cutMs, boundSeconds, report } = cut;
  for (const { path, endMs } of segments) {
    if (endMs > cutMs - boundSeconds * 1000) continue;
    const response = await after.fetch(path, { method: "HEAD" });
    if (!response.ok)
      report.faults.push(`${path}: ${response.status}, ended ${cutMs - endMs} ms before the cut`);
  }
  const { day } = await channelReport(after, id);
  const keptUntilMs = day.recorded.at(-1)?.endMs ?? fromMs;
  report.lostSeconds.push((cutMs - keptUntilMs) / 1000);
  const errors = await decodeErrors(after.url + intervalPath(id, fromMs, cutMs), { timeoutMs: 120_000 });
  if (errors !== "") report.faults.push(`${id}: ${errors}`);
}
