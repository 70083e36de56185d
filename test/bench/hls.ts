import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { waitForRecording } from "../support/channels.ts";
import { Nginx } from "../support/nginx.ts";
import { Nightjar } from "../support/nightjar.ts";
import { cleanEnvironment, finished } from "../support/processes.ts";
import { tempFolder } from "../support/temp.ts";
import { waitFor } from "../support/wait.ts";
import { measure, type Usage } from "./capture.ts";
import { median, megabytes, type Row } from "./table.ts";

const CHANNELS = 32;
const ROUNDS = 3;
const ids = Array.from({ length: CHANNELS }, (_, index) => `live${index}`);

/** A live stream of 1080p at 4 Mbit/s in segments of two seconds, written into a folder. */
async function startStream(folder: string): Promise<Bun.Subprocess> {
  const clip = join(folder, "clip.mp4");
  const made = await finished([
    ..."ffmpeg -nostdin -v error -f lavfi -i testsrc2=size=1920x1080:rate=25:duration=20".split(" "),
    ..."-f lavfi -i sine=sample_rate=48000:duration=20 -c:v libx264 -preset ultrafast -g 50".split(" "),
    ..."-b:v 4M -maxrate 4M -bufsize 4M -pix_fmt yuv420p -c:a aac".split(" "),
    clip,
  ]);
  if (made.code !== 0) throw new Error(`ffmpeg made no clip: ${made.stderr}`);
  const argv = [
    ..."ffmpeg -nostdin -v error -re -stream_loop -1 -i".split(" "),
    clip,
    ..."-c copy -f hls -hls_time 2 -hls_list_size 6".split(" "),
    ..."-hls_flags delete_segments+program_date_time".split(" "),
    join(folder, "live.m3u8"),
  ];
  return Bun.spawn(argv, { env: cleanEnvironment() });
}

/** Of the server with its channels, or of the same one while none of them is recorded. */
async function oursOnce(url: string, enabled: boolean): Promise<Usage> {
  await using folder = await tempFolder();
  const channels = Object.fromEntries(
    ids.map((id) => [id, { source: `${url}/live.m3u8?channel=${id}`, enabled }]),
  );
  await using server = await Nightjar.start({ folder: folder.path, config: { auth: "none", channels } });
  if (enabled) await waitForRecording(server, ids, { timeoutMs: 60_000 });
  return await measure(() => server.processes().map(({ pid }) => pid));
}

async function peersOnce(url: string): Promise<Usage> {
  await using folder = await tempFolder();
  const children: Bun.Subprocess[] = [];
  try {
    for (const id of ids) {
      await mkdir(folder.file(id));
      const output = ["-c", "copy", "-f", "mpegts", folder.file(id, "all.ts")];
      const argv = ["ffmpeg", "-nostdin", "-v", "error", "-i", `${url}/live.m3u8?channel=${id}`, ...output];
      children.push(Bun.spawn(argv, { stdout: "ignore", stderr: "ignore", env: cleanEnvironment() }));
    }
    return await measure(() => children.map(({ pid }) => pid));
  } finally {
    for (const child of children) child.kill("SIGKILL");
    await Promise.all(children.map(({ exited }) => exited));
  }
}

/** CPU and memory of pulling HLS channels, against one `ffmpeg -c copy` for each. */
export async function benchHls(): Promise<Row[]> {
  await using folder = await tempFolder();
  const stream = await startStream(folder.path);
  try {
    await using origin = await Nginx.start(folder.path);
    await waitFor("the stream", () => Bun.file(folder.file("live.m3u8")).exists(), { timeoutMs: 30_000 });
    const [ours, idle, peers]: [Usage[], Usage[], Usage[]] = [[], [], []];
    for (let round = 0; round < ROUNDS; round++) {
      peers.push(await peersOnce(origin.url));
      ours.push(await oursOnce(origin.url, true));
      idle.push(await oursOnce(origin.url, false));
    }
    const each = (usages: readonly Usage[], of: keyof Usage): number =>
      median(usages.map((usage) => usage[of])) / CHANNELS;
    const streams = `each of ${CHANNELS} HLS channels of 1080p 4 Mbit/s`;
    const row = (what: string, of: keyof Usage, shown: (value: number) => string, lessIdle: boolean): Row => {
      const value = each(ours, of) - (lessIdle ? each(idle, of) : 0);
      const peer = each(peers, of);
      return {
        what: `${what}, ${streams}${lessIdle ? ", without what the server takes that records none" : ""}`,
        ours: shown(value),
        against: "`ffmpeg -c copy` each",
        peer: shown(peer),
        ratio: value / peer,
      };
    };
    const share = (value: number): string => `${(value * 100).toFixed(2)}%`;
    return [
      row("CPU", "cpuShare", share, false),
      row("CPU", "cpuShare", share, true),
      row("memory (PSS)", "memoryBytes", megabytes, false),
      row("memory (PSS)", "memoryBytes", megabytes, true),
    ];
  } finally {
    stream.kill("SIGKILL");
    await stream.exited;
  }
}
