import { waitForRecording } from "../support/channels.ts";
import { fillIndex } from "../support/long-archive.ts";
import { Nightjar } from "../support/nightjar.ts";
import { cleanEnvironment, finished } from "../support/processes.ts";
import { tempFolder } from "../support/temp.ts";
import { median, type Row } from "./table.ts";

const DAYS = 30;
const SEGMENT_MS = 10_000;
const HOUR_MS = 3_600_000;
const SEGMENTS_AN_HOUR = HOUR_MS / SEGMENT_MS;
const LOAD_SECONDS = 4;
const ROUNDS = 3;

/** A row a chunk, and the list put together from text: the query of a recorder in plain Python. */
const PYTHON = `
import random, sqlite3, sys, time
path, channels, first, last, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5])
db = sqlite3.connect(path)
db.execute("create table chunk (channel text, start real, duration real, name text)")
with db:
    db.executemany(
        "insert into chunk values (?, ?, ?, ?)",
        (("cam%d" % c, t, 10.0, "cam%d/%d.ts" % (c, t)) for c in range(channels) for t in range(first, last, 10)),
    )
db.execute("create index by_time on chunk (channel, start)")
def playlist(channel, start, end):
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
count, until = 0, time.perf_counter() + seconds
while time.perf_counter() < until:
    start = random.randrange(first, last - 3600)
    assert playlist("cam%d" % random.randrange(channels), start, start + 3600).count("EXTINF") >= 360
    count += 1
print(count / seconds)
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

/** Playlists of an hour out of 30 days of ten-second segments, each asked for once. */
export async function benchPvr(): Promise<Row[]> {
  await using folder = await tempFolder();
  const names = Array.from({ length: 16 }, (_, index) => `cam${index}`);
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
  fillIndex(folder.file("data", "index.db"), {
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
  await using server = await Nightjar.start({ folder: folder.path, config: config(false) });
  const [first, last] = [endMs / 1000 - DAYS * 24 * 3600, endMs / 1000];
  await Bun.write(folder.file("hours.lua"), script(first, last, names.length));
  await Bun.write(folder.file("hours.py"), PYTHON);
  const ours = async (): Promise<number> => {
    const argv = ["wrk", "-t1", "-c4", `-d${LOAD_SECONDS}s`, "-s", folder.file("hours.lua"), server.url];
    const { stdout } = await finished(argv, { env: cleanEnvironment() });
    const rate = Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]);
    if (/Non-2xx|Socket errors/.test(stdout) || !(rate > 0)) throw new Error(stdout);
    return rate;
  };
  const python = async (round: number): Promise<number> => {
    const database = folder.file(`chunks-${round}.db`);
    const argv = [
      "python3",
      folder.file("hours.py"),
      database,
      String(names.length),
      String(first),
      String(last),
    ];
    const { stdout, stderr } = await finished([...argv, String(LOAD_SECONDS)], { timeoutMs: 240_000 });
    if (!(Number(stdout) > 0)) throw new Error(stderr);
    return Number(stdout);
  };
  await ours();
  const [rates, peers]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    peers.push(await python(round));
    rates.push(await ours());
  }
  const [rate, peer] = [median(rates), median(peers)];
  return [
    {
      what: `playlist of an hour of ten-second segments, ${names.length} channels of ${DAYS} days, another one each time, over HTTP`,
      ours: `${rate.toFixed(0)}/s`,
      against: "Python's sqlite3 with a row a chunk, the function alone",
      peer: `${peer.toFixed(0)}/s`,
      ratio: rate / peer,
    },
  ];
}
