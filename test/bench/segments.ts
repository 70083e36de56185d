import { longRecordingConfig, makeLongRecording } from "../support/long-recording.ts";
import { parseMediaPlaylist } from "../../src/media/m3u8-parse.ts";
import { Nginx } from "../support/nginx.ts";
import { Nightjar } from "../support/nightjar.ts";
import { cleanEnvironment } from "../support/processes.ts";
import { tempFolder } from "../support/temp.ts";
import { median, megabytes, type Row } from "./table.ts";

const CONNECTIONS = 64;
const ROUNDS = 5;
const LOAD_SECONDS = 2;
const COPIES = 60;

/** Bytes a second that a server sends over all connections, which take turns through the paths. */
async function throughput(url: string, paths: readonly string[], script: string): Promise<number> {
  const argv = ["wrk", "-t1", `-c${CONNECTIONS}`, `-d${LOAD_SECONDS}s`, "-s", script, url, "--", ...paths];
  const child = Bun.spawn(argv, { env: cleanEnvironment() });
  const text = await new Response(child.stdout).text();
  await child.exited;
  const [, amount, unit = ""] = /Transfer\/sec:\s+([\d.]+)([KMG]?)B/.exec(text) ?? [];
  const rate = Number(amount) * ({ K: 1024, M: 1024 ** 2, G: 1024 ** 3 }[unit] ?? 1);
  if (/Non-2xx|Socket errors/.test(text) || !(rate > 0)) throw new Error(`${url}: ${text}`);
  return rate;
}

const TAKE_TURNS = `
local paths, at = {}, 0
function init(args) for _, path in ipairs(args) do paths[#paths + 1] = path end end
function request() at = at % #paths + 1; return wrk.format("GET", paths[at]) end
`;

const rateText = (bytes: number): string => `${megabytes(bytes)}/s`;

/** Bytes of segments a second over many connections, against nginx with the same bytes as files. */
export async function benchSegments(): Promise<Row[]> {
  await using folder = await tempFolder();
  const clip = { seconds: 20, size: "960x540" };
  const long = await makeLongRecording(folder.path, clip, COPIES);
  await using server = await Nightjar.start({
    folder: folder.path,
    config: longRecordingConfig(long.channel),
  });
  const from = Math.floor(long.startMs / 1000);
  const list = parseMediaPlaylist(await server.text(`/${long.channel}/archive-${from}-1000.m3u8`));
  const ours = list.segments.map(({ uri }) => `/${long.channel}/${uri}`);
  await using files = await tempFolder();
  const peers = await Promise.all(
    ours.map(async (path, index) => {
      await Bun.write(files.file(`${index}.m4s`), await server.fetch(path));
      return `/${index}.m4s`;
    }),
  );
  const segmentBytes = Bun.file(files.file("1.m4s")).size;
  await using nginx = await Nginx.start(files.path);
  await Bun.write(files.file("turns.lua"), TAKE_TURNS);
  const measure = (url: string, paths: readonly string[]) => throughput(url, paths, files.file("turns.lua"));
  const hourOf = `/${long.channel}/archive-${from}-1000.mp4`;
  const wholeBytes = Number((await server.fetch(hourOf, { method: "HEAD" })).headers.get("content-length"));
  const rates = { ours: [] as number[], peer: [] as number[], mp4: [] as number[], file: [] as number[] };
  await Bun.write(
    files.file("whole.mp4"),
    await server.fetch(hourOf, { signal: AbortSignal.timeout(60_000) }),
  );
  for (let round = 0; round < ROUNDS; round++) {
    rates.ours.push(await measure(server.url, ours));
    rates.peer.push(await measure(nginx.url, peers));
    rates.mp4.push(await measure(server.url, [hourOf]));
    rates.file.push(await measure(nginx.url, ["/whole.mp4"]));
  }
  const row = (what: string, own: number[], peer: number[]): Row => ({
    what,
    ours: rateText(median(own)),
    against: "nginx with `sendfile`, the same bytes as files",
    peer: rateText(median(peer)),
    ratio: median(own) / median(peer),
  });
  return [
    row(
      `segments of ${(segmentBytes / 1e6).toFixed(1)} MB over ${CONNECTIONS} connections`,
      rates.ours,
      rates.peer,
    ),
    row(
      `an interval's MP4 of ${megabytes(wholeBytes)} over ${CONNECTIONS} connections`,
      rates.mp4,
      rates.file,
    ),
  ];
}
