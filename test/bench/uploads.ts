import { mkdir, open, readdir } from "node:fs/promises";
import { Nginx } from "../support/nginx.ts";
import { Nightjar } from "../support/nightjar.ts";
import { tempFolder } from "../support/temp.ts";
import { tsClip } from "../support/ts-clip.ts";
import { median, type Row } from "./table.ts";

const FILES = 240;
const CLIENTS = 4;
const ROUNDS = 3;
const DATE = new Date(Date.now() - 24 * 3_600_000).toISOString().slice(0, 10);

/** `video_HHMMSS.ts` of ten seconds each. */
const nameOf = (index: number): string =>
  `video_${new Date(index * 10_000).toISOString().slice(11, 19).replaceAll(":", "")}.ts`;

/** Sends all files over some connections and returns how many came in a second. */
async function filesASecond(
  body: Uint8Array<ArrayBuffer>,
  send: (name: string, body: Uint8Array<ArrayBuffer>) => Promise<void>,
): Promise<number> {
  const names = Array.from({ length: FILES }, (_, index) => nameOf(index));
  const started = performance.now();
  const client = async (): Promise<void> => {
    for (let name = names.pop(); name !== undefined; name = names.pop()) await send(name, body);
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return FILES / ((performance.now() - started) / 1000);
}

async function put(url: string, body: Uint8Array<ArrayBuffer>): Promise<void> {
  const { status } = await fetch(url, { method: "PUT", body });
  if (status !== 201) throw new Error(`${url}: ${status}`);
}

/** Syncs a file or a folder, which can't be opened for writing. */
async function synced(path: string): Promise<void> {
  const file = await open(path, "r");
  await file.sync();
  await file.close();
}

async function ours(body: Uint8Array<ArrayBuffer>): Promise<number> {
  await using folder = await tempFolder();
  const config = { auth: "none", timezone: "UTC", channels: { garage: { source: "upload" } } };
  await using server = await Nightjar.start({ folder: folder.path, config });
  return await filesASecond(body, (name, bytes) => put(`${server.url}/garage/${DATE}/${name}`, bytes));
}

async function nginx(body: Uint8Array<ArrayBuffer>): Promise<number> {
  await using folder = await tempFolder();
  await mkdir(folder.file(DATE), { recursive: true });
  await using server = await Nginx.start(folder.path, { isWritable: true });
  const rate = await filesASecond(body, async (name, bytes) => {
    await put(`${server.url}/${DATE}/${name}`, bytes);
    await synced(folder.file(DATE, name));
    await synced(folder.file(DATE));
  });
  if ((await readdir(folder.file(DATE))).length !== FILES) throw new Error("nginx lost files");
  return rate;
}

/** Ten-second files by PUT, each durable before it is answered. */
export async function benchUploads(): Promise<Row[]> {
  const body = await tsClip({ seconds: 10, kilobitsPerSecond: 2000 });
  const [rates, peers]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    peers.push(await nginx(body));
    rates.push(await ours(body));
  }
  const [rate, peer] = [median(rates), median(peers)];
  const each = `${(body.length / 1e6).toFixed(1)} MB`;
  return [
    {
      what: `files of ${each} by PUT over ${CLIENTS} connections, probed and durable before the answer`,
      ours: `${rate.toFixed(0)}/s`,
      against: "nginx WebDAV, each file and its folder synced behind its answer",
      peer: `${peer.toFixed(0)}/s`,
      ratio: rate / peer,
    },
  ];
}
