import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { GstClipOptions } from "../rtsp/gst-clips.ts";
import { GstServer } from "../rtsp/gst-server.ts";
import { waitForRecording } from "../support/channels.ts";
import { Nightjar } from "../support/nightjar.ts";
import { cleanEnvironment, usageOf } from "../support/processes.ts";
import { tempFolder } from "../support/temp.ts";
import { median, megabytes, percent, type Row } from "./table.ts";

/** A common camera: 1080p at 4 Mbit/s with sound. */
export const CAMERA: GstClipOptions = { aac: "tone", size: "1920x1080", kilobitsPerSecond: 4000 };

const ROUNDS = 3;
const SETTLE_MS = 8000;
const MEASURE_MS = 20_000;

/** Share of one processor and proportional memory, over all processes of one side. */
export type Usage = { cpuShare: number; memoryBytes: number };

/** CPU time and memory of a set of processes, those of the moment. */
function sumOf(pids: readonly number[]): { cpuSeconds: number; memoryBytes: number } {
  const all = pids.map(usageOf);
  return {
    cpuSeconds: all.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
    memoryBytes: all.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0),
  };
}

export async function measure(pids: () => number[]): Promise<Usage> {
  await Bun.sleep(SETTLE_MS);
  const before = sumOf(pids());
  const started = performance.now();
  await Bun.sleep(MEASURE_MS);
  const after = sumOf(pids());
  const seconds = (performance.now() - started) / 1000;
  return { cpuShare: (after.cpuSeconds - before.cpuSeconds) / seconds, memoryBytes: after.memoryBytes };
}

export const cameraIds = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `cam${index}`);

/** A server with so many equal cameras. */
export const startCameras = (count: number): Promise<GstServer> =>
  GstServer.start({ mounts: Object.fromEntries(cameraIds(count).map((id) => [id, CAMERA])) });

type Ours = Usage & { serverMemoryBytes: number };

async function oursOnce(gst: GstServer, count: number): Promise<Ours> {
  await using folder = await tempFolder();
  const ids = cameraIds(count);
  const channels = Object.fromEntries(ids.map((id) => [id, { source: gst.url(id) }]));
  await using server = await Nightjar.start({ folder: folder.path, config: { channels } });
  await waitForRecording(server, ids, { timeoutMs: 60_000 });
  const usage = await measure(() => server.processes().map(({ pid }) => pid));
  return { ...usage, serverMemoryBytes: usageOf(server.pid).memoryBytes };
}

async function peersOnce(gst: GstServer, count: number): Promise<Usage> {
  await using folder = await tempFolder();
  const children: Bun.Subprocess[] = [];
  try {
    for (const id of cameraIds(count)) {
      await mkdir(folder.file(id));
      const input = ["-rtsp_transport", "tcp", "-i", gst.url(id), "-c", "copy"];
      const output = ["-f", "segment", "-segment_time", "2", join(folder.file(id), "%06d.mp4")];
      const argv = ["ffmpeg", "-nostdin", "-v", "error", ...input, ...output];
      children.push(Bun.spawn(argv, { stdout: "ignore", stderr: "ignore", env: cleanEnvironment() }));
    }
    return await measure(() => children.map(({ pid }) => pid));
  } finally {
    for (const child of children) child.kill("SIGKILL");
    await Promise.all(children.map(({ exited }) => exited));
  }
}

/** CPU and memory of recording `count` cameras, against one `ffmpeg -c copy -f segment` for each. */
export async function benchCapture(count: number): Promise<Row[]> {
  await using gst = await startCameras(count);
  const ours: Ours[] = [];
  const peers: Usage[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    peers.push(await peersOnce(gst, count));
    ours.push(await oursOnce(gst, count));
  }
  const cpu = median(ours.map(({ cpuShare }) => cpuShare));
  const peerCpu = median(peers.map(({ cpuShare }) => cpuShare));
  const memory = median(ours.map(({ memoryBytes }) => memoryBytes));
  const peerMemory = median(peers.map(({ memoryBytes }) => memoryBytes));
  const server = median(ours.map(({ serverMemoryBytes }) => serverMemoryBytes));
  const cameras = `${count} × 1080p 4 Mbit/s with sound`;
  const against = "`ffmpeg -c copy -f segment` each";
  return [
    { what: `CPU, ${cameras}`, ours: percent(cpu), against, peer: percent(peerCpu), ratio: cpu / peerCpu },
    {
      what: `memory (PSS), ${cameras}`,
      ours: `${megabytes(memory)}, server alone ${megabytes(server)}`,
      against,
      peer: megabytes(peerMemory),
      ratio: memory / peerMemory,
    },
  ];
}
