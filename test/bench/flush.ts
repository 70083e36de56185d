import { readFileSync } from "node:fs";
import { waitForRecording } from "../support/channels.ts";
import { LoopDisk } from "../support/loop-disk.ts";
import { Nightjar, STOP_LIMIT_MS } from "../support/nightjar.ts";
import { finished } from "../support/processes.ts";
import { tempFolder } from "../support/temp.ts";
import { filesBelow } from "../torture/storage.ts";
import { cameraIds, startCameras } from "./capture.ts";
import { megabytes, type Row } from "./table.ts";

const CAMERAS = 16;
const FLUSH_SECONDS = 5;
const MEASURE_MS = 30_000;
const DISK_BYTES = 2 * 1024 ** 3;
const SECTOR_BYTES = 512;

/** Bytes that were written to a block device since it exists. */
function deviceBytes(device: string): number {
  const fields = readFileSync(`/sys/block/${device}/stat`, "utf8").trim().split(/\s+/);
  return Number(fields[6]) * SECTOR_BYTES;
}

const footageBytes = (folder: string): number =>
  filesBelow(folder).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);

/** Syncs and bytes written for each flush with 16 cameras, as the kernel saw them. */
export async function benchFlush(): Promise<Row[]> {
  await using folder = await tempFolder();
  await using gst = await startCameras(CAMERAS);
  await using disk = await LoopDisk.make(folder.file("disk.img"), folder.file("disk"), DISK_BYTES);
  const source = (await finished(["findmnt", "-n", "-o", "SOURCE", disk.path])).stdout.trim();
  const device = source.replace("/dev/", "");
  const trace = folder.file("trace");
  const launcher = ["strace", "-f", "--seccomp-bpf", "-e", "trace=fsync,fdatasync", "-ttt", "-o", trace];
  const ids = cameraIds(CAMERAS);
  const channels = Object.fromEntries(ids.map((id) => [id, { source: gst.url(id) }]));
  // As on a disk of the usual size: on a small one files are short, and each birth and end has its own syncs.
  const config = { file: { max: "1h" }, storage: { path: disk.path, flush: `${FLUSH_SECONDS}s` }, channels };
  await using server = await Nightjar.start({
    folder: folder.path,
    config,
    launcher,
    startTimeoutMs: 60_000,
  });
  await waitForRecording(server, ids, { timeoutMs: 90_000, withFootage: true });
  await Bun.sleep(10_000);
  const syncsOf = () =>
    readFileSync(trace, "utf8")
      .split("\n")
      .filter((line) => /\bf(data)?sync\(/.test(line)).length;
  const before = { device: deviceBytes(device), footage: footageBytes(disk.path), syncs: syncsOf() };
  await Bun.sleep(MEASURE_MS);
  const after = { device: deviceBytes(device), footage: footageBytes(disk.path), syncs: syncsOf() };
  // What is traced outlives its tracer.
  for (const { pid } of server.processes()) process.kill(pid, "SIGTERM");
  await server.nothingLeft(STOP_LIMIT_MS * 2);
  const flushes = MEASURE_MS / 1000 / FLUSH_SECONDS;
  const syncs = (after.syncs - before.syncs) / flushes;
  const footage = (after.footage - before.footage) / flushes;
  const written = (after.device - before.device) / flushes;
  return [
    {
      what: `syncs a flush (${FLUSH_SECONDS} s), ${CAMERAS} cameras`,
      ours: syncs.toFixed(1),
      against: "a sync for each file and flush",
      peer: String(2 * CAMERAS),
      ratio: syncs / (2 * CAMERAS),
    },
    {
      what: `bytes written a flush, ${CAMERAS} cameras of 4 Mbit/s`,
      ours: megabytes(written),
      against: "bytes of footage and journals",
      peer: megabytes(footage),
      ratio: written / footage,
    },
  ];
}
