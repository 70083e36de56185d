import { IndexDatabase } from "../../src/db/index/index-database.ts";
import { EntryTexts } from "../../src/playback/entry-texts.ts";
import { mediaPlaylist, neededTargetDuration } from "../../src/playback/media-playlist.ts";
import { sequenceOf } from "../../src/playback/sequence.ts";
import { waitForRecording } from "../support/channels.ts";
import { fillIndex } from "../support/long-archive.ts";
import { Nightjar } from "../support/nightjar.ts";
import { freePort } from "../support/ports.ts";
import { cleanEnvironment, finished } from "../support/processes.ts";
import { tempFolder } from "../support/temp.ts";
import { waitFor } from "../support/wait.ts";
import { median, type Row } from "./table.ts";

const DAYS = 30;
const SEGMENT_MS = 10_000;
const HOUR_MS = 3_600_000;
const SEGMENTS_AN_HOUR = HOUR_MS / SEGMENT_MS;
const CHANNELS = 16;
const LOAD_SECONDS = 4;
const ROUNDS = 3;

/** A row a chunk, and the list put together from text: the query of a recorder in plain Python. */
const PYTHON = `
import random, re, sqlite3, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
mode, path, channels, first, last = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])
def playlist(db, channel, start, end):
    rows = db.execute(
        "select start, duration, name from chunk where channel = ? and start > ? and start < ? order by start",
        (channel, start - 10, end),
    )
    lines = ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:10", "#EXT-X-MEDIA-SEQUENCE:0", "#EXT-X-PLAYLIST-TYPE:VOD"]
    for at, duration, name in rows:
        lines.append("#EXTINF:%.6f," % duration)
        lines.append(name)
    lines.append("#EXT-X-ENDLIST")
    return "\\n".join(lines) + "\\n"
def fill():
    db = sqlite3.connect(path)
    db.execute("create table chunk (channel text, start real, duration real, name text)")
    with db:
        db.executemany(
            "insert into chunk values (?, ?, ?, ?)",
            (("cam%d" % c, t, 10.0, "cam%d/%d.ts" % (c, t)) for c in range(channels) for t in range(first, last, 10)),
        )
    db.execute("create index by_time on chunk (channel, start)")
def alone(seconds):
    db = sqlite3.connect(path)
    count, until = 0, time.perf_counter() + seconds
    while time.perf_counter() < until:
        start = random.randrange(first, last - 3600)
        assert len(playlist(db, "cam%d" % random.randrange(channels), start, start + 3600)) > 3600
        count += 1
    print(count / time.process_time())
def serve(port):
    own = threading.local()
    address = re.compile(r"/streamer/(cam[0-9]+)[.]m3u8[?]startTimestamp=([0-9]+)&endTimestamp=([0-9]+)")
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1
        def do_GET(self):
            if not hasattr(own, "db"):
                own.db = sqlite3.connect(path)
            channel, start, end = address.match(self.path).groups()
            body = playlist(own.db, channel, int(start), int(end)).encode()
            self.send_response(200)
            self.send_header("content-type", "application/vnd.apple.mpegurl")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        def log_message(self, *args):
            pass
    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
if mode == "fill":
    fill()
elif mode == "alone":
    alone(float(sys.argv[6]))
else:
    serve(int(sys.argv[6]))
`;

/** Another hour each time, of any channel: no answer is asked for twice. */
const script = (firstSeconds: number, lastSeconds: number, channels: number): string => `
math.randomseed(os.time())
request = function()
  local from = math.random(${firstSeconds}, ${lastSeconds - 3600})
  local channel = math.random(0, ${channels - 1})
  return wrk.format("GET", "/streamer/cam" .. channel .. ".m3u8?startTimestamp=" .. from .. "&endTimestamp=" .. (from + 3600))
end
`;

/** Lists a second of processor time, of any hour of any channel, made by our functions from the index alone. */
function functionRate(indexPath: string, firstMs: number, lastMs: number): number {
  const index = IndexDatabase.open(indexPath);
  const texts = new EntryTexts();
  const list = (channel: string, fromMs: number, toMs: number): string => {
    const recordings = index.recordingsBetween(channel, fromMs, toMs);
    const stretches = sequenceOf(recordings, (id) => index.run(id), fromMs, toMs);
    const targetDurationSeconds = neededTargetDuration(stretches);
    const prefix = `../${channel}/`;
    const options = { kind: "vod", isEnded: true, isVlc: false, prefix, targetDurationSeconds } as const;
    return mediaPlaylist(stretches, options, texts);
  };
  const before = process.cpuUsage();
  const startMs = performance.now();
  let count = 0;
  for (; performance.now() - startMs < LOAD_SECONDS * 1000; count++) {
    const fromMs = firstMs + Math.floor(Math.random() * ((lastMs - firstMs) / 1000 - 3600)) * 1000;
    const text = list(`cam${Math.floor(Math.random() * CHANNELS)}`, fromMs, fromMs + HOUR_MS);
    // Its bytes, so that the text is put together in memory.
    if (Buffer.byteLength(text) < HOUR_MS / 1000) throw new Error(text);
  }
  const { user, system } = process.cpuUsage(before);
  index.close();
  return (count * 1e6) / (user + system);
}

