import { waitForRecording } from "../support/channels.ts";
import { cameraHour, fillIndex } from "../support/long-archive.ts";
import { Nginx } from "../support/nginx.ts";
import { Nightjar } from "../support/nightjar.ts";
import { cleanEnvironment } from "../support/processes.ts";
import { tempFolder } from "../support/temp.ts";
import { median, type Row } from "./table.ts";

const DAYS = 30;
const ENTRIES = 43_200;
const HOUR_MS = 3_600_000;
const ROUNDS = 9;
const LOAD_SECONDS = 3;

const names = Array.from({ length: 16 }, (_, index) => `cam${index}`);
const milliseconds = (ms: number): string => `${ms.toFixed(1)} ms`;

/** A zone in which the day has lasted for 23 hours and some minutes: today's list is as long as it can be. */
function lateZone(): string {
  const ahead = 23 - new Date().getUTCHours();
  return ahead <= 12 ? `Etc/GMT${ahead === 0 ? "" : `-${ahead}`}` : `Etc/GMT+${24 - ahead}`;
}

type Timing = { firstByteMs: number; wholeMs: number; bytes: number };

/** Milliseconds until an answer begins, and until all of it is there, uncompressed. */
async function timed(url: string): Promise<Timing> {
  const asked = performance.now();
  const response = await fetch(url, { headers: { "accept-encoding": "identity" } });
  const firstByteMs = performance.now() - asked;
  const { byteLength } = await response.arrayBuffer();
  if (response.status !== 200) throw new Error(`${url}: ${response.status}`);
  return { firstByteMs, wholeMs: performance.now() - asked, bytes: byteLength };
}

const brief = (timings: readonly Timing[]): string =>
  `${milliseconds(median(timings.map(({ firstByteMs }) => firstByteMs)))}, whole in ${milliseconds(median(timings.map(({ wholeMs }) => wholeMs)))}`;
const firstByte = (timings: readonly Timing[]): number =>
  median(timings.map(({ firstByteMs }) => firstByteMs));

/** Answers a second over eight connections. */
async function load(url: string, headers: readonly string[] = []): Promise<number> {
  const argv = ["wrk", "-t1", "-c8", `-d${LOAD_SECONDS}s`, ...headers.flatMap((line) => ["-H", line]), url];
  const child = Bun.spawn(argv, { env: cleanEnvironment() });
  const text = await new Response(child.stdout).text();
  await child.exited;
  const failed = /Non-2xx|Socket errors/.exec(text);
  const rate = Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1]);
  if (failed || !(rate > 0)) throw new Error(`${url}: ${text}`);
  return rate;
}

async function loadRow(what: string, ours: string, peer: string, headers: string[] = []): Promise<Row> {
  const [a, b, c, d] = [
    await load(ours, headers),
    await load(peer),
    await load(ours, headers),
    await load(peer),
  ];
  const [ourRate, peerRate] = [(a + c) / 2, (b + d) / 2];
  return {
    what,
    ours: `${ourRate.toFixed(0)}/s`,
    against: "nginx, the same text as a file",
    peer: `${peerRate.toFixed(0)}/s`,
    ratio: ourRate / peerRate,
  };
}

/** Long lists with 30 days of 16 channels behind them: the first answer, the next ones, and many at once. */
export async function benchPlaylists(): Promise<Row[]> {
  await using folder = await tempFolder();
  const config = (isRecorded: boolean) => ({
    timezone: lateZone(),
    channels: Object.fromEntries(
      names.map((id, index) => [id, { source: "demo:", enabled: isRecorded && index === 0 }]),
    ),
  });
  {
    await using server = await Nightjar.start({ folder: folder.path, config: config(true) });
    await waitForRecording(server, ["cam0"], { withFootage: true });
    await server.stop();
  }
  const nowMs = Date.now();
  const sinceMidnightMs = 23 * HOUR_MS + (nowMs % HOUR_MS);
  // As many entries in what has gone by of the day.
  const segmentMs = Math.floor(sinceMidnightMs / ENTRIES);
  const perRecording = Math.floor(HOUR_MS / segmentMs);
  fillIndex(folder.file("data", "index.db"), {
    channels: names,
    recordings: Math.ceil((DAYS * 24 * HOUR_MS) / (perRecording * segmentMs)),
    endMs: nowMs,
    segmentsAt: cameraHour(segmentMs),
  });
  await using server = await Nightjar.start({ folder: folder.path, config: config(false) });
  const today = (channel: string) => `${server.url}/${channel}/stream/today/playlist.m3u8`;
  const hourBefore = Math.floor(nowMs / 1000) - 10_000;
  const hour = (channel: string, from: number) => `${server.url}/${channel}/archive-${from}-3600.m3u8`;

  // The program itself has to be warm; what is asked of the other channels is asked for the first time.
  for (let round = 0; round < 3; round++) await timed(today("cam0"));
  const firsts: Timing[] = [];
  const agains: Timing[] = [];
  for (const channel of names.slice(1, 1 + ROUNDS)) {
    firsts.push(await timed(today(channel)));
    for (let round = 0; round < 3; round++) agains.push(await timed(today(channel)));
  }
  const hours: Timing[] = [];
  for (const [index, channel] of names.slice(1, 1 + ROUNDS).entries())
    hours.push(await timed(hour(channel, hourBefore - (index + 30) * 5000)));

  await using files = await tempFolder();
  const listOf = async (name: string, url: string): Promise<string> => {
    const text = await (await fetch(url)).text();
    await Bun.write(files.file(name), text);
    return text;
  };
  const day = await listOf("day.m3u8", today("cam1"));
  await listOf("hour.m3u8", hour("cam1", hourBefore));
  const shortPath = `/cam1/archive-${hourBefore}-600.m3u8`;
  const short = await listOf("short.m3u8", server.url + shortPath);
  await using nginx = await Nginx.start(files.path);
  const peers = { day: [] as Timing[], hour: [] as Timing[] };
  for (let round = 0; round < ROUNDS; round++) {
    peers.day.push(await timed(`${nginx.url}/day.m3u8`));
    peers.hour.push(await timed(`${nginx.url}/hour.m3u8`));
  }
  const entries = day.match(/#EXTINF/g)?.length ?? 0;
  const size = (bytes: number) =>
    bytes < 1e6 ? `${(bytes / 1000).toFixed(0)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
  const against = "nginx, the same text as a file";
  const row = (what: string, ours: Timing[], peer: Timing[]): Row => ({
    what,
    ours: brief(ours),
    against,
    peer: brief(peer),
    ratio: firstByte(ours) / firstByte(peer),
  });
  const long = `today's playlist of ${entries} entries (${size(day.length)}), ${names.length} channels of ${DAYS} days`;
  return [
    row(`${long}: first answer begins after`, firsts, peers.day),
    row(`${long}: asked again`, agains, peers.day),
    row("a playlist of one hour, first answer begins after", hours, peers.hour),
    await loadRow(
      `playlists of ${size(short.length)} over 8 connections`,
      server.url + shortPath,
      `${nginx.url}/short.m3u8`,
    ),
    await loadRow(
      `playlists of ${size(day.length)} over 8 connections`,
      today("cam1"),
      `${nginx.url}/day.m3u8`,
    ),
    await loadRow(
      `playlists of ${size(day.length)}, compressed, over 8 connections`,
      today("cam1"),
      `${nginx.url}/day.m3u8`,
      ["accept-encoding: gzip"],
    ),
    await loadRow(
      `changes of that playlist (delta updates) over 8 connections`,
      `${today("cam1")}?_HLS_skip=YES`,
      `${nginx.url}/day.m3u8`,
    ),
  ];
}
