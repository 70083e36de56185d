import { longRecordingConfig, makeLongRecording } from "../support/long-recording.ts";
import { parseMediaPlaylist } from "../../src/media/m3u8-parse.ts";
import { Nginx } from "../support/nginx.ts";
import { Nightjar } from "../support/nightjar.ts";
import { cleanEnvironment } from "../support/processes.ts";
import { tempFolder } from "../support/temp.ts";
import { median, megabytes, type Row } from "./table.ts";

const CONNECTIONS = 64;
const ROUNDS = 3;
const LOAD_SECONDS = 2;
const COPIES = 3;

/** Bytes a second that a server sends over all connections, which take turns through the paths. */
async function throughput(url: string, paths: readonly string[], script: string): Promise<number> {
  const argv = [
    "wrk",
    "-t1",
    "--timeout",
    "30s",
    `-c${CONNECTIONS}`,
    `-d${LOAD_SECONDS}s`,
    "-s",
    script,
    url,
    "--",
    ...paths,
  ];
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
  const list = parseMediaPlaylist(
    await server.text(`/${long.channel}/archive-${from}-${2 * clip.seconds}.m3u8`),
  );
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
  const wholePath = `/${long.channel}/archive-${from}-${clip.seconds}.mp4`;
  const wholeBytes = await Bun.write(files.file("whole.mp4"), await server.fetch(wholePath));
  const row = async (what: string, own: readonly string[], peer: readonly string[]): Promise<Row> => {
    const [rates, peerRates]: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round++) {
      rates.push(await measure(server.url, own));
      peerRates.push(await measure(nginx.url, peer));
    }
    return {
      what: `${what}, ${CONNECTIONS} connections`,
      ours: rateText(median(rates)),
      against: "nginx with `sendfile`, the same bytes as files",
      peer: rateText(median(peerRates)),
      ratio: median(rates) / median(peerRates),
    };
  };
  const size = `${(segmentBytes / 1e6).toFixed(1)} MB`;
  return [
    await row(`a segment of ${size} that many watch`, ours.slice(1, 2), peers.slice(1, 2)),
    await row(`${ours.length} segments of ${size} in turn`, ours, peers),
    await row(`an interval's MP4 of ${megabytes(wholeBytes)}`, [wholePath], ["/whole.mp4"]),
  ];
}