/** Answers a second of the hours that the script asks for. */
async function loadRate(scriptPath: string, url: string): Promise<number> {
  const argv = ["wrk", "-t1", "-c4", `-d${LOAD_SECONDS}s`, "-s", scriptPath, url];
  const { stdout } = await finished(argv, { env: cleanEnvironment() });
  const rate = Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]);
  if (/Non-2xx|Socket errors/.test(stdout) || !(rate > 0)) throw new Error(stdout);
  return rate;
}

/** Playlists of an hour out of 30 days of ten-second segments, each asked for once. */
export async function benchPvr(): Promise<Row[]> {
  await using folder = await tempFolder();
  const names = Array.from({ length: CHANNELS }, (_, index) => `cam${index}`);
  const config = (isRecorded: boolean) => ({
    timezone: "UTC",
    channels: Object.fromEntries(
      names.map((id, index) => [id, { source: "demo:", enabled: isRecorded && index === 0 }]),
    ),
  });
  {
    await using server = await Nightjar.start({ folder: folder.path, config: config(true) });
    await waitForRecording(server, ["cam0"], { withFootage: true });
    await server.stop();
  }
  const endMs = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - HOUR_MS;
  const firstMs = endMs - DAYS * 24 * HOUR_MS;
  const indexPath = folder.file("data", "index.db");
  fillIndex(indexPath, {
    channels: names,
    recordings: DAYS * 24,
    endMs,
    baseOffsetBytes: 0,
    run: { format: "ts" },
    segmentsAt: (startMs) =>
      Array.from({ length: SEGMENTS_AN_HOUR }, (_, ordinal) => ({
        ordinal,
        startMs: startMs + ordinal * SEGMENT_MS,
        mediaTicks: ordinal * SEGMENT_MS * 90,
        durationTicks: SEGMENT_MS * 90,
        offsetBytes: ordinal * 2_500_000,
        headerBytes: 0,
        videoBytes: 2_500_000,
        audioBytes: 0,
        activityBytes: 0,
      })),
  });
  const lua = folder.file("hours.lua");
  await Bun.write(lua, script(firstMs / 1000, endMs / 1000, CHANNELS));
  await Bun.write(folder.file("hours.py"), PYTHON);
  const archive = [CHANNELS, firstMs / 1000, endMs / 1000].map(String);
  const argvOf = (mode: string, ...more: string[]): string[] =>
    ["python3", folder.file("hours.py"), mode, folder.file("chunks.db")].concat(archive, more);
  const python = async (mode: string, ...more: string[]): Promise<string> => {
    const { code, stdout, stderr } = await finished(argvOf(mode, ...more), { timeoutMs: 240_000 });
    if (code !== 0) throw new Error(stderr);
    return stdout;
  };
  await python("fill");

  // By processor time, in which nothing else on the machine counts; the first round warms up.
  functionRate(indexPath, firstMs, endMs);
  const [functions, peerFunctions]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    peerFunctions.push(Number(await python("alone", String(LOAD_SECONDS))));
    functions.push(functionRate(indexPath, firstMs, endMs));
  }

  await using server = await Nightjar.start({ folder: folder.path, config: config(false) });
  const port = await freePort();
  const peer = Bun.spawn(argvOf("serve", String(port)), { env: cleanEnvironment(), stderr: "ignore" });
  const [rates, peerRates]: [number[], number[]] = [[], []];
  try {
    const peerUrl = `http://127.0.0.1:${port}`;
    const hour = `/streamer/cam0.m3u8?startTimestamp=${firstMs / 1000}&endTimestamp=${firstMs / 1000 + 3600}`;
    await waitFor(
      "the server in Python",
      async () => (await fetch(peerUrl + hour).catch(() => undefined))?.ok,
    );
    await loadRate(lua, server.url);
    for (let round = 0; round < ROUNDS; round++) {
      peerRates.push(await loadRate(lua, peerUrl));
      rates.push(await loadRate(lua, server.url));
    }
  } finally {
    peer.kill("SIGKILL");
    await peer.exited;
  }
  const hours = `playlist of an hour of ten-second segments, ${CHANNELS} channels of ${DAYS} days, another one each time`;
  const row = (how: string, ours: number[], against: string, peers: number[]): Row => ({
    what: `${hours}, ${how}`,
    ours: `${median(ours).toFixed(0)}/s`,
    against,
    peer: `${median(peers).toFixed(0)}/s`,
    ratio: median(ours) / median(peers),
  });
  return [
    row(
      "query and text alone, by processor time",
      functions,
      "Python's sqlite3 with a row a chunk",
      peerFunctions,
    ),
    row("over HTTP", rates, "the same function behind Python's http.server", peerRates),
  ];
}
